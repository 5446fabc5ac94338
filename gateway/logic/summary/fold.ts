/**
 * One fact, one line: copies of a record that reached us twice are folded, the newest is kept. Runs after consent, so that a hidden
 * record can never swallow a visible one. When in doubt both stay: a repeated line is a nuisance, a swallowed one is a danger.
 */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { system } from '../../../fhir-profiles/codes.ts'
import type { SummaryPart } from '../summary.ts'
import { field, isRecord, list, spelled, text } from './json.ts'
import { dayOf, newestFirst, whenOf } from './order.ts'
import { keyOf } from './references.ts'

export interface Folded {
  readonly kept: readonly SummaryPart[]
  /** `Type/id` of a folded record → `Type/id` of the one kept in its place */
  readonly survivorOf: ReadonlyMap<string, string>
}

/** The order of the input does not matter. */
export function foldDuplicates(parts: readonly SummaryPart[]): Folded {
  const kept = new Map<string, SummaryPart>()
  const holder = new Map<string, string>()
  const survivorOf = new Map<string, string>()
  for (const part of newestFirst(parts)) {
    const own = keyOf(part.resource)
    const keys = sameness(part)
    const survivor = kept.has(own) ? own : keys.map((key) => holder.get(key)).find((found) => found !== undefined)
    if (survivor === undefined) {
      kept.set(own, part)
      for (const key of keys) holder.set(key, own)
    } else if (survivor !== own) {
      survivorOf.set(own, survivor)
    }
  }
  return { kept: [...kept.values()], survivorOf }
}

/** Two parts are one when they share any of these: a business identifier, or the same content from the same source. */
function sameness(part: SummaryPart): readonly string[] {
  const { resource, institution } = part
  const matter = matterElements.map((name) => conceptOf(field(resource, name)))
  const what = spelled([resource.resourceType, matter])
  const stance = spelled(stanceElements.map((name) => field(resource, name)))
  const numbers = identifiersOf(part).map((number) => spelled(['number', number, what, stance, momentOf(resource)]))
  // A record that does not say what it is about is like no other.
  if (matter.every((one) => one === undefined)) return numbers
  return [...numbers, spelled(['content', institution.id, what, dayOf(resource), valueOf(resource)])]
}

const matterElements = ['code', 'medicationCodeableConcept', 'medicationReference', 'vaccineCode']

/** Codes decide; the wording around them is the sender's own. */
function conceptOf(concept: unknown): unknown {
  const codings = list(field(concept, 'coding'))
  if (codings.length === 0) return concept
  return codings.map((coding) => `${text(field(coding, 'system'))}|${text(field(coding, 'code'))}`).sort()
}

/** Contradictory statements are never one: "confirmed" and "refuted" both stand. */
const stanceElements = ['verificationStatus', 'doNotPerform']

/** A measurement is bound to its moment: one order number may cover a series of values. A corrected copy keeps the moment. */
function momentOf(resource: Resource): number | string {
  if (resource.resourceType !== 'Observation') return ''
  const ms = Date.parse(whenOf(resource))
  return Number.isNaN(ms) ? whenOf(resource) : ms
}

/** Numbers of an order, a request or a visit name a group of records, not one record (v2-0203). */
const groupNumbers: ReadonlySet<string> = new Set(['ACSN', 'PLAC', 'FILL', 'VN', 'PGN', 'GRP', 'MR', 'PI', 'PT'])

function identifiersOf({ resource, institution }: SummaryPart): readonly string[] {
  return list(field(resource, 'identifier')).flatMap((identifier) => {
    const [name, value] = [text(field(identifier, 'system')), text(field(identifier, 'value'))]
    const types = list(field(field(identifier, 'type'), 'coding'))
    const isGroup = types.some((type) => field(type, 'system') === system.v2IdentifierType && groupNumbers.has(text(field(type, 'code'))))
    if (value === '' || isGroup) return []
    // A number without a system means something only to the house that gave it.
    return [spelled([name === '' ? institution.id : name, value])]
  })
}

/** What a record of one type and code says: everything but its wrapping. */
const wrapping: ReadonlySet<string> = new Set([
  'id',
  'meta',
  'text',
  'identifier',
  'implicitRules',
  'language',
  'contained',
  'subject',
  'patient',
  'encounter',
  'issued',
  'recordedDate',
  'dateAsserted',
  'recorder',
  'asserter',
  'performer',
  'requester',
  'basedOn',
  'partOf',
])

function valueOf(resource: Resource): unknown {
  const elements: readonly (readonly [string, unknown])[] = Object.entries(resource)
  return elements
    .filter(([name]) => !wrapping.has(name) && !matterElements.includes(name))
    .map(([name, value]): unknown => [name, isMoment(name) ? days(value) : value])
}

/** Times are compared by the written day, so that the same fact sent with and without a clock time is one. */
function isMoment(name: string): boolean {
  return /^(effective|occurrence|performed|onset)|^authoredOn$|^date$|^period$/.test(name)
}

function days(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 10)
  return isRecord(value) ? Object.entries(value).map(([name, element]) => [name, days(element)]) : value
}
