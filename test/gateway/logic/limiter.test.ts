import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { defaultRateLimits } from '../../../gateway/config-schema.ts'
import { createLimiter, type LimitedCaller } from '../../../gateway/logic/limiter.ts'
import { lookupsOf } from '../../../gateway/logic/lookups.ts'

const doctor: LimitedCaller = { subject: 'tertiary-doctor', institution: 'tertiary', clientId: 'app', role: 'doctor' }
const limiter = (personsPerHour: number, people = 60) =>
  createLimiter({
    requestsPerMinute: { system: 0, people },
    personsPerHour: { ...defaultRateLimits.personsPerHour, doctor: personsPerHour },
    emergenciesPerHour: 2,
  })
const minute = 60_000
const hour = 60 * minute

describe('requests', () => {
  test('a minute’s worth may come at once; then as many as the minute brings', () => {
    const { request } = limiter(1, 60)
    for (let count = 0; count < 60; count += 1) expect(request(doctor, 0)).toBeUndefined()
    expect(request(doctor, 0)).toBe(1)
    expect(request(doctor, 999)).toBe(1)
    expect(request(doctor, 1000)).toBeUndefined()
    expect(request(doctor, 1000)).toBe(1)
  })

  test('another person, another institution or another application is another caller', () => {
    const { request } = limiter(1, 1)
    const callers = [doctor, { ...doctor, subject: 'x' }, { ...doctor, institution: 'x' }, { ...doctor, clientId: 'x' }]
    expect(callers.map((caller) => request(caller, 0))).toEqual([undefined, undefined, undefined, undefined])
    expect(callers.map((caller) => request(caller, 0))).toEqual([60, 60, 60, 60])
  })

  test('a system is not limited unless the operator says so', () => {
    const { request } = limiter(1, 1)
    for (let count = 0; count < 5000; count += 1) expect(request({ ...doctor, role: 'system' }, 0)).toBeUndefined()
  })

  test('a clock that is set back neither brings nor takes requests', () => {
    const { request } = limiter(1, 1)
    expect([request(doctor, hour), request(doctor, 0), request(doctor, minute)]).toEqual([undefined, 60, undefined])
  })
})

describe('persons asked about', () => {
  test('are counted once each within an hour, and the wait ends when the one asked longest ago is an hour old', () => {
    const { persons } = limiter(2)
    expect(persons(doctor, ['a'], 0)).toBeUndefined()
    expect(persons(doctor, ['b'], 10 * minute)).toBeUndefined()
    expect(persons(doctor, ['a', 'b'], 20 * minute)).toBeUndefined()
    expect(persons(doctor, ['c'], 30 * minute)).toBe(50 * 60)
    expect(persons(doctor, ['a'], 40 * minute)).toBeUndefined()
    expect(persons(doctor, ['c'], 80 * minute - 1)).toBe(1)
    expect(persons(doctor, ['c'], 80 * minute)).toBeUndefined()
  })

  test('through another application are the same person’s questions', () => {
    const { persons } = limiter(1)
    persons(doctor, ['a'], 0)
    expect(persons({ ...doctor, role: 'doctor' }, ['b'], 0)).toBe(3600)
    expect(persons({ ...doctor, subject: 'other' }, ['b'], 0)).toBeUndefined()
  })

  test('more at once than is ever allowed are refused whole and not counted', () => {
    const { persons, refusals } = limiter(2)
    expect(persons(doctor, ['a', 'b', 'c'], 0)).toBe(3600)
    expect(persons(doctor, ['d', 'e'], 0)).toBeUndefined()
    expect(refusals()).toEqual([{ limit: 'persons', role: 'doctor', count: 1 }])
  })

  test('never pass the limit within any hour, whatever the order and pace (against a list that is counted anew)', () => {
    const asks = fc.array(fc.record({ person: fc.integer({ min: 0, max: 8 }), laterMs: fc.integer({ min: 0, max: 20 * minute }) }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), asks, (limit, list) => {
        const { persons } = limiter(limit)
        const admitted: { person: number; atMs: number }[] = []
        let atMs = 0
        for (const { person, laterMs } of list) {
          atMs += laterMs
          const recent = new Set(admitted.flatMap((ask) => (ask.atMs > atMs - hour ? [ask.person] : [])))
          const isAdmitted = recent.has(person) || recent.size < limit
          const waitS = persons(doctor, [String(person)], atMs)
          expect(waitS === undefined).toBe(isAdmitted)
          if (isAdmitted) admitted.push({ person, atMs })
          else expect(Number.isInteger(waitS) && (waitS ?? 0) >= 1 && (waitS ?? 0) <= 3600).toBe(true)
        }
      }),
    )
  })

  test('of ten thousand callers are remembered; the memory is bounded, and who was quiet longest is forgotten', () => {
    const { persons } = limiter(1)
    for (let caller = 0; caller < 10_001; caller += 1) persons({ ...doctor, subject: String(caller) }, ['a'], caller)
    expect(persons({ ...doctor, subject: '1' }, ['b'], 10_001)).toBeDefined()
    expect(persons({ ...doctor, subject: '0' }, ['b'], 10_001)).toBeUndefined()
  })

  test('emergencies are counted apart', () => {
    const { emergency, persons } = limiter(1)
    expect([emergency(doctor, 'a', 0), emergency(doctor, 'b', 0), emergency(doctor, 'a', 0), persons(doctor, ['x'], 0)]).toEqual(
      Array(4).fill(undefined),
    )
    expect(emergency(doctor, 'c', 0)).toBe(3600)
  })
})

