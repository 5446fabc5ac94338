/**
 * Whose record is it? A weak match never merges: certain links, possible waits for a person (a review Task), none stands alone.
 * A patient number mentioned before its Patient arrived gets a person at once, so that no record is ever without one.
 */
import { facts } from '../fhir-profiles/facts.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Patient, Resource, Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import type { Placed } from './intake-place.ts'
import { demographics, match, matchKeys, type Candidate, type Demographics, type Match } from './logic/match.ts'
import { valueOf, type Octets } from '../fhir-profiles/octets.ts'
import { Problem } from './problem.ts'
import type { IdentityRow } from './store/identities.ts'
import type { Tables } from './store/store.ts'

export interface Review {
  readonly institution: string
  readonly record: string
  readonly person: string
  readonly outcome: Extract<Match, { grade: 'possible' }>
}

export interface PlacedPatients {
  personOf(item: Placed): string | null
  /** Writes the review Tasks after the records themselves are stored. */
  openReviews(write: (tasks: readonly { task: Task; parties: readonly string[]; id: string }[]) => Promise<void>): Promise<void>
}

export async function placePatients(
  tables: Tables,
  context: Context,
  input: { institution: string; space: 'local' | 'network'; placed: readonly Placed[] },
): Promise<PlacedPatients> {
  if (input.space === 'network') return placeNetworkPatients(tables, input.placed)
  const persons = await personsOfLocal(tables, context, input)
  const reviews: Review[] = []
  for (const item of input.placed) {
    // A record given up is matched no more: it belongs to the one it lives on in.
    if (item.resource.resourceType !== 'Patient' || item.resource.link?.some(({ type }) => type === 'replaced-by') === true) continue
    const review = await identify(tables, context, { item, patient: item.resource, institution: input.institution, persons })
    if (review !== undefined) reviews.push(review)
  }
  return {
    personOf(item) {
      const local = localPatient(item.resource, item.localId)
      return local === undefined ? null : (persons.get(local)?.person ?? null)
    },
    async openReviews(write) {
      const tasks = reviews.map((review) => ({
        task: reviewTask(review, context.now().toISOString()),
        parties: [review.institution],
        id: `review-${review.record}`,
      }))
      const existing = new Set((await tables.records.byIds(tasks.map((task) => task.id))).map((held) => open(held).facts.id))
      await write(tasks.filter((task) => !existing.has(task.id)))
    },
  }
}

/** In network space a patient is a person; hidden and unknown are the same refusal. */
async function placeNetworkPatients(tables: Tables, placed: readonly Placed[]): Promise<PlacedPatients> {
  const persons = new Map<string, string>()
  for (const item of placed) {
    const local = localPatient(item.resource, item.localId)
    if (local === undefined || persons.has(local)) continue
    const person = await tables.identities.person(local)
    if (person === undefined) {
      throw new Problem('unprocessable', 'the patient is not known to this caller; use the person id the network gave', {
        id: 'unknown-patient',
      })
    }
    persons.set(local, person)
  }
  return {
    personOf: (item) => persons.get(localPatient(item.resource, item.localId) ?? '') ?? null,
    openReviews: async () => {},
  }
}

function localPatient(resource: Resource, localId: string): string | undefined {
  if (resource.resourceType === 'Patient') return localId
  const [type, id] = facts(resource).patient?.split('/') ?? []
  return type === 'Patient' ? id : undefined
}

async function personsOfLocal(
  tables: Tables,
  context: Context,
  input: { institution: string; placed: readonly Placed[] },
): Promise<Map<string, IdentityRow>> {
  const mentioned = new Map<string, string>()
  for (const item of input.placed) {
    const local = localPatient(item.resource, item.localId)
    const record = local === undefined ? undefined : item.resource.resourceType === 'Patient' ? item.id : item.networkIdOf('Patient', local)
    if (local !== undefined && record !== undefined) mentioned.set(local, record)
  }
  const made = (locals: readonly string[]): readonly IdentityRow[] =>
    locals.map((localId) => ({
      institution: input.institution,
      localId,
      record: mentioned.get(localId) ?? '',
      person: context.newId(),
      grade: 'single',
    }))
  // A number made just now is nobody's yet.
  const fresh = input.placed.flatMap(({ resource, localId, isFresh }) => (isFresh && resource.resourceType === 'Patient' ? [localId] : []))
  const added = made(fresh)
  const nowMs = context.now().getTime()
  await tables.identities.addPeople(added, { atMs: nowMs, turns: turnsOf(input.placed) })
  const isFresh = new Set(fresh)
  const asked = [...mentioned.keys()].filter((local) => !isFresh.has(local))
  const found = await tables.identities.byLocal(input.institution, asked)
  const known = new Set(found.map(({ localId }) => localId))
  const first = made(asked.filter((localId) => !known.has(localId)))
  await tables.identities.addPeople(first, { atMs: nowMs, turns: [] })
  return new Map([...added, ...found, ...first].map((row) => [row.localId, row]))
}

