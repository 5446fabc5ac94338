/**
 * Institutions that can answer are asked at request time, and what they answer is not kept: only the id map and the identity link are.
 * Everything arrives Held. What a silent institution would have said is a gap that depends on its health, never on the patient.
 */
import type { EmrAdapter } from '../adapters/contract.ts'
import { facts, isNarrated, mayBeNarrated } from '../fhir-profiles/facts.ts'
import type { Patient } from '../fhir-profiles/r4.ts'
import type { Call, Context } from './context.ts'
import { open, type Held } from './held.ts'
import { collect, holdLive } from './live-answer.ts'
import { livePatientId } from './live-person.ts'

export interface LiveAnswer {
  readonly held: readonly Held[]
  /** institutions that gave no answer this time, or are known to be away: the same for every patient */
  readonly silent: readonly string[]
}

export interface LiveQuestion {
  readonly person: string
  /** empty = everything */
  readonly types: readonly string[]
  /** false for institutions denied wholesale: they are not asked */
  readonly mayAsk: (institution: string) => boolean
}

const deadlines = new WeakMap<Call, AbortSignal>()

/** One deadline for all that one request asks of live institutions, from its first question on. */
function deadlineOf(context: Context, call: Call): AbortSignal {
  const deadline = deadlines.get(call) ?? AbortSignal.timeout(context.config.limits.liveDeadlineMs)
  deadlines.set(call, deadline)
  return deadline
}

/** Asks every live institution that may be asked, in parallel, to one deadline. */
export async function askLive(context: Context, call: Call, question: LiveQuestion): Promise<LiveAnswer> {
  const live = liveInstitutions(context)
  if (live.length === 0) return { held: [], silent: [] }
  const signal = deadlineOf(context, call)
  const answers = await Promise.all(
    live.map(async ({ id, adapter }) =>
      question.mayAsk(id) ? askOne(context, { id, adapter, question, signal }) : unasked(context, { id, adapter, signal }),
    ),
  )
  const silent = new Set(live.filter(({ id }, at) => context.health.isDown(id) || answers[at]?.answered === false).map(({ id }) => id))
  return { held: answers.flatMap((answer) => answer.held), silent: [...silent] }
}

/** Nothing of the patient is asked, only whether it answers: who is named as silent, and how long a reply takes, says nothing of consent. */
async function unasked(
  context: Context,
  { id, adapter, signal }: { id: string; adapter: EmrAdapter; signal: AbortSignal },
): Promise<{ held: readonly Held[]; answered: boolean }> {
  const { ok } = await adapter.check(signal)
  context.health.report(id, ok)
  return { held: [], answered: ok }
}

export function liveInstitutions(context: Context): readonly { id: string; adapter: EmrAdapter }[] {
  return [...context.adapters].flatMap(([id, adapter]) => (adapter.description.mode === 'live' ? [{ id, adapter }] : []))
}

async function askOne(
  context: Context,
  input: { id: string; adapter: EmrAdapter; question: LiveQuestion; signal: AbortSignal },
): Promise<{ held: readonly Held[]; answered: boolean }> {
  const patientId = await livePatientId(context, input)
  if (patientId.kind !== 'known') return { held: [], answered: patientId.kind === 'unknown' }
  // The department of a record is on its encounter, and what a text tells of in its diagnoses, so both are asked for; unasked ones are dropped below.
  const { types: asks } = input.question
  const more = asks.some(mayBeNarrated) ? ['Encounter', 'Patient', 'Condition'] : ['Encounter', 'Patient']
  const types = asks.length === 0 ? [] : [...new Set([...asks, ...more])]
  const max = context.config.limits.maxLiveResources
  const got = await collect(
    context,
    input.id,
    input.adapter.fetch({ kind: 'record', patientId: patientId.id, types, maxResources: max }, input.signal),
    max,
  )
  const wanted = await holdLive(context, {
    institution: input.id,
    person: input.question.person,
    patientId: patientId.id,
    resources: got.resources,
  })
  const asked = new Set(input.question.types)
  return { held: asked.size === 0 ? wanted : wanted.filter((held) => asked.has(open(held).facts.type)), answered: got.answered }
}

