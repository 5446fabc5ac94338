/** The published HL7 v2 messages and, for some, the facts any right conversion keeps; and the comparison of those with what landed. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Parcel } from '../../../adapters/contract.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'

export const root = fileURLToPath(new URL('../../../../shared/cases/hl7v2', import.meta.url))

export interface Published {
  readonly name: string
  readonly bytes: Buffer
  /** MSH-9 as type and event */
  readonly type: string
}

/** Types whose facts must land; of all others the gateway says AR with ERR, except `alsoTaken`. */
export const supported = ['ADT^A01', 'ADT^A04', 'ADT^A08', 'ADT^A40', 'ORU^R01', 'REF^I12']
/** Answers and cancellations of referrals: they move a Task and carry no record of their own. */
export const alsoTaken = ['REF^I14', 'RRI^I12']

/** Every message of every set; empty where ../shared is absent. */
export function corpus(): readonly Published[] {
  if (!existsSync(root)) return []
  return [
    ...lines('hapi/messages.jsonl', 'message'),
    ...lines('lfh-converter/messages.jsonl', 'message'),
    ...lines('python-hl7/cases.jsonl', 'text'),
    ...['hapi/files', 'lfh-converter/files', 'ms-converter'].flatMap(folder),
  ].map(({ name, bytes }) => ({ name, bytes, type: typeOf(bytes) }))
}

function lines(file: string, key: 'message' | 'text'): { name: string; bytes: Buffer }[] {
  return jsonLines(file).flatMap((row) => {
    const [id, text] = [row['id'], row[key]]
    return typeof id === 'string' && typeof text === 'string' ? [{ name: id, bytes: Buffer.from(text, 'utf8') }] : []
  })
}

function folder(path: string): { name: string; bytes: Buffer }[] {
  const at = join(root, path)
  if (!existsSync(at)) return []
  const names = readdirSync(at).filter((name) => /\.(hl7|txt)$/.test(name))
  return names.map((name) => ({ name: `${path}/${name}`, bytes: readFileSync(join(at, name)) }))
}

