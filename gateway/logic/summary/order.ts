/** When something happened, and a total order over parts: the same parts always stand in the same order. */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import type { SummaryPart } from '../summary.ts'
import { field } from './json.ts'

/** Elements that say when, the first that is present counts. */
const whenElements = [
  'effectiveDateTime',
  'effectivePeriod',
  'effectiveInstant',
  'occurrenceDateTime',
  'performedDateTime',
  'performedPeriod',
  'onsetDateTime',
  'onsetPeriod',
  'authoredOn',
  'dateAsserted',
  'recordedDate',
  'issued',
  'date',
  'period',
  'recorded',
  'created',
]

/** As written by the source, offset and precision kept; empty when the record gives no date. */
export function whenOf(resource: Resource): string {
  for (const name of whenElements) {
    const value = field(resource, name)
    if (typeof value === 'string') return value
    const start = field(value, 'start') ?? field(value, 'end')
    if (typeof start === 'string') return start
  }
  return ''
}

/** The written day (or month, or year): the clock of the place where it was recorded. */
export function dayOf(resource: Resource): string {
  return whenOf(resource).slice(0, 10)
}

/** Newest first; undated last; then by institution, type and id, so that no two orders are possible. */
export function newestFirst(parts: readonly SummaryPart[]): readonly SummaryPart[] {
  return parts
    .map((part) => ({
      part,
      atMs: instantMs(whenOf(part.resource)),
      updatedMs: instantMs(part.resource.meta?.lastUpdated ?? ''),
      name: nameOf(part),
    }))
    .sort((a, b) => b.atMs - a.atMs || b.updatedMs - a.updatedMs || compareText(a.name, b.name))
    .map(({ part }) => part)
}

/** Milliseconds since the epoch; a date without a time counts from its midnight UTC, which is enough to sort by; no date sorts last. */
function instantMs(text: string): number {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms
}

function nameOf({ institution, resource }: SummaryPart): string {
  return `${institution.id} ${resource.resourceType} ${resource.id ?? ''}`
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
