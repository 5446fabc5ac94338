/**
 * What makes a record sensitive, as data. Departments are what the national practice refuses by; codes find the same matter wherever it is
 * written. Ranges are ours, for clinicians and counsel to confirm. A code matches itself and everything below it.
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

export const labelSets: readonly LabelSet[] = [
  {
    sensitivity: 'PSY',
    basis: '정신건강복지법 제71조',
    departments: ['03'],
    diseases: ['F00-F09', 'F20-F99', 'X60-X84', 'Z91.5', 'R45.8'],
    codes: [...atc('N05A', 'N06A', 'N05AN01', 'N06BA'), ...loinc('44249-1', '69730-0', '55757-9', '34788-0')],
  },
  {
    sensitivity: 'ETHUD',
    basis: '정신건강복지법 제71조',
    departments: [],
    diseases: ['F10', 'K70', 'Z50.2', 'Z71.4', 'Z72.1'],
    codes: [...atc('N07BB'), ...loinc('75626-2', '72109-2')],
  },
  {
    sensitivity: 'OPIOIDUD',
    basis: '마약류 관리에 관한 법률',
    departments: [],
    diseases: ['F11', 'T40.0-T40.4'],
    codes: atc('N07BC'),
  },
  {
    sensitivity: 'SUD',
    basis: '마약류 관리에 관한 법률',
    departments: [],
    diseases: ['F12-F16', 'F18-F19', 'Z50.3', 'Z71.5', 'Z72.2'],
    codes: [],
  },
  {
    sensitivity: 'HIV',
    basis: '후천성면역결핍증 예방법 제7조',
    departments: [],
    diseases: ['B20-B24', 'Z21', 'R75', 'O98.7', 'F02.4', 'Z11.4', 'Z20.6'],
    codes: [
      ...atc('J05AE', 'J05AG', 'J05AJ', 'J05AR'),
      ...loinc('20447-9', '25836-8', '5017-9', '56888-1', '7917-8', '29893-5', '5221-7', '68961-2', '75622-1', '24467-3'),
    ],
  },
  {
    sensitivity: 'STD',
    basis: '감염병의 예방 및 관리에 관한 법률 제74조',
    departments: [],
    diseases: ['A50-A64', 'Z11.3', 'Z20.2', 'N34.1', 'N74.2-N74.4'],
    codes: loinc('20507-0', '24110-9', '21613-5', '24111-7', '5292-8', '22461-8'),
  },
  {
    sensitivity: 'SEX',
    basis: '의료법 제19조; national practice refuses by department',
    departments: [],
    diseases: ['O00-O99', 'Z30-Z39', 'N46', 'N97', 'F52', 'F64-F66', 'N48.4', 'N52'],
    codes: [...atc('G03A', 'G03G', 'G04BE', 'G02B', 'G03XB'), ...loinc('2106-3', '2110-5', '21198-7', '19080-1')],
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
    diseases: ['Z14', 'Z15'],
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