/**
 * A person's own-institution encounter now, asked of the live server: relation (b). No answer = no relation. It may use half of the
 * request's deadline, so that a home that hangs leaves time for the others to answer.
 */
export async function liveEncounterOf(context: Context, call: Call, person: string): Promise<boolean> {
  const { institution } = call.caller
  const adapter = context.adapters.get(institution)
  if (adapter === undefined || adapter.description.mode !== 'live') return false
  const signal = AbortSignal.any([deadlineOf(context, call), AbortSignal.timeout(context.config.limits.liveDeadlineMs / 2)])
  const patientId = await livePatientId(context, { id: institution, adapter, question: { person }, signal })
  if (patientId.kind !== 'known') return false
  const got = await collect(
    context,
    institution,
    adapter.fetch({ kind: 'current-encounters', patientId: patientId.id, maxResources: 20 }, signal),
    20,
  )
  return (
    got.answered &&
    got.resources.some((resource) => resource.resourceType === 'Encounter' && facts(resource).patient === `Patient/${patientId.id}`)
  )
}

/** One resource of a live institution by its own id, Held; undefined when it is not there or does not answer. */
export async function readLive(
  context: Context,
  key: { institution: string; type: string; localId: string },
): Promise<{ held: Held; person: string } | undefined> {
  const adapter = context.adapters.get(key.institution)
  if (adapter === undefined || adapter.description.mode !== 'live') return undefined
  const signal = AbortSignal.timeout(context.config.limits.liveDeadlineMs)
  const got = await collect(
    context,
    key.institution,
    adapter.fetch({ kind: 'read', type: key.type, id: key.localId, maxResources: 1 }, signal),
    1,
  )
  const resource = got.resources[0]
  if (resource === undefined) return undefined
  const patientId = (resource.resourceType === 'Patient' ? `Patient/${resource.id}` : facts(resource).patient)?.split('/')[1]
  const row = patientId === undefined ? undefined : (await context.store.identities.byLocal(key.institution, [patientId]))[0]
  if (row === undefined || patientId === undefined) return undefined
  // Its encounter says the department; without that answer the record is not released.
  const encounter = facts(resource).encounter?.split('/')[1]
  const extra =
    encounter === undefined
      ? []
      : (
          await collect(
            context,
            key.institution,
            adapter.fetch({ kind: 'read', type: 'Encounter', id: encounter, maxResources: 1 }, signal),
            1,
          )
        ).resources
  if (encounter !== undefined && extra.length === 0) return undefined
  // What a text tells of is in the diagnoses of its encounter; without them it is not released either.
  const max = context.config.limits.maxLiveResources
  const told =
    encounter !== undefined && isNarrated(resource)
      ? await collect(
          context,
          key.institution,
          adapter.fetch({ kind: 'record', patientId, types: ['Condition'], maxResources: max }, signal),
          max,
        )
      : { resources: [], answered: true }
  if (!told.answered) return undefined
  const resources = [resource, ...extra, ...told.resources]
  const held = await holdLive(context, { institution: key.institution, person: row.person, patientId, resources })
  const only = held.find((item) => open(item).localId === key.localId && open(item).facts.type === key.type)
  return only && { held: only, person: row.person }
}

/** Patients of a live institution by one of its own numbers. */
export async function livePatientsByNumber(
  context: Context,
  institution: string,
  number: { system: string; value: string },
): Promise<readonly Patient[]> {
  const adapter = context.adapters.get(institution)
  if (adapter === undefined || adapter.description.mode !== 'live') return []
  const signal = AbortSignal.timeout(context.config.limits.liveDeadlineMs)
  const got = await collect(context, institution, adapter.fetch({ kind: 'patient', ...number, maxResources: 5 }, signal), 5)
  return got.resources.flatMap((resource) => (resource.resourceType === 'Patient' ? [resource] : []))
}
