/**
 * Institutions that can answer are asked at request time, and what they answer is not kept: only the id map and the identity link are.
 * Everything arrives Held. What a silent institution would have said is a gap that depends on its health, never on the patient.
 */
import { isGap, type EmrAdapter, type Gap } from '../adapters/contract.ts'
import { factsOf } from '../consent/record-facts.ts'
import { facts, isNarrated, mayBeNarrated } from '../fhir-profiles/facts.ts'
import { references } from '../fhir-profiles/reference.ts'
import type { Patient, Resource } from '../fhir-profiles/r4.ts'
import { withoutResidentNumbers } from '../fhir-profiles/resident-identifier.ts'
import { validate } from '../fhir-profiles/validate/validate.ts'
import type { Call, Context } from './context.ts'
import { hold, open, type Held, type HeldContent } from './held.ts'
import { patientOf } from './identify.ts'
import { custodyOf } from './intake.ts'
import { narratedRaised, reportFaults } from './labelled.ts'
import { demographics, match } from './logic/match.ts'
import { prepare } from './prepare.ts'
import { keyText } from './logic/record-key.ts'

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
  const signal = deadlineOf(context, call)
  const live = liveInstitutions(context)
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

/** The institution's own id of the person: linked before, or matched now from demographics the network already holds. */
export async function livePatientId(
  context: Context,
  input: { id: string; adapter: EmrAdapter; question: { person: string }; signal: AbortSignal },
): Promise<{ kind: 'known'; id: string } | { kind: 'unknown' } | { kind: 'no-answer' }> {
  const rows = await context.store.identities.ofPersons([input.question.person])
  const linked = rows.find((row) => row.institution === input.id)
  if (linked !== undefined) return { kind: 'known', id: linked.localId }
  const known = (await context.store.records.byIds(rows.map((row) => row.record))).flatMap((held) => patientOf(open(held).text) ?? [])
  const about = known.map(demographics).find((item) => item.birthDate !== undefined && item.names.length > 0)
  if (about?.birthDate === undefined) return { kind: 'unknown' }
  const query = { kind: 'candidates', birthDate: about.birthDate, name: about.names[0] ?? '', maxResources: 50 } as const
  const got = await collect(context, input.id, input.adapter.fetch(query, input.signal), 50)
  if (!got.answered) return { kind: 'no-answer' }
  const certain = got.resources.flatMap((resource) => {
    if (resource.resourceType !== 'Patient' || resource.id === undefined) return []
    const outcome = match(
      demographics(resource),
      known.map((patient) => ({ person: input.question.person, demographics: demographics(patient) })),
    )
    return outcome.grade === 'certain' ? [resource.id] : []
  })
  // Two certain records of one institution are a matter for that institution, not for a guess of ours.
  const only = certain[0]
  if (only === undefined || certain.length > 1) return { kind: 'unknown' }
  await linkLive(context, { institution: input.id, localId: only, person: input.question.person })
  return { kind: 'known', id: only }
}

async function linkLive(context: Context, link: { institution: string; localId: string; person: string }): Promise<void> {
  await context.store.transaction(async (tables) => {
    const ids = await tables.records.networkIds([{ institution: link.institution, type: 'Patient', localId: link.localId }], context.newId)
    const record = ids.get(keyText({ institution: link.institution, type: 'Patient', localId: link.localId }))
    if (record === undefined) return
    // Seen on its own before anybody else's record told who it is: its person becomes this one, and the old id stays readable.
    const [before] = await tables.identities.byLocal(link.institution, [link.localId])
    if (before !== undefined && before.person !== link.person)
      await tables.identities.merge(before.person, link.person, context.now().getTime())
    await tables.identities.link({ ...link, record, grade: 'certain' }, context.now().getTime())
    await tables.identities.setGrade([link.person], 'certain')
  })
}

/** Who is this Patient of a live institution? Linked before, matched now, or a person of its own. */
export async function personOfLivePatient(context: Context, institution: string, patient: Patient): Promise<string | undefined> {
  const localId = patient.id
  if (localId === undefined) return undefined
  const linked = (await context.store.identities.byLocal(institution, [localId]))[0]
  if (linked !== undefined) return linked.person
  const arrived = demographics(patient)
  const ids = await context.store.identities.candidates({
    birthDate: arrived.birthDate ?? '',
    phones: arrived.phones,
    notRecord: '',
    limit: 100,
  })
  const identities = await context.store.identities.byRecords(ids)
  const taken = new Set(
    (await context.store.identities.ofPersons(identities.map((row) => row.person)))
      .filter((row) => row.institution === institution)
      .map((row) => row.person),
  )
  const personOf = new Map(identities.map((row) => [row.record, row.person]))
  const candidates = (await context.store.records.byIds(ids)).flatMap((held) => {
    const { facts: known, text } = open(held)
    const person = personOf.get(known.id)
    const candidate = patientOf(text)
    return person === undefined || taken.has(person) || candidate === undefined ? [] : [{ person, demographics: demographics(candidate) }]
  })
  const outcome = match(arrived, candidates)
  if (outcome.grade === 'certain') {
    await linkLive(context, { institution, localId, person: outcome.person })
    return outcome.person
  }
  return newLivePerson(context, institution, localId)
}