/** Two records of one person that arrive at the same moment must see each other: whoever shares a birth date or a phone waits. */
function turnsOf(placed: readonly Placed[]): readonly string[] {
  return placed.flatMap(({ resource }) => {
    if (resource.resourceType !== 'Patient') return []
    const { birthDate, phones } = matchKeys(resource)
    return [...(birthDate === undefined ? [] : [birthDate]), ...phones]
  })
}

async function identify(
  tables: Tables,
  context: Context,
  input: { item: Placed; patient: Patient; institution: string; persons: Map<string, IdentityRow> },
): Promise<Review | undefined> {
  const row = input.persons.get(input.item.localId)
  if (row === undefined || row.grade === 'certain') return undefined
  const candidates = await candidatesFor(tables, matchKeys(input.patient), row)
  const outcome: Match = candidates.length === 0 ? { grade: 'none' } : match(demographics(input.patient), candidates)
  const nowMs = context.now().getTime()
  switch (outcome.grade) {
    case 'certain':
      await tables.identities.merge(row.person, outcome.person, nowMs)
      await tables.identities.setGrade([outcome.person], 'certain')
      for (const [localId, known] of input.persons) {
        if (known.person === row.person) input.persons.set(localId, { ...known, person: outcome.person, grade: 'certain' })
      }
      return undefined
    case 'possible':
      return { institution: input.institution, record: row.record, person: row.person, outcome }
    case 'none':
      return undefined
    default:
      return outcome satisfies never
  }
}

/** Other institutions' people who share a birth date or a phone. Two numbers of one institution are two people until it merges them itself. */
async function candidatesFor(
  tables: Tables,
  arrived: Pick<Demographics, 'birthDate' | 'phones'>,
  own: IdentityRow,
): Promise<readonly Candidate[]> {
  const ids = await tables.identities.candidates({
    birthDate: arrived.birthDate ?? '',
    phones: arrived.phones,
    notRecord: own.record,
    limit: 100,
    strangersTo: own.institution,
  })
  if (ids.length === 0) return []
  const identities = await tables.identities.byRecords(ids)
  const persons = [...new Set(identities.map((row) => row.person))].filter((person) => person !== own.person)
  const atHome = new Set(
    (await tables.identities.ofPersons(persons)).filter((row) => row.institution === own.institution).map((row) => row.person),
  )
  const personOf = new Map(identities.map((row) => [row.record, row.person]))
  const held = await tables.records.byIds(ids)
  return held.flatMap((item): Candidate[] => {
    const { facts: known, text } = open(item)
    const person = personOf.get(known.id)
    const patient = patientOf(text)
    return person === undefined || person === own.person || atHome.has(person) || patient === undefined
      ? []
      : [{ person, demographics: demographics(patient) }]
  })
}

/** Stored text was valid when it came in; anything else is a broken store. */
export function patientOf(text: Octets): Patient | undefined {
  const value = valueOf(text)
  return isResource(value) && value.resourceType === 'Patient' ? value : undefined
}

/** The question put to a person of the institution: grades per field, never a value. */
export function reviewTask(review: Review, at: string): Task {
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: system.taskCode, code: 'identity-review' }] },
    for: { reference: `Patient/${review.person}` },
    owner: { reference: `Organization/${review.institution}` },
    authoredOn: at,
    input: review.outcome.candidates.map((candidate) => ({
      id: candidate.person,
      type: { coding: [{ system: system.taskInput, code: 'identity-candidate' }] },
      valueString: Object.entries(candidate.fields)
        .map(([field, grade]) => `${field}: ${grade}`)
        .join(', '),
    })),
  }
}

/** What a person decided of a possible match: `same` merges into the candidate, `different` keeps them apart. */
export async function decideReview(tables: Tables, context: Context, input: { person: string; candidate: string }): Promise<void> {
  const into = await tables.identities.person(input.candidate)
  if (into === undefined || into === input.person) return
  await tables.identities.merge(input.person, into, context.now().getTime())
  await tables.identities.setGrade([into], 'certain')
}
