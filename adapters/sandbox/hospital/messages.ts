/** The messages this hospital writes: ADT, REF and RRI by its HIS in UTF-8, ORU by its LIS in CP949 (MSH-18 `KS X 1001`). */
import iconv from 'iconv-lite'
import { sandboxInstitutions } from '../people.ts'
import type { Chart, Row } from './chart.ts'
import { textOf } from './chart.ts'
import { line, safe, stamp } from './hl7-text.ts'
import type { Feed } from './outbox.ts'

const own = sandboxInstitutions.hospital
const ownOid = `1.2.410.100110.10.${own.number}`

export interface Result {
  /** LOINC */
  readonly code: string
  readonly name: string
  readonly value: string
  /** UCUM */
  readonly unit: string
  readonly range: string
  readonly flag: string
}

interface Stamped {
  readonly id: string
  readonly now: Date
}

export function encodeFor(feed: Feed, text: string): Buffer {
  return feed === 'LIS' ? iconv.encode(text, 'cp949') : Buffer.from(text, 'utf8')
}

function message(feed: Feed, type: string, { id, now }: Stamped, segments: readonly string[]): string {
  const header = line('MSH', {
    3: feed,
    4: own.number,
    5: 'CARENET',
    6: 'CARENET',
    7: stamp(now),
    9: type,
    10: id,
    11: 'P',
    12: '2.5.1',
    17: 'KOR',
    18: feed === 'LIS' ? 'KS X 1001' : 'UNICODE UTF-8',
  })
  return [header, ...segments].map((segment) => `${segment}\r`).join('')
}

/** ADT^A04 or A08 of one visit, with its diagnoses and the patient's allergies. */
export function admissionMessage(
  chart: Chart,
  visitNumber: string,
  stamped: Stamped & { readonly event: 'A04' | 'A08'; readonly measures?: readonly Result[] },
): string {
  const { event, measures = [] } = stamped
  const visit = chart.first('select * from visit where number = ?', visitNumber)
  const patient = chart.first('select * from patient where number = ?', textOf(visit, 'patient'))
  const diagnoses = chart.rows('select * from diagnosis where visit = ? order by code', visitNumber)
  const allergies = chart.rows('select * from allergy where patient = ? order by code', textOf(visit, 'patient'))
  const guardians = chart.rows('select * from guardian where patient = ?', textOf(visit, 'patient'))
  return message('HIS', `ADT^${event}^ADT_A01`, stamped, [
    line('EVN', { 1: event, 2: stamp(stamped.now) }),
    personSegment(patient),
    ...guardians.map((row) => guardianSegment(row)),
    visitSegment(visit, patient),
    ...measures.map((measure, at) => resultSegment(measure, at, textOf(visit, 'started_at'))),
    ...allergies.map((row, at) => allergySegment(row, at)),
    ...diagnoses.map((row, at) =>
      line('DG1', {
        1: String(at + 1),
        3: coded(textOf(row, 'code'), textOf(row, 'name'), 'KCD8'),
        5: textOf(visit, 'started_at'),
        6: 'F',
      }),
    ),
  ])
}

export interface ResultOrder extends Stamped {
  readonly order: string
  readonly panel: { readonly code: string; readonly name: string; readonly section: string }
  readonly results: readonly Result[]
  readonly comment: string
  readonly takenAt: string
  /** OBR-22; now where it is not said */
  readonly reportedAt?: string
}

