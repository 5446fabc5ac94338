/**
 * Which codes make a record sensitive, said a second time: first and last of every range, every single code, and the neighbours that are
 * outside. Whoever changes a set on purpose changes it here as well.
 */
import { describe, expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { labelsOf } from '../../consent/label.ts'
import { labelSets } from '../../consent/label-sets.ts'
import { confidentialityOf, rankOf, sensitivityOf, unknownRank, withNarrower } from '../../consent/label-order.ts'

const found = (of: string, ...codes: readonly string[]) =>
  codes.map((code) => `${code} ${labelsOf({ codes: [{ system: of, code }], labels: [], departments: [] }).sensitivities.join(' ')}`)
const each = (word: string, codes: string): readonly string[] => codes.split(' ').map((code) => `${code} ${word}`)

const diseases: readonly (readonly [string, string])[] = [
  ['PSY', 'F00 F09 F20 F51 F53 F63 F67 F99 X60 X84 Z91.5 R45.8 F32.1'],
  ['ETHUD', 'F10 F10.2 K70 K70.3 Z50.2 Z71.4 Z72.1'],
  ['OPIOIDUD', 'F11 F11.2 T40.0 T40.4'],
  ['SUD', 'F12 F16 F18 F19 F19.9 Z50.3 Z71.5 Z72.2'],
  ['HIV', 'B20 B24 Z21 R75 O98.7 Z11.4 Z20.6 Z71.7 Z83.0'],
  ['STD', 'A50 A64 Z11.3 Z20.2 Z22.4 N34.1 N74.2 N74.3 N74.4'],
  ['SEX', 'O00 O97 O99 Z30 Z39 N46 N96 N98 N48.4 N52 N52.9 Z64.0'],
  ['SDV', 'T74 T76 Y05 Y07 Z61.4 Z61.6 Z63.0 Z04.4 Z04.5'],
  ['GDIS', 'Z14 Z14.8 Z15 G10'],
]
/** in two sets at once */
const twofold: readonly (readonly [string, string])[] = [
  ['HIV PSY', 'F02.4'],
  ['PSY SEX', 'F52 F64 F66'],
  ['SEX STD', 'O98.1 O98.3'],
  ['HIV SEX', 'O98.7'],
]
const ordinary =
  'F17 K69 K71 X59 X85 Z91.4 Z91.6 R45.7 R45.9 Z50.1 Z50.4 T40.5 T40 T39.9 Z71.3 Z71.6 Z71.8 Z72.0 Z72.3 B19 B25 Z20.5 Z22 R74 R76 Z11.2 Z11.5 Z82.9 ' +
  'Z83.1 A49 A65 Z20.1 Z20.3 Z22.3 N34.0 N34.2 N74.1 N74.5 P00 N99 Z29 Z40 N45 N47 N95 N48.3 N48.5 N51 N53 Z64.1 T73 T75 T77 Y04 Y08 Z61.3 Z61.7 Z62 Z63.1 ' +
  'Z04.3 Z04.6 Z13 Z16 G09 G11 I10'

describe('the disease codes of the label sets', () => {
  test.each(diseases)('%s: %s', (word, codes) => {
    const also = new Map(twofold.flatMap(([words, each]) => each.split(' ').map((code) => [code, words])))
    expect(found(system.kcd8, ...codes.split(' '))).toEqual(codes.split(' ').map((code) => `${code} ${also.get(code) ?? word}`))
  })

  test.each(twofold)('%s: %s', (words, codes) => {
    expect(found(system.kcd8, ...codes.split(' '))).toEqual(each(words, codes))
  })

  test('their neighbours carry no label', () => {
    expect(found(system.kcd8, ...ordinary.split(' '))).toEqual(ordinary.split(' ').map((code) => `${code} `))
  })
})

describe('the codes of drugs, tests and findings', () => {
  test.each([
    ['PSY', 'N05AA N05AB02 N05AB03 N05AB06 N05AC N05AD N05AE N05AF N05AG N05AH N05AL05 N05AN N05AX N06A N06AB03 N06BA02 N06BA04 N06BA09'],
    ['PSY', 'N06BA11 N06BA12'],
    ['ETHUD', 'N07BB N07BB04'],
    ['OPIOIDUD', 'N07BC N07BC02'],
    ['HIV', 'J05AE J05AF01 J05AF02 J05AF03 J05AF04 J05AF06 J05AF09 J05AG J05AJ J05AR J05AX07 J05AX09 J05AX23 J05AX29'],
    ['SEX', 'G03A G03G G04BE G02B G03XB'],
    ['', 'N05AB N05AL N05 N06 N06B N06BA N07B N07BA J05A J05AF J05AX J05AB G03 G03X G04B G02 A02'],
  ])('ATC %s: %s', (word, codes) => {
    expect(found(system.atc, ...codes.split(' '))).toEqual(each(word, codes))
  })

  test.each([
    ['PSY', '44249-1 44261-6 69730-0 70274-6 55757-9 34788-0 14334-7'],
    ['ETHUD', '75626-2 72109-2 74013-4'],
    ['HIV', '31201-7 48345-3 30361-0 20447-9 25836-8 5017-9 56888-1 7917-8 29893-5 5221-7 68961-2 75622-1 24467-3'],
    ['STD', '20507-0 24110-9 21613-5 24111-7 5292-8 22461-8'],
    ['SEX', '2106-3 2110-5 21198-7 19080-1'],
    ['GDIS', '51968-6 51969-4 55232-3 81247-9 21636-6 21639-0 21619-2 59041-4 48018-6 69548-6 53037-8 94231-8'],
    ['', '718-7 4548-4'],
  ])('LOINC %s: %s', (word, codes) => {
    expect(found(system.loinc, ...codes.split(' '))).toEqual(each(word, codes))
  })

  test.each([
    ['PSY', '74732009 35489007 370143000 13746004 58214004 197480006 371631005 47505003 406506008'],
    ['ETHUD', '7200002 15167005 66590003'],
    ['OPIOIDUD', '5602001 75544000 145121000119106'],
    ['SUD', '26416006 191816009 724713006'],
    ['HIV', '86406008 62479008 165816005 91947003'],
    ['STD', '8098009 76272004 15628003'],
    ['SEX', '77386006 386639001 177184002 11466000'],
    ['', '38341003'],
  ])('SNOMED CT %s: %s', (word, codes) => {
    expect(found(system.snomed, ...codes.split(' '))).toEqual(each(word, codes))
  })

  test('the sets hold nothing that is not said here', () => {
    expect(
      labelSets.map(({ sensitivity, codes, diseases: ranges, departments }) => [sensitivity, codes.length, ranges.length, departments]),
    ).toEqual([
      ['PSY', 35, 5, ['03']],
      ['ETHUD', 7, 5, []],
      ['OPIOIDUD', 4, 2, []],
      ['SUD', 3, 5, []],
      ['HIV', 31, 9, []],
      ['STD', 9, 7, []],
      ['SEX', 13, 9, []],
      ['SDV', 0, 7, []],
      ['GDIS', 12, 3, []],
    ])
  })
})

describe('how labels stand to one another', () => {
  test('an ordinary record is normal, a sensitive one restricted, and what its sender says is higher counts', () => {
    const of = (codes: readonly string[], security: readonly string[]) =>
      labelsOf({
        codes: codes.map((code) => ({ system: system.kcd8, code })),
        labels: security.map((code) => ({ system: system.confidentiality, code })),
        departments: [],
      }).confidentiality
    expect([of([], []), of(['F20'], []), of([], ['R']), of(['F20'], ['V']), of([], ['L']), of(['F20'], ['N'])]).toEqual([3, 4, 4, 5, 3, 4])
  })

  test('what several tables say is told in their order, whatever the record says first', () => {
    const said = (...codes: readonly string[]): readonly string[] =>
      labelsOf({ codes: codes.map((code) => ({ system: system.kcd8, code })), labels: [], departments: [] }).bases.map(
        ({ sensitivity }) => sensitivity,
      )
    expect(said('B20', 'F32')).toEqual(said('F32', 'B20'))
    expect(said('B20', 'F32')).toEqual(['PSY', 'HIV'])
  })

  test('a department makes its records sensitive and restricted, others do not', () => {
    const of = (...departments: readonly string[]) => labelsOf({ codes: [], labels: [], departments })
    expect(of('01', '03')).toMatchObject({ sensitivities: ['PSY'], confidentiality: 4 })
    expect(of('01')).toMatchObject({ sensitivities: [], confidentiality: 3 })
  })

  test('only a disease code is read as one', () => {
    expect(found(system.loinc, 'F20')).toEqual(['F20 '])
    expect(found('http://hl7.org/fhir/sid/icd-10', 'F20.0', 'F200', 'f20')).toEqual(['F20.0 PSY', 'F200 PSY', 'f20 PSY'])
  })

  test('confidentialities are an order, under each of their systems, and nothing else is one', () => {
    const codes = ['U', 'L', 'M', 'N', 'R', 'V']
    const systems = [
      system.confidentiality,
      'http://terminology.hl7.org/ValueSet/v3-Confidentiality',
      'http://hl7.org/fhir/v3/Confidentiality',
      'urn:oid:2.16.840.1.113883.5.25',
    ]
    for (const of of systems) expect(codes.map((code) => rankOf({ system: of, code }))).toEqual([0, 1, 2, 3, 4, 5])
    expect(codes.map((_, at) => confidentialityOf(at))).toEqual(codes)
    expect([rankOf({ system: system.confidentiality, code: 'X' }), rankOf({ system: system.actCode, code: 'R' }), rankOf({})]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(unknownRank).toBe(6)
  })

  test('sensitivities are the published ones, under each of their systems', () => {
    const words =
      'BH MH PSY PSYTHPN SUD COGN DVD EMOTDIS ETHUD OPIOIDUD SICKLE SPI ETH SCA GDIS HIV MST SDV SEX STD TBOO VIO DEMO DOB GENDER LIVARG MARST RACE REL ' +
      'B EMPL LOCIS SSP ADOL CEL DIA DRGIS EMP PDS PHY PRS'
    const systems = [
      system.actCode,
      'http://terminology.hl7.org/ValueSet/v3-InformationSensitivityPolicy',
      'http://terminology.hl7.org/ValueSet/v3-ActInformationSensitivityPolicy',
      'http://hl7.org/fhir/v3/ActCode',
      'urn:oid:2.16.840.1.113883.5.4',
    ]
    for (const of of systems) expect(words.split(' ').map((code) => sensitivityOf({ system: of, code }))).toEqual(words.split(' '))
    for (const label of [
      { system: system.actCode, code: 'OPTIN' },
      { system: system.confidentiality, code: 'PSY' },
      { code: 'PSY' },
      { system: system.actCode },
    ])
      expect(sensitivityOf(label)).toBeUndefined()
  })

  test('a sensitivity means the narrower ones', () => {
    expect(withNarrower(['SPI'])).toEqual('BH COGN DVD EMOTDIS ETHUD MH OPIOIDUD PSY PSYTHPN SPI SUD'.split(' '))
    expect(withNarrower(['BH'])).toEqual(['BH', 'COGN', 'DVD', 'EMOTDIS'])
    expect(withNarrower(['ETH'])).toEqual(['ETH', 'ETHUD', 'OPIOIDUD', 'SUD'])
    expect(withNarrower(['SCA', 'HIV'])).toEqual(['HIV', 'SCA', 'SICKLE'])
  })
})
