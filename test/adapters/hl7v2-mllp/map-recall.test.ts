/** HL7 v2 has no recall: staff are shown the cancellation of a referral, which says no more than they know. */
import { expect, test } from '@jest/globals'
import { toMessage, type Envelope } from '../../../adapters/hl7v2-mllp/map-out.ts'
import { parseMessage } from '../../../adapters/hl7v2-mllp/message.ts'
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { mapped, only } from './bench.ts'

const envelope: Envelope = {
  now: new Date('2026-03-02T01:00:00Z'),
  utcOffset: '+09:00',
  sendingApplication: 'CARENET',
  sendingFacility: 'NETWORK',
  receivingApplication: 'HIS',
  receivingFacility: '11100002',
  charset: 'UNICODE UTF-8',
  departments: {},
}
const taken = (value: string) => ({ type: { text: 'parcel' }, valueIdentifier: { system: system.parcel, value } })
const task: Task = {
  resourceType: 'Task',
  id: 't',
  status: 'requested',
  intent: 'order',
  identifier: [{ system: system.parcel, value: 'r-1' }],
  input: [taken('m1'), taken('m2'), taken('m3')],
}

function sent(recall: Task) {
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: recall }] } as const
  const result = toMessage({ id: 'r-1', kind: 'recall', bundle: { ...bundle, entry: [...bundle.entry] }, gaps: [] }, envelope)
  const parsed = result.ok ? parseMessage(result.text) : undefined
  if (parsed?.ok !== true) throw new Error('a recall is a message')
  return parsed.message
}

test('a recall names every message it takes back and the number they came with, and nothing of what was in them', () => {
  const message = sent({ ...task, for: { identifier: { system: patientNumberSystem('11100002'), value: 'H-0001' } } })
  const rf1 = message.first('RF1')
  expect([message.header.at(9, 2), message.header.at(10)]).toEqual(['I14', 'r-1'])
  expect([rf1?.at(6), rf1?.all(11).map((item) => item.part(1)), message.first('PID')?.at(3)]).toEqual(['m1', ['m2', 'm3'], 'H-0001'])
  expect([message.first('PID')?.at(5), message.segments.map(({ name }) => name).filter((name) => /OBX|DG1|AL1|OBR/.test(name))]).toEqual([
    undefined,
    [],
  ])
})

test('where nobody knows whether the message arrived, the recall names no patient', () => {
  expect(sent(task).first('PID')).toBeUndefined()
})

test('RRI^I12 says in RF1-1.4 that the copies are set aside, and becomes a Task without a document', () => {
  const parcel = mapped(
    'MSH|^~\\&|HIS|11100002|CARENET|NETWORK|20260302100000||RRI^I12^RRI_I12|M9|P|2.5.1',
    'MSA|AA|r-1',
    'RF1|A^Accepted^HL70283^completed^^http://hl7.org/fhir/task-status|||||r-1',
    'PRD|RT^Referred to provider^HL70286',
    'PID|1||H-0001^^^&1.2.410.100110.10.11100002&ISO^MR',
  )
  expect(parcel.kind).toBe('referral-response')
  expect(only(parcel, 'Task')).toMatchObject({ status: 'completed', identifier: [{ system: system.parcel, value: 'r-1' }] })
  expect(parcel.bundle.entry?.map(({ resource }) => resource?.resourceType)).toEqual(['Task'])
})
