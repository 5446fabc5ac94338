/** What staff do at the desk. Every act is one transaction: the chart and the message that tells of it. */
import type { Chart, Row } from './chart.ts'
import { textOf } from './chart.ts'
import { stamp } from './hl7-text.ts'
import { admissionMessage, answerMessage, referralMessage, resultMessage, type Result } from './messages.ts'
import { queue } from './outbox.ts'

export interface DeskReply {
  readonly status: number
  readonly body: unknown
}

export type DeskInput = Readonly<Record<string, unknown>>

export function referrals(chart: Chart): DeskReply {
  const of = (direction: string): readonly Row[] => chart.rows('select * from referral where direction = ? order by rowid', direction)
  return { status: 200, body: { received: of('in'), sent: of('out') } }
}

export function health(chart: Chart): DeskReply {
  const counts = chart.rows('select state, count(*) as n from outbox group by state')
  const count = (state: string): number => Number(counts.find((row) => row['state'] === state)?.['n'] ?? 0)
  const patients = Number(chart.first('select count(*) as n from patient')?.['n'] ?? 0)
  return { status: 200, body: { ok: true, patients, waiting: count('waiting'), sent: count('sent'), refused: count('refused') } }
}

export function outbox(chart: Chart): DeskReply {
  return { status: 200, body: chart.rows('select control_id, feed, kind, state, attempts, answer from outbox order by seq') }
}

/** A message the peer refused, after somebody saw to the cause. */
export function resend(chart: Chart, controlId: string): DeskReply {
  const changed = chart.change("update outbox set state = 'waiting' where control_id = ? and state = 'refused'", controlId)
  return changed > 0 ? { status: 202, body: { controlId } } : { status: 404, body: { error: 'no refused message of that id' } }
}

export function refer(chart: Chart, input: DeskInput, now: Date): DeskReply {
  const [patientNumber, department, reason] = [input['patientNumber'], input['department'], input['reason']]
  if (!isText(patientNumber) || !isText(department) || !isText(reason)) return wrong('patientNumber, department and reason are required')
  const patient = chart.first('select * from patient where number = ?', patientNumber)
  if (patient === undefined) return { status: 404, body: { error: 'no such patient' } }
  const toInstitution = optional(input['toInstitutionNumber'])
  const diagnosis = optional(input['icd'])
  return chart.together(() => {
    const count = Number(chart.first("select count(*) + 1 as n from referral where direction = 'out'")?.['n'] ?? 1)
    const number = `R${textOf(chart.first("select value from setting where name = 'site'"), 'value')}-${String(count).padStart(4, '0')}`
    const controlId = queue(chart, 'HIS', 'REF^I12', (id) =>
      referralMessage({ id, now, number, patient, department, toInstitution, reason, diagnosis }),
    )
    chart.change(
      'insert into referral values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      'out',
      patientNumber,
      textOf(patient, 'name'),
      textOf(patient, 'birth_date'),
      textOf(patient, 'phone'),
      department,
      toInstitution,
      reason,
      diagnosis,
      'sent',
      '',
      now.toISOString(),
    )
    return { status: 201, body: { id: number, controlId } }
  })
}

type Verb = 'accept' | 'reject' | 'reply'

/** from which states an act is possible; a reply to what was not accepted accepts it first */
const possible: Readonly<Record<Verb, readonly string[]>> = {
  accept: ['received'],
  reject: ['received', 'accepted'],
  reply: ['received', 'accepted'],
}
const stateAfter: Readonly<Record<Verb, string>> = { accept: 'accepted', reject: 'rejected', reply: 'replied' }

export function isVerb(word: string | undefined): word is Verb {
  return word === 'accept' || word === 'reject' || word === 'reply'
}