export function resultMessage(chart: Chart, visitNumber: string, order: ResultOrder): string {
  const visit = chart.first('select * from visit where number = ?', visitNumber)
  const patient = chart.first('select * from patient where number = ?', textOf(visit, 'patient'))
  const { panel, takenAt } = order
  return message('LIS', 'ORU^R01^ORU_R01', order, [
    personSegment(patient),
    line('PV1', { 1: '1', 2: textOf(visit, 'kind'), 10: textOf(visit, 'department'), 19: safe(visitNumber) }),
    line('ORC', { 1: 'RE', 2: safe(order.order), 3: safe(order.order) }),
    line('OBR', {
      1: '1',
      2: safe(order.order),
      3: safe(order.order),
      4: coded(panel.code, panel.name, 'LN'),
      7: takenAt,
      22: order.reportedAt ?? stamp(order.now),
      24: panel.section,
      25: 'F',
    }),
    ...(order.comment === '' ? [] : [line('NTE', { 1: '1', 3: safe(order.comment) })]),
    ...order.results.map((result, at) => resultSegment(result, at, takenAt)),
  ])
}

function resultSegment({ code, name, value, unit, range, flag }: Result, at: number, takenAt: string): string {
  const [, comparator, digits] = /^(<|>)?(-?\d+(?:\.\d+)?)$/.exec(value) ?? []
  const kind = digits === undefined ? (value.includes('\n') ? 'FT' : 'ST') : comparator === undefined ? 'NM' : 'SN'
  return line('OBX', {
    1: String(at + 1),
    2: kind,
    3: coded(code, name, 'LN'),
    5: kind === 'SN' ? `${comparator}^${digits}` : safe(value),
    6: unit === '' ? '' : coded(unit, unit, 'UCUM'),
    7: safe(range),
    8: flag,
    11: 'F',
    14: `${takenAt}+0900`,
  })
}

export interface ReferralLetter extends Stamped {
  readonly number: string
  readonly patient: Row | undefined
  readonly department: string
  readonly toInstitution: string
  readonly reason: string
  readonly diagnosis: string
}

export function referralMessage(letter: ReferralLetter): string {
  const { number, reason, department, toInstitution, diagnosis } = letter
  return message('HIS', 'REF^I12^REF_I12', letter, [
    line('RF1', {
      1: 'P^Pending^HL70283',
      2: 'R^Routine^HL70280',
      6: `${safe(number)}^${own.number}`,
      7: stamp(letter.now),
      10: `^${safe(reason)}`,
    }),
    line('PRD', { 1: 'RP^Referring provider^HL70286', 2: '한^지안', 4: location('', own.number, own.name), 7: '40011^MD' }),
    line('PRD', { 1: 'RT^Referred to provider^HL70286', 4: location(department, toInstitution, '') }),
    personSegment(letter.patient),
    ...(diagnosis === '' ? [] : [line('DG1', { 1: '1', 3: coded(diagnosis, '', 'KCD8'), 6: 'W' })]),
  ])
}

export interface AnswerLetter extends Stamped {
  /** MSH-10 of the referral that is answered */
  readonly answers: string
  readonly code: 'A^Accepted' | 'R^Rejected'
  readonly patient: Row | undefined
  readonly note: string
  readonly report: string
}

export function answerMessage(letter: AnswerLetter): string {
  const report =
    letter.report === ''
      ? []
      : [
          line('OBR', { 1: '1', 4: coded('11488-4', '진료회신서', 'LN'), 7: stamp(letter.now), 25: 'F' }),
          ...letter.report.split('\n').map((text, at) => reportLine(text, at, letter.now)),
        ]
  return message('HIS', 'RRI^I12^RRI_I12', letter, [
    line('MSA', { 1: 'AA', 2: safe(letter.answers) }),
    line('RF1', { 1: `${letter.code}^HL70283`, 6: safe(letter.answers), 9: stamp(letter.now) }),
    line('PRD', { 1: 'RT^Referred to provider^HL70286', 2: '한^지안', 4: location('', own.number, own.name), 7: '40011^MD' }),
    personSegment(letter.patient),
    ...report,
    ...(letter.note === '' ? [] : [line('PV1', { 1: '1', 2: 'N' }), line('NTE', { 1: '1', 3: safe(letter.note) })]),
  ])
}

export interface RecallAnswer extends Stamped {
  /** MSH-10 of the recall */
  readonly answers: string
  readonly status: 'completed' | 'rejected'
  /** PID-3 as the recall named the patient, already safe */
  readonly pid3: string
  readonly reason: string
}

