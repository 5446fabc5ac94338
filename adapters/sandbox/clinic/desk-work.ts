/** What the desk does: read the two boxes, write a referral, an answer or a visit. */
import { stamp } from './chart.ts'
import type { Chart, ChartRow } from './chart.ts'
import { referralRow } from './referral.ts'
import type { Referral } from './referral.ts'

export interface DeskReply {
  readonly status: number
  readonly body: unknown
}

type Body = Readonly<Record<string, unknown>>

/** words of the desk → codes of the chart */
const statusCodes: Readonly<Record<string, string>> = {
  requested: '00',
  received: '05',
  accepted: '10',
  rejected: '20',
  'in-progress': '30',
  'on-hold': '35',
  completed: '90',
  cancelled: '95',
  failed: '99',
}

const answers = ['received', 'accepted', 'rejected', 'in-progress', 'on-hold', 'completed']

function statusWord(code: ChartRow[string] | undefined): ChartRow[string] {
  const [word] = Object.entries(statusCodes).find(([, known]) => known === code) ?? []
  return word ?? code ?? null
}

const relationCodes: Readonly<Record<string, string>> = {
  self: '0',
  family: '1',
  legal: '2',
  other: '3',
  '0': '0',
  '1': '1',
  '2': '2',
  '3': '3',
}

export function inbox(chart: Chart): readonly unknown[] {
  return chart.rows('SELECT * FROM REF_IN ORDER BY RCV_DTM, rowid').map((row) => ({
    parcelId: row['MSG_ID'],
    kind: row['MSG_KIND'],
    patientNumber: row['PT_NO'],
    patientName: row['PT_NM'],
    birthDate: row['BIRTH_DT'],
    status: statusWord(row['STS_CD']),
    statusReason: row['STS_RSN'],
    report: row['RPT_TXT'],
    referralNumber: row['REF_NO'],
    fromInstitutionNumber: row['FROM_INST_NO'],
    fromInstitution: row['FROM_INST_NM'],
    department: row['REQ_DEPT'],
    reason: row['RSN_TXT'],
    diagnosis: row['DX_CD'],
    recalls: row['RCL_MSG_ID'],
    receivedAt: row['RCV_DTM'],
  }))
}

/** `status` is the latest that came back for the referral, null before the first answer. */
export function outbox(chart: Chart): readonly unknown[] {
  const latest = 'SELECT STS_CD FROM REF_IN I WHERE I.REF_NO = O.REF_NO ORDER BY I.rowid DESC LIMIT 1'
  return chart.rows(`SELECT O.*, (${latest}) AS STS_CD FROM REF_OUT O ORDER BY CHG_NO`).map((row) => ({
    referralNumber: row['REF_NO'],
    patientNumber: row['PT_NO'],
    department: row['REQ_DEPT'],
    toInstitutionNumber: row['TO_INST_NO'],
    reason: row['RSN_TXT'],
    writtenAt: row['REF_DTM'],
    consentForm: row['CNS_FORM'],
    status: statusWord(row['STS_CD']),
  }))
}

/** POST /referrals. `department` may be the local code, the name or the national code. */
export function refer(chart: Chart, body: Body, now: Date): DeskReply {
  const faults = unknownKeys(body, [
    'patientNumber',
    'department',
    'toInstitutionNumber',
    'reason',
    'hiraReason',
    'kcd',
    'note',
    'urgent',
    'consent',
  ])
  const patient = knownPatient(chart, text(body['patientNumber']))
  const department = knownDepartment(chart, text(body['department']))
  const reason = text(body['reason'])
  const consent = body['consent'] === undefined ? undefined : signed(body['consent'])
  if (patient === undefined) return { status: 404, body: { error: 'no such patient' } }
  if (department === undefined) faults.push("`department` is not one of the clinic's")
  if (reason === undefined) faults.push('`reason` is missing')
  if (body['consent'] !== undefined && consent === undefined)
    faults.push('`consent` needs signedBy, relation (self, family, legal, other) and until (YYYY-MM-DD)')
  if (consent !== undefined && text(body['toInstitutionNumber']) === undefined)
    faults.push('a signed consent names its receiver: `toInstitutionNumber` is missing')
  if (faults.length > 0 || department === undefined || reason === undefined) return { status: 400, body: { error: faults.join('; ') } }
  const row = chart.write((save) => {
    const serial = Number(chart.rows('SELECT count(*) AS N FROM REF_OUT')[0]?.['N'] ?? 0) + 1
    const written = referralRow(serial, now, {
      ...optional(body),
      patientNumber: patient,
      department,
      reason,
      ...(consent === undefined ? {} : { consent }),
    })
    save('REF_OUT', written)
    return written
  })
  return { status: 201, body: { referralNumber: row['REF_NO'] } }
}

function optional(body: Body): Partial<Referral> {
  const named = (['toInstitutionNumber', 'hiraReason', 'kcd', 'note'] as const).map((key) => [key, text(body[key])] as const)
  return { ...Object.fromEntries(named.filter(([, value]) => value !== undefined)), urgent: body['urgent'] === true }
}