export function answerReferral(chart: Chart, id: string, verb: Verb, input: DeskInput, now: Date): DeskReply {
  const referral = chart.first("select * from referral where id = ? and direction = 'in'", id)
  if (referral === undefined) return { status: 404, body: { error: 'no such referral' } }
  const state = textOf(referral, 'state')
  if (!possible[verb].includes(state)) return { status: 409, body: { error: `the referral is ${state}` } }
  const text = verb === 'reply' ? input['text'] : input['reason']
  if (verb !== 'accept' && !isText(text)) return wrong(verb === 'reply' ? 'text is required' : 'reason is required')
  return chart.together(() => {
    const patient = registered(chart, referral, now)
    const letter = { now, answers: id, patient, note: optional(text), report: '' }
    const controlIds: string[] = []
    if (verb === 'accept' || (verb === 'reply' && state === 'received')) {
      const note = verb === 'accept' ? letter.note : ''
      controlIds.push(queue(chart, 'HIS', 'RRI^I12', (controlId) => answerMessage({ ...letter, id: controlId, code: 'A^Accepted', note })))
    }
    if (verb === 'reject')
      controlIds.push(queue(chart, 'HIS', 'RRI^I12', (controlId) => answerMessage({ ...letter, id: controlId, code: 'R^Rejected' })))
    if (verb === 'reply')
      controlIds.push(
        queue(chart, 'HIS', 'RRI^I12', (controlId) =>
          answerMessage({ ...letter, id: controlId, code: 'A^Accepted', note: '', report: optional(text) }),
        ),
      )
    chart.change(
      'update referral set state = ?, answer = ?, patient = ?, updated_at = ? where id = ?',
      stateAfter[verb],
      optional(text),
      textOf(patient, 'number'),
      now.toISOString(),
      id,
    )
    return { status: 200, body: { id, state: stateAfter[verb], controlIds } }
  })
}

/** Whoever is answered for has a chart here: a referred patient who is new gets a number, and others are told (ADT^A04). */
function registered(chart: Chart, referral: Row, now: Date): Row | undefined {
  const known = textOf(referral, 'patient')
  if (known !== '') return chart.first('select * from patient where number = ?', known)
  const count = Number(chart.first("select count(*) + 1 as n from patient where number like 'H-9%'")?.['n'] ?? 1)
  const number = `H-9${String(count).padStart(3, '0')}`
  const birthDate = textOf(referral, 'birth_date').replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  chart.change(
    'insert into patient values (?, ?, ?, ?, ?, ?, ?, ?)',
    number,
    textOf(referral, 'patient_name'),
    'unknown',
    birthDate,
    textOf(referral, 'phone'),
    '',
    '',
    '4',
  )
  const visit = `V${stamp(now).slice(2, 8)}-9${String(count).padStart(3, '0')}`
  const department = textOf(referral, 'department') === '' ? '01' : textOf(referral, 'department')
  const startedAt = stamp(now).slice(0, 12)
  chart.change('insert into visit values (?, ?, ?, ?, ?, ?, ?, ?)', visit, number, department, 'O', startedAt, null, '한지안', '40011')
  queue(chart, 'HIS', 'ADT^A04', (id) => admissionMessage(chart, visit, { id, event: 'A04', now }))
  return chart.first('select * from patient where number = ?', number)
}

/** One more result for the patient's latest visit; without a body, an HbA1c. */
export function addResult(chart: Chart, patientNumber: string, input: DeskInput, now: Date): DeskReply {
  const visit = chart.first('select * from visit where patient = ? order by started_at desc limit 1', patientNumber)
  if (visit === undefined) return { status: 404, body: { error: 'no such patient' } }
  const result: Result = {
    code: optional(input['code']) || '4548-4',
    name: optional(input['name']) || '당화혈색소',
    value: optional(input['value']) || '6.8',
    unit: optional(input['unit']) || '%',
    range: optional(input['range']),
    flag: optional(input['flag']) || 'N',
  }
  return chart.together(() => {
    const takenAt = stamp(now).slice(0, 12)
    const controlId = queue(chart, 'LIS', 'ORU^R01', (id) =>
      resultMessage(chart, textOf(visit, 'number'), {
        id,
        now,
        order: `L${id}`,
        takenAt,
        panel: { code: result.code, name: result.name, section: 'CH' },
        results: [result],
        comment: optional(input['comment']) || '추가 검사',
      }),
    )
    return { status: 201, body: { controlId } }
  })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function optional(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function wrong(error: string): DeskReply {
  return { status: 400, body: { error } }
}