/** RRI is the answer HL7 has for any REF; the alternate code says what table 0283 has no word for. */
export function recallAnswerMessage(answer: RecallAnswer): string {
  const code = answer.status === 'completed' ? 'A^Accepted' : 'R^Rejected'
  return message('HIS', 'RRI^I12^RRI_I12', answer, [
    line('MSA', { 1: 'AA', 2: safe(answer.answers) }),
    line('RF1', { 1: `${code}^HL70283^${answer.status}^^http://hl7.org/fhir/task-status`, 6: safe(answer.answers), 9: stamp(answer.now) }),
    line('PRD', { 1: 'RT^Referred to provider^HL70286', 4: location('', own.number, own.name) }),
    line('PID', { 1: '1', 3: answer.pid3 }),
    ...(answer.reason === '' ? [] : [line('PV1', { 1: '1', 2: 'N' }), line('NTE', { 1: '1', 3: safe(answer.reason) })]),
  ])
}

function reportLine(text: string, at: number, now: Date): string {
  return line('OBX', {
    1: String(at + 1),
    2: 'TX',
    3: coded('11488-4', '진료회신서', 'LN'),
    4: String(at + 1),
    5: safe(text),
    11: 'F',
    14: stamp(now),
  })
}

const genders: Readonly<Record<string, string>> = { male: 'M', female: 'F' }

function personSegment(patient: Row | undefined): string {
  const name = textOf(patient, 'name')
  return line('PID', {
    1: '1',
    3: `${safe(textOf(patient, 'number'))}^^^&${ownOid}&ISO^MR`,
    // Korean names have no separator; the first syllable is the family name in nearly all of them.
    5: `${safe(name.slice(0, 1))}^${safe(name.slice(1))}^^^^^L`,
    7: textOf(patient, 'birth_date').replaceAll('-', ''),
    8: genders[textOf(patient, 'gender')] ?? 'U',
    11: `${safe(textOf(patient, 'address'))}^^^^${textOf(patient, 'postal_code')}^KOR^H`,
    13: `${safe(textOf(patient, 'phone'))}^PRN^CP`,
  })
}

function visitSegment(visit: Row | undefined, patient: Row | undefined): string {
  const [doctor, licence] = [textOf(visit, 'doctor'), textOf(visit, 'licence')]
  return line('PV1', {
    1: '1',
    2: textOf(visit, 'kind'),
    7: `${licence}^${safe(doctor.slice(0, 1))}^${safe(doctor.slice(1))}^^^^^^MOHW`,
    10: textOf(visit, 'department'),
    19: safe(textOf(visit, 'number')),
    20: textOf(patient, 'payer'),
    44: textOf(visit, 'started_at'),
    45: textOf(visit, 'ended_at'),
  })
}

function guardianSegment(row: Row): string {
  const name = textOf(row, 'name')
  return line('NK1', {
    1: '1',
    2: `${safe(name.slice(0, 1))}^${safe(name.slice(1))}^^^^^L`,
    3: `${textOf(row, 'relation')}^^HL70063`,
    5: `${safe(textOf(row, 'phone'))}^PRN^CP`,
  })
}

function allergySegment(row: Row, at: number): string {
  return line('AL1', {
    1: String(at + 1),
    2: textOf(row, 'kind'),
    3: coded(textOf(row, 'code'), textOf(row, 'name'), textOf(row, 'list')),
    4: textOf(row, 'severity'),
    5: safe(textOf(row, 'reaction')),
  })
}

/** PL: department, and the institution by number and OID */
function location(department: string, institution: string, name: string): string {
  const facility = institution === '' ? '' : `${institution}&1.2.410.100110.10.${institution}&ISO`
  return `${safe(department)}^^^${facility}^^^^^${safe(name)}`
}

function coded(code: string, text: string, list: string): string {
  return `${safe(code)}^${safe(text)}^${list}`
}