function jsonLines(file: string): readonly Record<string, unknown>[] {
  const path = join(root, file)
  if (!existsSync(path)) return []
  // The shape is the README's beside the cases.
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function typeOf(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  const at = text.indexOf('MSH')
  if (at === -1) return 'no MSH'
  const head = text.slice(at).split(/[\r\n]/, 1)[0] ?? ''
  const [type = '', event = ''] = (head.split(head[3] ?? '|')[8] ?? '').split(head[4] ?? '^')
  return type === '' ? 'no MSH-9' : event === '' ? type : `${type}^${event}`
}

/** One thing the facts say. `field` names the HL7 v2 field or the fact's place, for the table of exceptions. */
export interface Fact {
  readonly place: string
  readonly says: string
}

export interface FactRow {
  readonly file: string
  readonly facts: readonly Fact[]
}

/** `patient.names`, `observations.code` … with one value each; what the README calls one converter's opinion is left out. */
export function factRows(): readonly FactRow[] {
  return jsonLines('ms-converter/facts.jsonl').map(({ file, ...rest }) => ({
    file: typeof file === 'string' ? file : '',
    facts: Object.entries(rest).flatMap(([kind, items]) =>
      kind !== 'counts' && Array.isArray(items) ? items.flatMap((item) => factsOf(kind, item)) : [],
    ),
  }))
}

const opinion = 'example.com/v2-to-fhir-converter'
/** Their resources for which no segment of the message stands: named by a code of their own making. */
const invented = /CodeSystem\/(observation-code|procedure-code)"/

function factsOf(kind: string, item: unknown): readonly Fact[] {
  if (invented.test(JSON.stringify(item))) return []
  if (!Array.isArray(item)) return named(kind, item)
  const [codings, ...rest] = item
  const codes = (Array.isArray(codings) ? codings : []).flatMap((coding: unknown): Fact[] => {
    if (!Array.isArray(coding)) return []
    const [uri, code] = coding
    const isTheirs = typeof uri === 'string' && uri.includes(opinion)
    return [
      ...(typeof uri === 'string' && !isTheirs ? [{ place: `${kind}.system`, says: uri }] : []),
      ...(typeof code === 'string' ? [{ place: `${kind}.code`, says: code }] : []),
    ]
  })
  const places = kind === 'observations' ? ['value', 'status'] : ['status']
  return [...codes, ...rest.flatMap((value: unknown, at) => scalars(`${kind}.${places[at] ?? String(at)}`, value))]
}

function named(kind: string, item: unknown): readonly Fact[] {
  return typeof item === 'object' && item !== null
    ? Object.entries(item).flatMap(([key, value]) => scalars(`${kind}.${key}`, value))
    : scalars(kind, item)
}

function scalars(place: string, value: unknown): readonly Fact[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((item: unknown) => scalars(place, item))
  if (typeof value === 'object') return Object.values(value).flatMap((item: unknown) => scalars(place, item))
  return [{ place, says: typeof value === 'string' ? value : JSON.stringify(value) }]
}

/** Which resources may hold a fact of a kind. */
const homes: Readonly<Record<string, readonly Resource['resourceType'][]>> = {
  patient: ['Patient', 'RelatedPerson'],
  encounter: ['Encounter'],
  observations: ['Observation'],
  Condition: ['Condition', 'Encounter'],
  AllergyIntolerance: ['AllergyIntolerance'],
  Procedure: ['Procedure'],
  // What was ordered is the code of the report here; the referral itself is a ServiceRequest.
  ServiceRequest: ['ServiceRequest', 'DiagnosticReport'],
}

/** The facts that the parcels do not hold. Times are compared as instants, everything else exactly. */
export function missingFrom(parcels: readonly Pick<Parcel, 'bundle'>[], facts: readonly Fact[]): readonly Fact[] {
  const all = parcels.flatMap(({ bundle }) => (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []))
  return missingIn(all, facts)
}

export function missingIn(all: readonly Resource[], facts: readonly Fact[]): readonly Fact[] {
  const held = new Map<string, ReadonlySet<string>>()
  return facts.filter(({ place, says }) => {
    const kind = place.split('.')[0] ?? ''
    const values = held.get(kind) ?? valuesIn(all.filter(({ resourceType }) => homes[kind]?.includes(resourceType) === true))
    held.set(kind, values)
    return !values.has(comparable(says))
  })
}

function valuesIn(resources: readonly Resource[]): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk)
    else if (JSON.isRawJSON(value)) found.add(comparable(value.rawJSON))
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    else if (value !== undefined && value !== null) found.add(comparable(typeof value === 'string' ? value : JSON.stringify(value)))
  }
  resources.forEach(walk)
  return found
}

function comparable(text: string): string {
  return /^\d{4}-\d{2}-\d{2}T/.test(text)
    ? String(Date.parse(text))
    : /^-?\d+(\.\d+)?$/.test(text)
      ? text.replace(/(\.\d*?)0+$/, '$1')
      : text
}

/** What does not land although the facts hold it, by the field it came from: docs/hl7v2.md gives the reasons. */
export const exempt: readonly { readonly field: string; readonly is: (fact: Fact) => boolean; readonly gap?: RegExp }[] = [
  { field: 'PID-19, PID-3 (SS), GT1-12', gap: /^(PID-19|PID-3|GT1-12)$/, is: identifier(/^(\d{9}|PSSN\d+|G-SSN-12|101-01-0001)$/) },
  { field: 'PID-20', gap: /^PID-20$/, is: identifier(/^(DLN-123|DL|67-A4335)$/) },
  { field: 'IN2-7', gap: /^IN2-7$/, is: ({ place, says }) => place === 'patient.names' && says === 'Jack' },
  { field: 'RF1-1, OBR', is: ({ place, says }) => place === 'ServiceRequest.status' && ['on-hold', 'active'].includes(says) },
  { field: 'OBX-11', is: ({ place, says }) => place === 'observations.status' && says === 'unknown' },
  { field: 'PV2-9', is: ({ place, says }) => place === 'encounter.period' && says === '2015-02-09T15:54:19+05:30' },
  { field: 'PV1-45', is: ({ place, says }) => place === 'encounter.status' && says === 'in-progress' },
]

function identifier(pattern: RegExp): (fact: Fact) => boolean {
  return ({ place, says }) => place === 'patient.identifiers' && pattern.test(says)
}