describe('whom a request asks about', () => {
  const asked = (method: string, address: string, body?: unknown) => {
    const [path = '', search = ''] = address.split('?')
    const [type = '', id] = path.split('/')
    const isId = id !== undefined && !id.startsWith('$') && !id.startsWith('_')
    return lookupsOf({ method, path, params: isId ? { type, id } : { type }, query: [...new URLSearchParams(search)], body })
  }

  test.each([
    ['Patient/p1', ['id p1']],
    ['Patient/p1/$summary', ['id p1']],
    ['Patient/p1/$everything?_type=Observation', ['id p1']],
    ['Patient?_id=p1,p2', ['id p1', 'id p2']],
    [
      'Patient?identifier=urn:oid:1|7&identifier=urn:oid:1|8,urn:oid:1|9',
      ['number urn:oid:1|7', 'number urn:oid:1|8', 'number urn:oid:1|9'],
    ],
    ['Patient?name=김&birthdate=1970&_count=5', ['words birthdate=1970&name=김']],
    ['Patient?birthdate=1970&name=김&_count=9', ['words birthdate=1970&name=김']],
    ['Observation?patient=p1&code=1', ['id p1']],
    ['Observation?subject=Patient/p1', ['id p1']],
    ['Observation?subject:Patient=p1', ['id p1']],
    ['Observation?patient=https://x.example/fhir/R4/Patient/p1', ['id p1']],
    ['Observation?patient=Patient/p1/_history/2', ['id p1']],
    ['Observation?patient=X/Patient/p1', ['id p1']],
    ['AuditEvent?patient=p1', ['id p1']],
    ['Consent?patient=p1,p2', ['id p1', 'id p2']],
    ['Task?patient=p1', ['id p1']],
    ['Consent/$explain?person=p1&institution=clinic', ['id p1']],
    ['Consent/c1/$explain?person=Patient/p1', ['id p1']],
  ])('%s', (address, expected) => {
    expect(asked('GET', address)).toEqual(expected)
    const [path, form] = address.split('?')
    if (form !== undefined && !path?.includes('$')) expect(asked('POST', `${path}/_search?${form}`)).toEqual(expected)
  })

  test.each(['Observation/o1', 'Observation?code=1', 'Task?status=requested', 'Patient', 'Patient?_page=sealed', 'Patient?_count=10', ''])(
    '`%s` is about nobody in particular',
    (address) => {
      expect(asked('GET', address)).toEqual([])
    },
  )

  test('demographics to match and the patients a referral names; the entries of a batch come by themselves', () => {
    const patient = { resourceType: 'Patient', birthDate: '1970-01-01' }
    expect(asked('POST', 'Patient/$match', patient)).toHaveLength(1)
    expect(asked('POST', 'Patient/$match', patient)).not.toEqual(asked('POST', 'Patient/$match', { ...patient, birthDate: '1970-01-02' }))
    const entry = [{ resource: { resourceType: 'ServiceRequest', subject: { reference: 'Patient/p1' } } }]
    expect(asked('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).toEqual(['id p1'])
    expect(asked('POST', '', { resourceType: 'Bundle', type: 'batch', entry })).toEqual([])
    expect(asked('PUT', 'Consent/c1', { resourceType: 'Consent', patient: { reference: 'Patient/p1' } })).toEqual(['id p1'])
  })

  test.each([
    ['valueString', 'p1'],
    ['valueCode', 'p1'],
    ['valueId', 'p1'],
    ['valueString', 'Patient/p1'],
    ['valueReference', { reference: 'Patient/p1' }],
    ['valueCoding', { code: 'p1' }],
    ['valueIdentifier', { value: 'p1' }],
  ])('the person of an explanation, written as %s', (name, value) => {
    const parameter = [
      { name: 'institution', valueString: 'clinic' },
      { name: 'person', [name]: value },
    ]
    expect(asked('POST', 'Consent/$explain', { resourceType: 'Parameters', parameter })).toEqual(['id p1'])
    expect(asked('POST', 'Consent/c1/$explain', { resourceType: 'Parameters', parameter })).toEqual(['id p1'])
  })

  test('the patient of an edited consent, and each number a decision service is asked about', () => {
    const consent = { name: 'consent', resource: { resourceType: 'Consent', patient: { reference: 'Patient/p2' } } }
    expect(asked('POST', 'Consent/$explain', { resourceType: 'Parameters', parameter: [consent] })).toEqual(['id p2'])
    const patientId = ['1', '2'].map((value) => ({ system: 'urn:x', value }))
    const content = { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Condition', subject: { reference: 'Patient/own' } } }] }
    const hook = { hook: 'patient-consent-consult', context: { patientId, content } }
    expect(asked('POST', 'patient-consent-consult', hook)).toEqual(['number urn:x|1', 'number urn:x|2'])
    expect(asked('POST', 'patient-consent-consult', { hook: 'patient-consent-consult' })).toEqual([])
  })
})
