import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../../../adapters/sandbox/people.ts'
import { patientNumberSystem } from '../../../fhir-profiles/codes.ts'
import type { Patient } from '../../../fhir-profiles/r4.ts'
import { compare, demographics, fields, match } from '../../../gateway/logic/match.ts'
import type { Demographics } from '../../../gateway/logic/match.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const clinicNumbers = 'urn:oid:1.2.410.100110.10.31100001'

function record(changes: Partial<Demographics> = {}): Demographics {
  return {
    names: ['강하늘'],
    birthDate: '1968-04-17',
    gender: 'female',
    phones: ['01055010001'],
    addresses: ['경기수원시팔달구향교로11'],
    postalCodes: ['16455'],
    identifiers: [],
    ...changes,
  }
}

const nothing: Demographics = {
  names: [],
  birthDate: undefined,
  gender: undefined,
  phones: [],
  addresses: [],
  postalCodes: [],
  identifiers: [],
}

const sandboxPatient = (number: number, at: 'clinic' | 'hospital' | 'tertiary'): Patient => {
  const person = sandboxPeople.find((one) => one.number === number)
  if (person === undefined) throw new Error(`no seeded person ${number}`)
  return {
    resourceType: 'Patient',
    identifier: [{ system: patientNumberSystem(sandboxInstitutions[at].number), value: patientNumber(person, at) }],
    name: [{ text: person.name }],
    gender: person.gender,
    birthDate: person.birthDate,
    telecom: [{ system: 'phone', value: person.phone }],
    address: [{ text: person.address, postalCode: person.postalCode }],
  }
}

describe('a weak match never merges', () => {
  test('seeded patients 7 and 8, one name and one birth date, stay two people until somebody looks', () => {
    const seven = demographics(sandboxPatient(7, 'clinic'))
    const answer = match(demographics(sandboxPatient(8, 'hospital')), [{ person: 'p7', demographics: seven }])
    expect(answer).toEqual({
      grade: 'possible',
      candidates: [
        {
          person: 'p7',
          score01: 0.45,
          fields: {
            name: 'agree',
            birthDate: 'agree',
            gender: 'agree',
            phone: 'disagree',
            address: 'disagree',
            postalCode: 'disagree',
            identifier: 'missing',
          },
        },
      ],
    })
  })

  test('each seeded patient of three institutions is recognised as one person, and as nobody else', () => {
    for (const { number } of sandboxPeople.filter((person) => person.at.length === 3)) {
      const known = sandboxPeople.map((person) => ({
        person: `p${person.number}`,
        demographics: demographics(sandboxPatient(person.number, person.number === 8 ? 'hospital' : 'clinic')),
      }))
      expect(match(demographics(sandboxPatient(number, 'tertiary')), known)).toMatchObject({ grade: 'certain', person: `p${number}` })
    }
  })

  test('twins of one sex share birth date, home and phone, and are never certain', () => {
    expect(compare(record({ names: ['강하늘'] }), record({ names: ['강바다'] }))).toMatchObject({
      grade: 'possible',
      row: 'changed-name-or-twin',
    })
  })

  test('a boy and a girl born together are two people', () => {
    expect(compare(record(), record({ names: ['강바다'], gender: 'male' })).grade).toBe('none')
  })

  test('newborn twins entered under the mother’s name are not merged by that name', () => {
    const newborn = demographics({
      ...sandboxPatient(1, 'clinic'),
      birthDate: '2026-03-01',
      name: [{ text: '강하늘아기' }],
      identifier: [],
    })
    expect(newborn.names).toEqual([])
    expect(compare(newborn, newborn).grade).toBe('possible')
  })

  test('a shared phone with another name and another birth date is a family, not a person', () => {
    expect(compare(record(), record({ names: ['문지호'], birthDate: '1957-11-02', gender: 'male' })).grade).toBe('none')
    expect(compare(record(), record({ names: ['강바다'], birthDate: '1995-06-01' })).grade).toBe('none')
  })

  test('two different numbers of one institution are two charts, whatever else agrees', () => {
    const numbered = (value: string): Demographics => record({ identifiers: [{ system: clinicNumbers, value }] })
    expect(compare(numbered('C-0001'), numbered('C-0002'))).toMatchObject({ grade: 'possible', row: 'same-name-and-birth-date' })
  })

  test('a different sex on the form is a question, not a match', () => {
    expect(compare(record(), record({ gender: 'male' })).grade).toBe('possible')
  })

  test.each([
    ['no phone, address or number to compare', { phones: [], addresses: [] }],
    ['an unknown sex', { gender: undefined }],
    ['one wrong digit in the birth date', { birthDate: '1968-04-11' }],
    ['two digits of the birth date swapped', { birthDate: '1968-04-71' }],
    ['a registered birth date that is not the real one', { birthDate: '1967-12-02' }],
    ['no birth date at all, as in an emergency room', { birthDate: undefined }],
    ['a changed name', { names: ['강새봄'] }],
    ['only a romanised name', { names: ['ha kang neul'] }],
  ] as const)('%s: possible, and a person decides', (_, changes) => {
    expect(compare(record(), record(changes)).grade).toBe('possible')
  })

  test('a slip in the birth date counts only while nothing else speaks against it', () => {
    const bare = { phones: [], addresses: [], birthDate: '1968-04-11' }
    expect(compare(record(), record(bare)).row).toBe('slip-in-birth-date')
    expect(compare(record(), record({ ...bare, phones: ['01099990000'] })).grade).toBe('none')
  })

  test('two certain persons are a question: the network itself may hold one person twice', () => {
    const answer = match(record(), [
      { person: 'b', demographics: record() },
      { person: 'a', demographics: record() },
    ])
    expect(answer).toMatchObject({ grade: 'possible', candidates: [{ person: 'a' }, { person: 'b' }] })
  })

  test('one contradicting record of a person is enough to ask', () => {
    const arriving = record({ identifiers: [{ system: clinicNumbers, value: 'C-0002' }] })
    const answer = match(arriving, [
      { person: 'a', demographics: record() },
      { person: 'a', demographics: record({ identifiers: [{ system: clinicNumbers, value: 'C-0001' }] }) },
    ])
    expect(answer).toMatchObject({ grade: 'possible', candidates: [{ person: 'a' }] })
  })

  test('nobody known, or nothing known: none', () => {
    expect(match(record(), [])).toEqual({ grade: 'none' })
    expect(match(nothing, [{ person: 'a', demographics: nothing }])).toEqual({ grade: 'none' })
  })
})

