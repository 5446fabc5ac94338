/** `$validate` over HTTP, and what an institution's agreement on profiles does to what it sends. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres } from '../support/databases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { readExample } from '../support/guide.ts'
import { condition, feed, patient } from './records.ts'

const engine = hasPostgres ? 'PostgreSQL' : 'PGlite'
const care = 'https://care-network.kr/fhir/StructureDefinition/'
const korea = 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway(engine, {
    validation: { clinic: { profiles: 'kr-core', policy: 'accept-with-issues' }, hospital: { profiles: 'kr-core', policy: 'reject' } },
  })
  await feed(gateway, 'clinic', [patient('clinic', 1), condition('kept', 'C-0001', 'I10')])
})
afterAll(async () => gateway.close())

const ids = (reply: Reply, severity?: string): readonly unknown[] =>
  (reply.body.issue ?? [])
    .filter((each) => severity === undefined || each.severity === severity)
    .map((each) => each.details?.coding?.[0]?.code)
const errors = (reply: Reply): readonly unknown[] => ids(reply, 'error')

describe('$validate', () => {
  test('says what is wrong in Korean and English, where in the text, and by a stable id', async () => {
    const text = '{\n  "resourceType": "Patient",\n  "gender": "M",\n  "birthDate": "2026-02-31"\n}'
    const reply = await gateway.as('clinic-doctor').post('Patient/$validate', text)
    expect(reply.status).toBe(200)
    expect(errors(reply)).toEqual(['wrong-format', 'code-not-in-value-set'])
    const line = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line'
    const col = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col'
    expect(reply.body.issue?.find(({ expression }) => expression?.[0] === 'Patient.gender')).toMatchObject({
      code: 'code-invalid',
      expression: ['Patient.gender'],
      details: { text: expect.stringMatching(/[가-힣]/) },
      diagnostics: expect.stringMatching(/^[\x20-\x7e]+$/),
      extension: [
        { url: line, valueInteger: 3 },
        { url: col, valueInteger: 13 },
      ],
    })
    expect(reply.text).not.toContain('2026-02-31')
  })

  test('also judges what is never stored here: lists, definitions, outcomes', async () => {
    const asker = gateway.as('integrator')
    const set = { resourceType: 'ValueSet', status: 'active', compose: { include: [{ system: 'http://loinc.org' }] } }
    expect(errors(await asker.post('ValueSet/$validate', set))).toEqual([])
    expect(errors(await asker.post('ValueSet/$validate', { ...set, status: 'alive' }))).toEqual(['code-not-in-value-set'])
    expect(errors(await asker.post('StructureDefinition/$validate', { resourceType: 'StructureDefinition' }))).toContain('missing-element')
    expect((await asker.post('Sandwich/$validate', set)).status).toBe(404)
  })

  test('holds a resource against a profile named in the address or in Parameters, and counts lines there too', async () => {
    const valid = readExample('care-patient/valid-clinic.json')
    const invalid = readExample('care-patient/invalid-care-pat-1.json')
    const asker = gateway.as('integrator')
    expect(errors(await asker.post(`Patient/$validate?profile=${care}care-patient`, valid))).toEqual([])
    const parameters = JSON.stringify(
      {
        resourceType: 'Parameters',
        parameter: [
          { name: 'mode', valueCode: 'profile' },
          { name: 'profile', valueCanonical: `${care}care-patient` },
          { name: 'resource', resource: { ...invalid, meta: undefined } },
        ],
      },
      null,
      1,
    )
    const reply = await asker.post('Patient/$validate', parameters)
    expect(errors(reply)).toEqual(['invariant'])
    expect(reply.text).toContain('care-pat-1')
    const at: unknown = Object.values(reply.body.issue?.find(({ severity }) => severity === 'error') ?? {})[0]
    expect(at).toEqual([expect.objectContaining({ valueInteger: expect.any(Number) }), expect.anything()])
    expect(errors(await asker.post('Patient/$validate?profile=http://nobody.example/x', valid))).toContain('profile-unknown')
    expect(errors(await asker.post('Patient/$validate', condition('x', 'C-0001', 'I10')))).toContain('type-mismatch')
    expect((await asker.post('Patient/$validate?mode=guess', valid)).status).toBe(400)
    expect((await asker.post('Patient/$validate?colour=red', valid)).status).toBe(400)
    expect((await asker.post('Patient/$validate', { resourceType: 'Parameters' })).status).toBe(400)
  })

  test('knows the codes of our own guide, and so does the terminology service', async () => {
    const wrong = { ...readExample('care-referral-request/invalid-reasonCode-hira-binding.json') }
    const request = `ServiceRequest/$validate?profile=${care}care-referral-request`
    expect(errors(await gateway.as('integrator').post(request, wrong))).toEqual(['code-missing'])
    const url = 'https://care-network.kr/fhir/CodeSystem/hira-referral-reason'
    expect((await gateway.as('integrator').get(`CodeSystem?url=${url}`)).body.total).toBe(1)
    const code = await gateway.as('integrator').get(`CodeSystem/$validate-code?url=${url}&code=no-such-code`)
    expect(code.body['parameter']).toContainEqual({ name: 'result', valueBoolean: false })
  })

  test('with a mode says whether the caller could do it, under what its institution has agreed on', async () => {
    const bare = { resourceType: 'Condition', id: 'new', subject: { reference: 'Patient/C-0001' } }
    const asDoctor = await gateway.as('clinic-doctor').post('Condition/$validate?mode=create', bare)
    expect(errors(asDoctor)).toEqual(['role'])
    const hospital = await gateway.as('hospital-system').post('Condition/$validate?mode=create', bare)
    expect(errors(hospital)).toContain('too-few')
    const clinic = await gateway.as('clinic-system').post('Condition/$validate?mode=create', bare)
    expect([errors(clinic), ids(clinic, 'warning')]).toEqual([[], expect.arrayContaining(['too-few'])])
    expect(errors(await gateway.as('clinic-system').post('Condition/other/$validate?mode=update', bare))).toEqual(['id-mismatch'])
  })

  test('a stored record is validated as its reader sees it; to whom it is hidden it is missing', async () => {
    const own = await gateway.as('clinic-system').get('Condition/kept/$validate')
    expect([own.status, errors(own)]).toEqual([200, []])
    expect(
      errors(await gateway.as('clinic-system').get(`Condition/kept/$validate?profile=${korea}krcore-condition-encounter-diagnosis`)),
    ).not.toEqual([])
    expect(ids(await gateway.as('clinic-system').get('Condition/kept/$validate?mode=delete'))).toEqual(['valid'])
    const [missing, foreign] = [
      await gateway.as('tertiary-doctor').get('Condition/nothing/$validate'),
      await gateway.as('hospital-system').get('Condition/kept/$validate'),
    ]
    expect([missing.status, foreign.status]).toEqual([404, 404])
    expect(foreign.body.issue).toEqual(missing.body.issue)
    expect((await gateway.as('auditor').post('Patient/$validate', {})).status).toBe(403)
  })
})

describe('an institution that has agreed on KR Core', () => {
  const bare = { resourceType: 'Condition', id: 'bare', subject: { reference: 'Patient/C-0001' } }
  const asOutcome = { prefer: 'return=OperationOutcome' }

  test('is refused what does not meet it, with the rules it breaks and nothing stored', async () => {
    const reply = await gateway.as('hospital-system').put('Condition/bare', bare)
    expect([reply.status, reply.body.resourceType]).toEqual([422, 'OperationOutcome'])
    expect(reply.body.issue?.[0]).toMatchObject({ severity: 'error', details: { text: expect.stringMatching(/[가-힣]/) } })
    expect((await gateway.as('hospital-system').get('Condition/bare')).status).toBe(404)
  })

  test('or has it taken and is told, and the operator sees how often, without a value', async () => {
    const reply = await gateway.as('clinic-system').put('Condition/bare', bare, asOutcome)
    expect([reply.status, ids(reply, 'warning').length > 0, errors(reply)]).toEqual([201, true, []])
    expect((await gateway.as('clinic-system').get('Condition/bare')).status).toBe(200)
    const entry = [{ resource: bare, request: { method: 'PUT', url: 'Condition/bare' } }]
    const batch = await gateway.as('clinic-system').post('', { resourceType: 'Bundle', type: 'transaction', entry })
    expect(batch.body.entry?.[0]?.response?.outcome?.issue?.[0]).toMatchObject({ severity: 'warning' })
    const { text } = await gateway.raw('/metrics')
    expect(text).toMatch(/carenet_profile_verdicts_total\{institution="clinic",verdict="accepted-with-issues"\} [1-9]/)
    expect(text).toMatch(/carenet_profile_verdicts_total\{institution="hospital",verdict="refused"\} 1/)
  })

  test('and one that has agreed on nothing sends what R4 allows', async () => {
    const away = { ...bare, subject: { reference: 'Patient/T-0001' } }
    expect((await gateway.as('tertiary-system').put('Condition/bare', away, asOutcome)).body.issue).toHaveLength(1)
  })
})
