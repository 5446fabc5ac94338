/** The vendor's lines ↔ FHIR. Pure: no files, no clock, so that every sample in `samples/` is a test. */
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import type { Bundle, Condition, Patient, Resource, Task } from '../../fhir-profiles/r4.ts'
import type { Gap, Parcel } from '../contract.ts'

export type Mapped = { readonly ok: true; readonly parcel: Parcel } | { readonly ok: false; readonly reason: string }

type Line = Readonly<Record<string, unknown>>

/**
 * One file of the outbox: a JSON object per line, each naming its `table`. `id` is the file's name, which the EMR never uses twice.
 * A line that cannot be mapped is a Gap; a file that is not JSON lines at all is refused whole.
 */
export function toParcel(id: string, text: string, institutionNumber: string): Mapped {
  const gaps: Gap[] = []
  const resources: Resource[] = []
  const rows = text.split('\n').filter((row) => row.trim() !== '')
  for (const [index, row] of rows.entries()) {
    const line = parseLine(row)
    if (line === undefined) return { ok: false, reason: `line ${index + 1} is not a JSON object` }
    if ('rrn' in line)
      gaps.push({
        gap: 'dropped-by-law',
        element: `${String(line['table'])}.rrn`,
        reason: 'a resident registration number stays at the institution',
      })
    const resource = toResource(line, institutionNumber)
    if (resource === undefined)
      gaps.push({ gap: 'unmappable', element: `line ${index + 1}`, reason: 'the table is unknown or a required column is empty' })
    else resources.push(resource)
  }
  const kind = resources.some((resource) => resource.resourceType === 'Task') ? 'referral-response' : 'feed'
  return { ok: true, parcel: { id, kind, bundle: asTransaction(resources), gaps } }
}

/** What the vendor's inbox takes: one JSON object per delivery. */
export function toInboxRow(parcel: Parcel): Readonly<Record<string, unknown>> {
  const resources = (parcel.bundle.entry ?? []).flatMap((entry) => (entry.resource === undefined ? [] : [entry.resource]))
  const task = resources.find((resource) => resource.resourceType === 'Task')
  const patient = resources.find((resource) => resource.resourceType === 'Patient')
  return {
    parcel: parcel.id,
    kind: parcel.kind,
    state: task?.status,
    reason: task?.statusReason?.text,
    patientName: patient?.name?.[0]?.text,
    patientBirth: patient?.birthDate?.replaceAll('-', ''),
    documents: resources.flatMap((resource) =>
      resource.resourceType === 'DocumentReference' ? resource.content.map((each) => each.attachment.title) : [],
    ),
  }
}

/** The tables of this vendor. Add a row, add a sample. */
const tables: Readonly<Record<string, (line: Line, institutionNumber: string) => Resource | undefined>> = { patient, diagnosis, answer }

function toResource(line: Line, institutionNumber: string): Resource | undefined {
  const table = String(line['table'])
  return Object.hasOwn(tables, table) ? tables[table]?.(line, institutionNumber) : undefined
}

const sexes: ReadonlyMap<string, 'male' | 'female'> = new Map([
  ['M', 'male'],
  ['F', 'female'],
])

function patient(line: Line, institutionNumber: string): Patient | undefined {
  const number = column(line, 'no')
  const name = column(line, 'name')
  const birthDate = isoDate(column(line, 'birth'))
  const gender = sexes.get(column(line, 'sex') ?? '')
  if (number === undefined || name === undefined || birthDate === undefined || gender === undefined) return undefined
  return {
    resourceType: 'Patient',
    id: number,
    identifier: [{ system: patientNumberSystem(institutionNumber), value: number }],
    name: [{ text: name }],
    gender,
    birthDate,
  }
}

function diagnosis(line: Line): Condition | undefined {
  const id = column(line, 'id')
  const number = column(line, 'no')
  const code = column(line, 'kcd')
  const recordedDate = isoDate(column(line, 'date'))
  if (id === undefined || number === undefined || code === undefined || recordedDate === undefined) return undefined
  return {
    resourceType: 'Condition',
    id,
    clinicalStatus: { coding: [{ system: system.conditionClinical, code: 'active' }] },
    category: [{ coding: [{ system: system.conditionCategoryKr, code: '진단' }] }],
    code: { coding: [{ system: system.kcd8, code }] },
    subject: { reference: `Patient/${number}` },
    recordedDate,
  }
}

const states = { Y: 'accepted', N: 'rejected' } as const

/** The EMR answers a delivery by quoting its parcel. */
function answer(line: Line): Task | undefined {
  const parcel = column(line, 'parcel')
  const state = column(line, 'state')
  const reason = column(line, 'reason')
  if (parcel === undefined || (state !== 'Y' && state !== 'N')) return undefined
  return {
    resourceType: 'Task',
    id: parcel,
    identifier: [{ system: system.parcel, value: parcel }],
    status: states[state],
    intent: 'order',
    ...(reason === undefined ? {} : { statusReason: { text: reason } }),
  }
}

function column(line: Line, name: string): string | undefined {
  const value = line[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isoDate(text: string | undefined): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text ?? '') ?? []
  return year === undefined ? undefined : `${year}-${month ?? ''}-${day ?? ''}`
}

function parseLine(row: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(row)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

function asTransaction(resources: readonly Resource[]): Bundle {
  const entry = resources.map((resource) => ({
    resource,
    request: { method: 'PUT' as const, url: `${resource.resourceType}/${resource.id ?? ''}` },
  }))
  return { resourceType: 'Bundle', type: 'transaction', entry }
}