describe('what makes a match certain', () => {
  test.each([
    ['a moved house', { addresses: ['부산중구중앙대로1'], postalCodes: ['48960'] }],
    ['a new phone', { phones: ['01077770000'] }],
    ['a flat written by one of them only', { phones: [], addresses: ['경기수원시팔달구향교로11|101동1001호'] }],
  ] as const)('%s does not hide a person whose other data agree', (_, changes) => {
    expect(compare(record(), record(changes)).grade).toBe('certain')
  })

  test('a foreigner without a hangul name is recognised whichever name stands first', () => {
    const passport: Patient = { resourceType: 'Patient', name: [{ family: 'Smith', given: ['John', 'Robert'] }] }
    const form: Patient = { resourceType: 'Patient', name: [{ text: 'JOHN ROBERT SMITH' }] }
    const rest = { birthDate: '1988-02-03', gender: 'male', phones: ['01012340001'] } as const
    expect(compare({ ...demographics(passport), ...rest }, { ...demographics(form), ...rest }).grade).toBe('certain')
  })
})

describe('one spelling per fact', () => {
  const read = (patient: Omit<Patient, 'resourceType'>): Demographics => demographics({ resourceType: 'Patient', ...patient })

  test('a Korean name is one name however it is cut, spaced or composed', () => {
    const decomposed = '강하늘'.normalize('NFD')
    for (const name of [{ text: '강 하늘' }, { family: '강', given: ['하늘'] }, { text: decomposed }, { text: '강하늘(姜하늘)' }]) {
      expect(read({ name: [name] }).names).toEqual(['강하늘'])
    }
  })

  test('a pseudonym, a nickname and "unknown" lead to nobody', () => {
    const name: Patient['name'] = [
      { use: 'anonymous', text: '김가명' },
      { use: 'nickname', text: '하니' },
      { text: '신원미상' },
      { text: '무명남1' },
    ]
    expect(read({ name }).names).toEqual([])
  })

  test.each([
    ['+82 10-5501-0001', '01055010001'],
    ['+82 (0)10 5501 0001', '01055010001'],
    ['0082-10-5501-0001', '01055010001'],
    ['０１０－５５０１－０００１', '01055010001'],
    ['031-555-0101', '0315550101'],
  ])('phone %s is %s', (written, digits) => {
    expect(read({ telecom: [{ system: 'phone', value: written }] }).phones).toEqual([digits])
  })

  test.each(['010-0000-0000', '010-1234-5678', '555-0101', '없음'])('phone %s names nobody', (written) => {
    expect(read({ telecom: [{ system: 'phone', value: written }] }).phones).toEqual([])
  })

  test('an address in one line equals the same address in parts', () => {
    const parts = read({ address: [{ state: '경기', city: '수원시', district: '팔달구', line: ['향교로 11'] }] })
    const line = read({ address: [{ text: '경기도 수원시 팔달구 향교로 11 (교동)' }] })
    expect(line.addresses).toEqual(['경기수원시팔달구향교로11'])
    expect(parts.addresses).toContain(line.addresses[0])
  })

  test('a neighbour is not the same house', () => {
    const bare = record({ phones: [] })
    for (const other of ['향교로110', '향교로11-2', '향교로11번길5', '향교로1']) {
      expect(compare(bare, record({ phones: [], addresses: [`경기수원시팔달구${other}`] })).fields.address).toBe('disagree')
    }
  })

  test('a town or a street alone is no address', () => {
    expect(read({ address: [{ text: '경기도 수원시' }, { text: '향교로' }] }).addresses).toEqual([])
  })

  test('a resident number that slipped in is not looked at', () => {
    const type = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] }
    const identifier = [
      { system: 'urn:x', value: '680417-2000000' },
      { system: 'urn:y', value: 'AB1', type },
      { system: clinicNumbers, value: 'C-0001' },
    ]
    expect(read({ identifier }).identifiers).toEqual([{ system: clinicNumbers, value: 'C-0001' }])
  })

  test('a year alone is no birth date', () => {
    expect(read({ birthDate: '1968' }).birthDate).toBeUndefined()
    expect(read({ birthDate: '1900-01-01' }).birthDate).toBeUndefined()
  })
})

