import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Parcel } from '../../../adapters/contract.ts'
import { admit, isFhirId } from '../../../adapters/fhir-rest/admit.ts'
import { parseJson } from '../../../adapters/fhir-rest/json.ts'
import { toResponse, toTransaction } from '../../../adapters/fhir-rest/map.ts'
import { withoutResidentNumbers } from '../../../adapters/fhir-rest/resident-number.ts'
import type { Resource, Task } from '../../../fhir-profiles/r4.ts'

const institution = { number: '01100003', patientNumbers: 'urn:oid:1.2.410.100110.10.01100003' }

function sample(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../adapters/fhir-rest/samples/${name}.json`, import.meta.url), 'utf8'))
}

// The samples are ours and are what their names say.
const request = sample('referral-request.parcel') as Parcel
const task = sample('task-rejected') as Task

describe('a referral on its way to the hospital', () => {
  test('the sample becomes the transaction written beside it', () => {
    expect(toTransaction(request, institution, undefined)).toMatchObject({ ok: true, bundle: sample('referral-request.transaction') })
  })

  test('the same parcel gives the same ids, and leaving one document out does not move the others', () => {
    const urls = (parcel: Parcel) => {
      const mapped = toTransaction(parcel, institution, undefined)
      return mapped.ok ? (mapped.bundle.entry ?? []).map((entry) => entry.request?.url ?? '') : []
    }
    const extra = { resource: { resourceType: 'DocumentReference', id: 'earlier', status: 'current', content: [] } satisfies Resource }
    const longer = { ...request, bundle: { ...request.bundle, entry: [extra, ...(request.bundle.entry ?? [])] } }
    expect(urls(request)).toEqual(urls(request))
    expect(urls(longer).filter((url) => !urls(request).includes(url))).toHaveLength(1)
    expect(new Set(urls(longer)).size).toBe(urls(longer).length)
  })

  test('numbers arrive with the digits they were written with, and are read with them', () => {
    const text = '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    // valid FHIR as it is written
    const resource = parseJson(text) as Resource
    const mapped = toTransaction(
      { ...request, bundle: { ...request.bundle, entry: [...(request.bundle.entry ?? []), { resource }] } },
      institution,
      undefined,
    )
    expect(mapped.ok && JSON.stringify(mapped.bundle)).toContain('"valueQuantity":{"value":1.50}')
  })

  test('a known patient is referred to and not sent again', () => {
    const mapped = toTransaction(request, institution, 'pt-77')
    const text = JSON.stringify(mapped)
    expect(mapped.ok && mapped.bundle.entry?.map((entry) => entry.resource?.resourceType)).toEqual([
      'ServiceRequest',
      'DocumentReference',
      'Task',
    ])
    expect(text).toContain('Patient/pt-77')
    expect(mapped.ok && JSON.stringify(mapped.bundle)).not.toMatch(/net-p|urn:uuid/)
  })
})

test('an answer of the hospital becomes the parcel written beside it', () => {
  expect(toResponse(task, 'b2f6c1de-0001', [], [])).toEqual(sample('task-rejected.parcel'))
})

describe('what may pass as an answer', () => {
  const expected = { type: 'Observation', baseUrl: 'https://emr.example/fhir', patientId: 'p1' }
  const observation = (subject: unknown) => ({ resourceType: 'Observation', id: 'o1', subject })
  test.each([
    [{ reference: 'Patient/p1' }, true],
    [{ reference: 'Patient/p1/_history/4' }, true],
    [{ reference: 'https://emr.example/fhir/Patient/p1' }, true],
    [{ reference: 'https://other.example/fhir/Patient/p1' }, false],
    [{ reference: 'Patient/p11' }, false],
    [{ reference: 'Group/p1' }, false],
    [{ reference: '#p1' }, false],
    [{ identifier: { value: 'p1' } }, false],
    [undefined, false],
    ['Patient/p1', false],
  ])('a subject %j is the patient asked for: %j', (subject, passes) => {
    expect(admit(observation(subject), expected) === true).toBe(passes)
  })

  test.each([
    [null, 'unmappable'],
    ['text', 'unmappable'],
    [{ id: 'o1' }, 'unmappable'],
    [{ resourceType: 'Observation', subject: { reference: 'Patient/p1' } }, 'unmappable'],
    [{ resourceType: 'Observation', id: '../x', subject: { reference: 'Patient/p1' } }, 'unmappable'],
    [{ resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/p1' } }, 'not-permitted-by-source'],
  ])('%j is a gap %s', (resource, gap) => {
    expect(admit(resource, expected)).toMatchObject({ gap })
  })

  test.each([
    ['a', true],
    ['A-1.b', true],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['', false],
    ['.', false],
    ['..', false],
    ['a/b', false],
    ['a?b', false],
    ['가', false],
  ])('`%s` as a FHIR id: %j', (id, is) => {
    expect(isFhirId(id)).toBe(is)
  })
})

describe('a resident registration number', () => {
  const patient = (value: string): Resource => ({ resourceType: 'Patient', id: 'p', identifier: [{ system: 'urn:x', value }] })
  test.each([
    ['900101-1234567', true],
    ['9001011234567', true],
    ['180609-5000000', true],
    ['900230-1234567', false],
    ['901301-1234567', false],
    ['900101-9234567', true],
    ['90010112345678', false],
    ['T-0001', false],
  ])('%s is one: %j', (value, dropped) => {
    expect(withoutResidentNumbers(patient(value)).dropped).toBe(dropped)
  })

  test('it is dropped from a reference and a contained resource too', () => {
    const observation: Resource = {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code: {},
      subject: { reference: 'Patient/p', identifier: { value: '900101-1234567' } },
      contained: [patient('900101-1234567')],
    }
    const { resource, dropped } = withoutResidentNumbers(observation)
    expect([dropped, JSON.stringify(resource).includes('900101')]).toEqual([true, false])
    expect(resource).toMatchObject({ subject: { reference: 'Patient/p' }, contained: [{ id: 'p' }] })
  })
})