function signed(value: unknown): Referral['consent'] {
  if (typeof value !== 'object' || value === null) return undefined
  const fields: Body = { ...value }
  const signedBy = text(fields['signedBy'])
  const relation = relationCodes[text(fields['relation']) ?? '']
  const until = text(fields['until'])
  if (signedBy === undefined || relation === undefined || until === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(until)) return undefined
  return { signedBy, relation, until }
}

/** POST /inbox/{parcelId}/answer */
export function answer(chart: Chart, parcelId: string, body: Body, now: Date): DeskReply {
  const faults = unknownKeys(body, ['status', 'reason', 'report'])
  const status = text(body['status']) ?? ''
  const code = answers.includes(status) ? statusCodes[status] : undefined
  if (chart.rows('SELECT MSG_ID FROM REF_IN WHERE MSG_ID = ?', parcelId).length === 0)
    return { status: 404, body: { error: 'no such message' } }
  if (code === undefined) faults.push(`\`status\` must be one of ${answers.join(', ')}`)
  if (faults.length > 0 || code === undefined) return { status: 400, body: { error: faults.join('; ') } }
  const row = {
    MSG_ID: parcelId,
    STS_CD: code,
    RSN_TXT: text(body['reason']) ?? null,
    RPT_TXT: text(body['report']) ?? null,
    ANS_DTM: stamp(now),
  }
  const number = chart.write((save) => save('REF_ANS', row))
  return { status: 201, body: { answerNumber: number } }
}

/** POST /patients/{no}/visits: a visit of today with perhaps a diagnosis, a blood pressure and results. */
export function visit(chart: Chart, patientNumber: string, body: Body, now: Date): DeskReply {
  const faults = unknownKeys(body, ['department', 'kcd', 'name', 'systolic', 'diastolic', 'results'])
  const patient = knownPatient(chart, patientNumber)
  if (patient === undefined) return { status: 404, body: { error: 'no such patient' } }
  const department = knownDepartment(chart, text(body['department']) ?? 'IM')
  if (department === undefined) faults.push("`department` is not one of the clinic's")
  const results = resultRows(body['results'])
  if (results === undefined) faults.push('`results` must be a list of {item, value, unit?}')
  if (faults.length > 0 || department === undefined || results === undefined) return { status: 400, body: { error: faults.join('; ') } }
  const at = stamp(now)
  const number = chart.write((save) => {
    const visitNumber = save('VST_HIS', { PT_NO: patient, VST_DTM: at, END_DTM: null, DEPT_CD: department, DR_NM: '한지우', VST_STS: '2' })
    const own = { VST_NO: visitNumber, PT_NO: patient }
    const kcd = text(body['kcd'])
    if (kcd !== undefined) save('DX_HIS', { ...own, DX_CD: kcd, DX_NM: text(body['name']) ?? kcd, DX_STS: '1', DX_DTM: at })
    const [systolic, diastolic] = [Number(body['systolic']), Number(body['diastolic'])]
    if (Number.isInteger(systolic) && Number.isInteger(diastolic)) save('BP_HIS', { ...own, SBP: systolic, DBP: diastolic, BP_DTM: at })
    for (const row of results) save('LAB_HIS', { ...own, ...row, RSLT_DTM: at })
    return visitNumber
  })
  return { status: 201, body: { visitNumber: number } }
}

function resultRows(value: unknown): readonly ChartRow[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value)) return undefined
  const rows = value.map((each: unknown): ChartRow | undefined => {
    const fields: Body = typeof each === 'object' && each !== null ? { ...each } : {}
    const [item, result] = [text(fields['item']), text(fields['value'])]
    if (item === undefined || result === undefined) return undefined
    return { ITEM_CD: item, ITEM_NM: item, RSLT_VAL: result, UNIT_NM: text(fields['unit']) ?? null, REF_LOW: null, REF_HIGH: null }
  })
  return rows.includes(undefined) ? undefined : rows.filter((row) => row !== undefined)
}

function knownPatient(chart: Chart, number: string | undefined): string | undefined {
  return number === undefined || chart.rows('SELECT PT_NO FROM PTNT_MST WHERE PT_NO = ?', number).length === 0 ? undefined : number
}

function knownDepartment(chart: Chart, name: string | undefined): string | undefined {
  const [row] = chart.rows('SELECT DEPT_CD FROM DEPT_MST WHERE ?1 IN (DEPT_CD, DEPT_NM, HIRA_CD)', name ?? '')
  return typeof row?.['DEPT_CD'] === 'string' ? row['DEPT_CD'] : undefined
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const trimmed = String(value).trim()
  return trimmed === '' ? undefined : trimmed
}

function unknownKeys(body: Body, known: readonly string[]): string[] {
  return Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((key) => `\`${key}\` is not a known field`)
}