describe('for any two records', () => {
  const some = (values: readonly string[]): fc.Arbitrary<string[]> => fc.subarray([...values], { maxLength: 2 })
  const anyRecord: fc.Arbitrary<Demographics> = fc.record({
    names: some(['강하늘', '강바다', 'kang neul', '김민준']),
    birthDate: fc.constantFrom('1968-04-17', '1968-04-11', '1990-03-03', undefined),
    gender: fc.constantFrom('male', 'female', undefined),
    phones: some(['01055010001', '01055010002']),
    addresses: some(['경기수원시팔달구향교로11', '경기수원시팔달구향교로11|2호', '경기오산시성호대로141']),
    postalCodes: some(['16455', '442190']),
    identifiers: fc.subarray(['C-1', 'C-2'], { maxLength: 1 }).map((values) => values.map((value) => ({ system: clinicNumbers, value }))),
  })

  /** alike except for what the third names: pairs of strangers alone would hardly ever meet a certain match */
  const pair: fc.Arbitrary<readonly [Demographics, Demographics]> = fc
    .tuple(
      anyRecord,
      anyRecord,
      fc.subarray(['names', 'birthDate', 'gender', 'phones', 'addresses', 'postalCodes', 'identifiers'] as const),
    )
    .map(([a, other, changed]) => [a, { ...a, ...Object.fromEntries(changed.map((name) => [name, other[name]])) }])

  test('the order of the two never matters', () => {
    fc.assert(fc.property(pair, ([a, b]) => expect(compare(a, b)).toEqual(compare(b, a))))
  })

  test('certain means name, birth date, sex and something of one’s own agree, and no number contradicts', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const { grade, fields: graded } = compare(a, b)
        const strong = [graded.phone, graded.address, graded.identifier].includes('agree') && graded.identifier !== 'disagree'
        const weak = [graded.name, graded.birthDate, graded.gender].every((one) => one === 'agree')
        expect(grade === 'certain').toBe(strong && weak)
      }),
    )
  })

  test('forgetting a fact never turns a doubt into a certainty', () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(...fields), ([a, b], field) => {
        fc.pre(compare(a, b).grade !== 'certain' && compare(a, b).fields[field] !== 'disagree')
        const forgetful: Demographics = { ...a, ...forgotten[field] }
        expect(compare(forgetful, b).grade).not.toBe('certain')
      }),
    )
  })

  const forgotten: Readonly<Record<(typeof fields)[number], Partial<Demographics>>> = {
    name: { names: [] },
    birthDate: { birthDate: undefined },
    gender: { gender: undefined },
    phone: { phones: [] },
    address: { addresses: [] },
    postalCode: { postalCodes: [] },
    identifier: { identifiers: [] },
  }
})
