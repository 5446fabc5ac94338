/** What the institution holds for one of its patients: each question of the contract as requests to its FHIR server. */
import type { Patient, Resource } from '../../fhir-profiles/r4.ts'
import type { Gap, RecordQuery } from '../contract.ts'
import { isGap } from '../contract.ts'
import { type Expectation, admit, areObjects, clinicalTypes, isClinicalType, isFhirId } from './admit.ts'
import type { Emr, SearchParams } from './emr.ts'
import { EmrFailure, reasonOf } from './failure.ts'
import { residentNumberGap, withoutResidentNumbers } from './resident-number.ts'

export type Item = Resource | Gap

export interface Source {
  readonly emr: Emr
  readonly baseUrl: string
  readonly deadlineMs: number
}

/** aborted when nobody listens any more: the requests still under way end with it */
interface Stop {
  readonly stop: AbortController
}

const pageSize = 200
const currentStatuses = ['planned', 'arrived', 'in-progress']

/**
 * Yields as answers come, at most `query.maxResources` resources, and ends within `deadlineMs` whatever the EMR does.
 * Every failure of the EMR is a Gap; equal Gaps are told once.
 */
export async function* fetchRecords(source: Source, query: RecordQuery, signal: AbortSignal): AsyncGenerator<Item> {
  const stop = new AbortController()
  const bound = AbortSignal.any([signal, stop.signal, AbortSignal.timeout(source.deadlineMs)])
  try {
    yield* atMost(query.maxResources, answers({ ...source, stop }, query, bound))
  } finally {
    stop.abort()
  }
}

function answers(source: Source & Stop, query: RecordQuery, signal: AbortSignal): AsyncGenerator<Item> {
  const { baseUrl } = source
  const count = String(Math.min(query.maxResources + 1, pageSize))
  switch (query.kind) {
    case 'candidates':
      return found(source, { birthdate: query.birthDate, name: query.name, _count: count }, signal, {
        type: 'Patient',
        baseUrl,
        asked: (patient) => isPatient(patient) && sameDate(patient.birthDate, query.birthDate),
      })
    case 'patient':
      return found(source, { identifier: `${query.system}|${query.value}`, _count: count }, signal, {
        type: 'Patient',
        baseUrl,
        asked: (patient) => isPatient(patient) && hasIdentifier(patient, query.system, query.value),
      })
    case 'record':
      return chart(source, query, count, signal)
    case 'read':
      return one(source, { type: query.type, id: query.id, baseUrl }, signal)
    case 'current-encounters':
      return found(source, { patient: query.patientId, status: currentStatuses.join(','), _count: count }, signal, {
        type: 'Encounter',
        baseUrl,
        patientId: query.patientId,
        asked: (encounter) => encounter.resourceType === 'Encounter' && currentStatuses.includes(encounter.status),
      })
    default:
      return query satisfies never
  }
}

/** The patient is opened first: nothing more is asked of an EMR that has no such patient, is away, or answers another one. */
async function* chart(
  source: Source & Stop,
  query: Extract<RecordQuery, { kind: 'record' }>,
  count: string,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { baseUrl } = source
  const wanted = query.types.length === 0 ? ['Patient', ...clinicalTypes] : query.types
  let opened = false
  for await (const item of one(source, { type: 'Patient', id: query.patientId, baseUrl }, signal)) {
    opened ||= !isGap(item)
    if (isGap(item) || wanted.includes('Patient')) yield item
  }
  if (!opened) return
  const types = wanted.filter(isClinicalType)
  yield* wanted.filter((type) => type !== 'Patient' && !isClinicalType(type)).map(notOffered)
  const searches = types.map((type) =>
    found(source, { patient: query.patientId, _count: count }, signal, { type, baseUrl, patientId: query.patientId }),
  )
  yield* merged(searches, source)
}

async function* one(source: Source, expected: Expectation & { readonly id: string }, signal: AbortSignal): AsyncGenerator<Item> {
  if (!isFhirId(expected.id) || !/^[A-Z][A-Za-z]+$/.test(expected.type)) {
    yield { gap: 'unmappable', element: 'id', reason: 'what was asked for is not a FHIR type and id' }
    return
  }
  try {
    const resource = await source.emr.read(expected.type, expected.id, signal)
    if (resource !== undefined) yield* judged(resource, expected)
  } catch (cause) {
    yield failureGap(cause, expected.type)
  }
}

async function* found(source: Source, params: SearchParams, signal: AbortSignal, expected: Expectation): AsyncGenerator<Item> {
  try {
    for await (const page of source.emr.search(expected.type, params, signal)) {
      for (const resource of page.resources) yield* judged(resource, expected)
      if (page.cut !== undefined) yield { gap: 'truncated', element: expected.type, reason: page.cut }
    }
  } catch (cause) {
    if (!isAbsent(cause)) yield failureGap(cause, expected.type)
  }
}

function* judged(resource: unknown, expected: Expectation): Generator<Item> {
  const verdict = admit(resource, expected)
  if (verdict === true) {
    // `admit` answered true only after it saw a resource of the expected type.
    const scrubbed = withoutResidentNumbers(resource as Resource)
    yield scrubbed.resource
    if (scrubbed.dropped) yield residentNumberGap(expected.type)
  } else yield verdict
}

function failureGap(cause: unknown, element: string): Gap {
  const forbidden = cause instanceof EmrFailure && cause.kind === 'forbidden'
  return { gap: forbidden ? 'not-permitted-by-source' : 'no-answer', element, reason: reasonOf(cause) }
}

function isAbsent(cause: unknown): boolean {
  return cause instanceof EmrFailure && cause.kind === 'absent'
}

function notOffered(type: string): Gap {
  return { gap: 'not-held', element: type, reason: 'this interface does not ask for the type' }
}

/** Equal Gaps are told once, and a resource that a shifting page repeats is brought once. */
async function* atMost(maxResources: number, items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  const told = new Set<string>()
  let brought = 0
  for await (const item of items) {
    const key = isGap(item) ? JSON.stringify(item) : `${item.resourceType}/${item.id ?? ''}`
    if (told.has(key)) continue
    told.add(key)
    if (!isGap(item) && brought++ >= maxResources) {
      yield { gap: 'truncated', element: item.resourceType, reason: 'the EMR holds more than may be brought at once' }
      return
    }
    yield item
  }
}

/** Items of several sources in the order in which they come; each source works on one item ahead and no further. */
async function* merged(sources: readonly AsyncGenerator<Item>[], { stop }: Stop): AsyncGenerator<Item> {
  const step = async (source: AsyncGenerator<Item>) => ({ source, result: await source.next() })
  const pending = new Map(sources.map((source) => [source, step(source)]))
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values())
      if (result.done === true) pending.delete(source)
      else {
        pending.set(source, step(source))
        yield result.value
      }
    }
  } finally {
    stop.abort()
    await Promise.allSettled(pending.values())
  }
}

function isPatient(resource: Resource): resource is Patient {
  return resource.resourceType === 'Patient'
}

/** either side may know the date less exactly, e.g. the year only */
function sameDate(held: unknown, asked: string): boolean {
  return typeof held === 'string' && (held.startsWith(asked) || asked.startsWith(held))
}

function hasIdentifier({ identifier }: Patient, system: string, value: string): boolean {
  return areObjects(identifier) && identifier !== undefined && identifier.some((each) => each.system === system && each.value === value)
}
