/**
 * By which number does a live institution itself know a person? Asked before a delivery, so that what arrives is filed in the chart that is
 * there already: a second chart for the same person would make every later match doubtful.
 */
import { patientNumberSystem } from '../fhir-profiles/codes.ts'
import type { Identifier } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { collect } from './live-answer.ts'
import { livePatientId } from './live-person.ts'

export type LiveNumber =
  /** none when its own record carries no number of its own */
  { readonly kind: 'known'; readonly identifiers: readonly Identifier[] } | { readonly kind: 'unknown' } | { readonly kind: 'no-answer' }

/** `unknown` also for an institution that is not asked live. Waits no longer than `limits.liveDeadlineMs`. */
export async function liveNumberOf(context: Context, institution: string, person: string): Promise<LiveNumber> {
  const adapter = context.adapters.get(institution)
  const number = context.directory.institution(institution)?.number
  if (adapter === undefined || number === undefined || adapter.description.mode !== 'live') return { kind: 'unknown' }
  const signal = AbortSignal.timeout(context.config.limits.liveDeadlineMs)
  const patient = await livePatientId(context, { id: institution, adapter, question: { person }, signal })
  if (patient.kind !== 'known') return patient
  const query = { kind: 'read', type: 'Patient', id: patient.id, maxResources: 1 } as const
  const got = await collect(context, institution, adapter.fetch(query, signal), 1)
  if (!got.answered) return { kind: 'no-answer' }
  const identifiers = got.resources.flatMap((resource) =>
    resource.resourceType === 'Patient' && resource.id === patient.id ? (resource.identifier ?? []) : [],
  )
  return { kind: 'known', identifiers: identifiers.filter((identifier) => identifier.system === patientNumberSystem(number)) }
}
