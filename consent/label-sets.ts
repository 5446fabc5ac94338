/**
 * What makes a record sensitive, as data. Departments are what the national practice refuses by; codes find the same matter wherever it is
 * written. Ranges are ours, for clinicians and counsel to confirm. A code matches itself and everything below it; SNOMED CT codes, which do not
 * show what they fall under, match themselves only. Korean claims codes of drugs and acts (EDI) are not listed: no public list of them could
 * be checked, and what arrives under them carries the ATC or SNOMED CT code beside it.
 */
import { system } from '../fhir-profiles/codes.ts'

export interface LabelSet {
  readonly sensitivity: string
  /** why, for the basis of the label */
  readonly basis: string
  /** national department codes */
  readonly departments: readonly string[]
  /** ICD-10 or KCD-8 categories, `F10` or a range `F10-F19` */
  readonly diseases: readonly string[]
  /** `system|code`; ATC codes stand for their whole class */
  readonly codes: readonly string[]
}

const atc = (...codes: readonly string[]) => codes.map((code) => `${system.atc}|${code}`)
const loinc = (...codes: readonly string[]) => codes.map((code) => `${system.loinc}|${code}`)
const snomed = (...codes: readonly string[]) => codes.map((code) => `${system.snomed}|${code}`)

export const labelSets: readonly LabelSet[] = [
  {
    sensitivity: 'PSY',
    basis: '정신건강복지법 제71조',
    departments: ['03'],
    diseases: ['F00-F09', 'F20-F99', 'X60-X84', 'Z91.5', 'R45.8'],
    codes: [
      // Not all of N05A and N06BA: sulpiride, levosulpiride and prochlorperazine are taken for the stomach, modafinil for narcolepsy.
      ...atc('N05AA', 'N05AB02', 'N05AB03', 'N05AB06', 'N05AC', 'N05AD', 'N05AE', 'N05AF', 'N05AG', 'N05AH', 'N05AL05', 'N05AN', 'N05AX'),
      ...atc('N06A', 'N06BA02', 'N06BA04', 'N06BA09', 'N06BA11', 'N06BA12'),
      ...loinc('44249-1', '44261-6', '69730-0', '70274-6', '55757-9', '34788-0', '14334-7'),
      ...snomed('74732009', '35489007', '370143000', '13746004', '58214004', '197480006', '371631005', '47505003', '406506008'),
    ],
  },
  {
    sensitivity: 'ETHUD',
    basis: '정신건강복지법 제71조',
    departments: [],
    diseases: ['F10', 'K70', 'Z50.2', 'Z71.4', 'Z72.1'],
    codes: [...atc('N07BB'), ...loinc('75626-2', '72109-2', '74013-4'), ...snomed('7200002', '15167005', '66590003')],
  },
  {
    sensitivity: 'OPIOIDUD',
    basis: '마약류 관리에 관한 법률',
    departments: [],
    diseases: ['F11', 'T40.0-T40.4'],
    codes: [...atc('N07BC'), ...snomed('5602001', '75544000', '145121000119106')],
  },
  {
    sensitivity: 'SUD',
    basis: '마약류 관리에 관한 법률',
    departments: [],
    diseases: ['F12-F16', 'F18-F19', 'Z50.3', 'Z71.5', 'Z72.2'],
    codes: snomed('26416006', '191816009', '724713006'),
  },
  {
    sensitivity: 'HIV',
    basis: '후천성면역결핍증 예방법 제7조',
    departments: [],
    diseases: ['B20-B24', 'Z21', 'R75', 'O98.7', 'F02.4', 'Z11.4', 'Z20.6', 'Z71.7', 'Z83.0'],
    codes: [
      // Not all of J05AF: lamivudine, adefovir, entecavir and tenofovir alone are taken for hepatitis B.
      ...atc('J05AE', 'J05AF01', 'J05AF02', 'J05AF03', 'J05AF04', 'J05AF06', 'J05AF09', 'J05AG', 'J05AJ', 'J05AR'),
      ...atc('J05AX07', 'J05AX09', 'J05AX23', 'J05AX29'),
      ...loinc('31201-7', '48345-3', '30361-0'),
      ...snomed('86406008', '62479008', '165816005', '91947003'),
      ...loinc('20447-9', '25836-8', '5017-9', '56888-1', '7917-8', '29893-5', '5221-7', '68961-2', '75622-1', '24467-3'),
    ],
  },
  {
    sensitivity: 'STD',
    basis: '감염병의 예방 및 관리에 관한 법률 제74조',
    departments: [],
    diseases: ['A50-A64', 'O98.1-O98.3', 'Z11.3', 'Z20.2', 'Z22.4', 'N34.1', 'N74.2-N74.4'],
    codes: [...loinc('20507-0', '24110-9', '21613-5', '24111-7', '5292-8', '22461-8'), ...snomed('8098009', '76272004', '15628003')],
  },
  {
    sensitivity: 'SEX',
    basis: '의료법 제19조; national practice refuses by department',
    departments: [],
    diseases: ['O00-O99', 'Z30-Z39', 'N46', 'N96-N98', 'F52', 'F64-F66', 'N48.4', 'N52', 'Z64.0'],
    codes: [
      ...atc('G03A', 'G03G', 'G04BE', 'G02B', 'G03XB'),
      ...loinc('2106-3', '2110-5', '21198-7', '19080-1'),
      ...snomed('77386006', '386639001', '177184002', '11466000'),
    ],
  },
  {
    sensitivity: 'SDV',
    basis: '가정폭력방지 및 피해자보호 등에 관한 법률 제16조',
    departments: [],
    diseases: ['T74', 'T76', 'Y05-Y07', 'Z61.4-Z61.6', 'Z63.0', 'Z04.4', 'Z04.5'],
    codes: [],
  },
  {
    sensitivity: 'GDIS',
    basis: '생명윤리 및 안전에 관한 법률 제46조',
    departments: [],
    // Huntington's disease is established by its gene alone; what is usually found without a test (E78.0, a family history) is not listed.
    diseases: ['Z14', 'Z15', 'G10'],
    codes: loinc(
      '51968-6',
      '51969-4',
      '55232-3',
      '81247-9',
      '21636-6',
      '21639-0',
      '21619-2',
      '59041-4',
      '48018-6',
      '69548-6',
      '53037-8',
      '94231-8',
    ),
  },
]
