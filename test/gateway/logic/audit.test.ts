import { expect, test } from '@jest/globals'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { auditEvent, auditEventAbout, type AuditAct } from '../../../gateway/logic/audit.ts'

const act: AuditAct = {
  id: 'a-1',
  at: '2026-03-02T00:00:00.000Z',
  action: 'R',
  interaction: 'read',
  outcome: 'success',
  who: {
    subject: 'tertiary-doctor',
    name: '누리대학교병원 의사',
    role: 'doctor',
    institution: 'tertiary',
    purposes: ['TREAT'],
    address: '192.0.2.7',
    tokenId: 'jti-1',
    clientId: 'app-1',
  },
  persons: ['p1'],
  entities: [{ type: 'Condition', id: 'c1', version: '3' }],
  consents: [{ id: 'k1', version: '2' }],
  requestId: 'q-1',
  query: 'GET /Condition/c1',
  note: '',
  source: 'https://gateway.test',
}

const textOf = (more: Partial<AuditAct>): string => JSON.stringify(auditEvent({ ...act, ...more }))

test('an entry says who, from where, in which role, for what, whose record, under which consents', () => {
  const text = textOf({})
  for (const said of [
    'tertiary-doctor',
    '192.0.2.7',
    'doctor',
    'TREAT',
    'Patient/p1',
    'Condition/c1/_history/3',
    'Consent/k1/_history/2',
    'jti-1',
    'q-1',
  ])
    expect(text).toContain(said)
})

test('it is a valid AuditEvent, however little there is to say', () => {
  const silent = { ...act.who, name: '', purposes: [], address: '', tokenId: '', clientId: '' }
  const variants: Partial<AuditAct>[] = [
    {},
    { persons: [], entities: [], consents: [], query: '' },
    { who: silent },
    { outcome: 'failed', note: 'x', requestId: '' },
  ]
  for (const more of variants) expect(validate(auditEvent({ ...act, ...more })).filter(({ severity }) => severity === 'error')).toEqual([])
})

test.each([
  ['success', '0'],
  ['refused', '4'],
  ['failed', '8'],
] as const)('%s is outcome %s', (outcome, code) => {
  expect(auditEvent({ ...act, outcome }).outcome).toBe(code)
})

test('an entry about one person is shown to that person as it was written', () => {
  const event = auditEvent(act)
  expect(auditEventAbout(event, ['p1', 'p0'])).toBe(event)
})

test('an entry about several is shown to one of them without the others, their records and their consents', () => {
  const event = auditEvent({ ...act, persons: ['p1', 'p2'], entities: [...act.entities, { type: 'Patient', id: 'r2', version: '1' }] })
  const text = JSON.stringify(auditEventAbout(event, ['p1']))
  expect(text).toContain('Patient/p1')
  expect(text).toContain('GET /Condition/c1')
  expect(text).not.toMatch(/p2|r2|_history|k1/)
})