async function newLivePerson(context: Context, institution: string, localId: string): Promise<string> {
  const person = context.newId()
  await context.store.transaction(async (tables) => {
    const ids = await tables.records.networkIds([{ institution, type: 'Patient', localId }], context.newId)
    await tables.identities.addPerson(person, context.now().getTime())
    const record = ids.get(keyText({ institution, type: 'Patient', localId })) ?? context.newId()
    await tables.identities.link({ institution, localId, record, person, grade: 'single' }, context.now().getTime())
  })
  return person
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

export async function collect(
  context: Context,
  institution: string,
  items: AsyncIterable<Resource | Gap>,
  max: number,
): Promise<{ resources: readonly Resource[]; answered: boolean }> {
  const resources: Resource[] = []
  const gaps: Gap[] = []
  for await (const item of items) {
    if (isGap(item)) gaps.push(item)
    else if (resources.length < max) resources.push(item)
  }
  const answered = !gaps.some((gap) => gap.gap === 'no-answer')
  context.health.report(institution, answered)
  if (gaps.length > 0) {
    await context.store.messages.gaps(institution, 'live', gaps, context.now().getTime())
    context.log('warn', 'live-gap', { institution, count: gaps.length, kind: gaps[0]?.gap })
  }
  return { resources, answered }
}

/** The wrap around what adapters yield: ids mapped, facts taken, closed. What is not valid FHIR or another patient's is dropped with a gap. */
async function holdLive(
  context: Context,
  input: { institution: string; person: string; patientId: string; resources: readonly Resource[] },
): Promise<readonly Held[]> {
  const scrubbed = input.resources.map((resource) => withoutResidentNumbers(resource).resource)
  const own = scrubbed.filter((resource) => {
    if (resource.id === undefined || validate(resource).some((issue) => issue.severity === 'error' || issue.severity === 'fatal'))
      return false
    return resource.resourceType === 'Patient' ? resource.id === input.patientId : facts(resource).patient === `Patient/${input.patientId}`
  })
  if (own.length < input.resources.length) {
    const gap: Gap = { gap: 'unmappable', element: 'Resource', reason: 'not valid FHIR R4, or not about the patient asked for' }
    await context.store.messages.gaps(input.institution, 'live', [gap], context.now().getTime())
  }
  const keys = new Map<string, { institution: string; type: string; localId: string }>()
  const remember = (type: string, localId: string): void => {
    const key = { institution: input.institution, type, localId }
    keys.set(keyText(key), key)
  }
  for (const resource of own) {
    remember(resource.resourceType, resource.id ?? '')
    for (const reference of references(resource)) if (reference.kind === 'relative') remember(reference.type, reference.id)
  }
  const ids = await context.store.transaction((tables) => tables.records.networkIds([...keys.values()], context.newId))
  const networkIdOf = (type: string, localId: string): string | undefined =>
    ids.get(keyText({ institution: input.institution, type, localId }))
  const departments = new Map<string, readonly string[]>(
    own.flatMap((resource) =>
      resource.resourceType === 'Encounter'
        ? [[`Encounter/${resource.id}`, facts(resource).departments.map((code) => `dept:${code}`)] as const]
        : [],
    ),
  )
  const prepared = own.map((resource) =>
    prepare({
      resource,
      institution: input.institution,
      localId: resource.id ?? '',
      id: networkIdOf(resource.resourceType, resource.id ?? '') ?? '',
      version: Number(/^\d{1,9}$/.exec(resource.meta?.versionId ?? '')?.[0] ?? 1),
      updatedMs: Date.parse(resource.meta?.lastUpdated ?? '') || context.now().getTime(),
      isNetworkForm: false,
      networkIdOf,
      person: input.person,
      encounterSources: departments.get(facts(resource).encounter ?? '') ?? [],
      parties: [],
      ...custodyOf(context, input.institution),
    }),
  )
  reportFaults(context, input.institution, prepared)
  const contents = narratedRaised(prepared.map(({ row }) => row)).map((row): HeldContent => ({
    facts: factsOf(row),
    localId: row.localId,
    version: String(row.version),
    updatedMs: row.updatedMs,
    text: row.text,
    peopleText: row.peopleText ?? row.text,
    parties: [],
    deleted: false,
    isNetworkForm: false,
    elements: row.elements ?? [],
  }))
  const byId = new Map(contents.map((content) => [content.facts.id, content]))
  return contents.map((content) => hold({ ...content, near: content.facts.relations.flatMap((id) => byId.get(id) ?? []) }))
}
