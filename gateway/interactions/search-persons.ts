/**
 * Patient search for people: a person once, composed of the Patient records the caller may see, stored ones and those of live institutions.
 * Spec: http://hl7.org/fhir/R4/http.html#search
 */
import type { Call, Context } from '../context.ts'
import type { Held } from '../held.ts'
import type { Sight } from '../judge.ts'
import { sightFor, viewsFor } from '../judged.ts'
import { askLive, liveInstitutions, livePatientsByNumber } from '../live.ts'
import { personOfLivePatient } from '../live-person.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { Problem } from '../problem.ts'
import { judgeIncluded, matchesAmong } from '../release-include.ts'
import { releasePersons } from '../release-person.ts'
import type { Released } from '../release.ts'
import type { SearchRequest } from '../search-request.ts'
import { findIncluded, linkOf, noticesOf, type Asked } from './search-page.ts'

/** How many persons one search may name by id or number: each is asked of the live institutions. */
const maxNamed = 20

/** Persons by number, name or birth date: composed from the Patient records this caller may see. */
export async function searchPersons(call: Call, context: Context, asked: Asked): Promise<Released> {
  const { request } = asked
  const named = await personsNamed(call, context, request)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: named.all })
  const views = await viewsFor(context, call, { type: 'Patient', persons: named.all, sight })
  const found = await context.store.searchPersons({
    types: ['Patient'],
    views,
    clauses: request.clauses.map((clause) => (clause.on === 'id' ? { on: 'person', anyOf: named.byId } : clause)),
    sort: request.sort,
    countTo: request.countTo,
    // whoever is named is looked up whole, and cut into pages where it is shown
    ...(named.isAll ? { limit: maxNamed, after: undefined } : { limit: request.limit, after: request.place }),
  })
  const live = named.isAll ? await liveRecords(call, context, sight, { stored: found.persons, named: named.live }) : []
  const offset = named.isAll ? Number(request.place?.[0] ?? 0) : 0
  const shown = new Set(named.isAll ? found.persons.slice(offset, offset + request.limit) : found.persons)
  const matches = matchesAmong(found.held, shown)
  const along = await findIncluded(call, context, { views, matches, request })
  return releasePersons(context, call, {
    held: [...found.held, ...live],
    persons: [...new Set([...found.persons, ...(named.isAll ? named.live : [])])],
    included: await judgeIncluded(context, call, { held: along.held, persons: named.all }),
    pages: named.isAll
      ? { by: 'release', offset, limit: request.limit, next: (from) => linkOf(call, context, asked, [from]) }
      : { by: 'search', total: found.total, next: found.next && linkOf(call, context, asked, found.next) },
    sight,
    interaction: 'search-type',
    self: linkOf(call, context, asked),
    notices: noticesOf(call, { isIndexing: found.isIndexing, isCut: along.isCut }),
  })
}

/** What the live institutions hold of these persons; who is known only live brings the stored records of others along. */
async function liveRecords(
  call: Call,
  context: Context,
  sight: Sight,
  persons: { readonly stored: readonly string[]; readonly named: readonly string[] },
): Promise<readonly Held[]> {
  const records: Held[] = []
  for (const person of new Set([...persons.stored, ...persons.named])) {
    const { condition, party } = sight
    if (!persons.stored.includes(person))
      records.push(...(await context.store.recordsOfPerson({ person, types: ['Patient'], but: [], limit: 50, condition, party })))
    const live = await askLive(context, call, {
      person,
      types: ['Patient'],
      mayAsk: (institution) =>
        couldMatch(sight.condition, { custodian: institution, person, custodianKeys: context.directory.keysOf(institution) }),
    })
    records.push(...live.held)
  }
  return records
}

interface Named {
  readonly byId: readonly string[]
  /** whom an id, or a number at the own live institution, points at: known perhaps only there */
  readonly live: readonly string[]
  /** everybody any number or id points at, for the relation; who is shown is decided by what is visible of them */
  readonly all: readonly string[]
  /** an id or a number is all that was asked */
  readonly isAll: boolean
}

async function personsNamed(call: Call, context: Context, asked: SearchRequest): Promise<Named> {
  const ids = asked.clauses.flatMap((clause) => (clause.on === 'id' ? clause.anyOf : []))
  if (ids.length + asked.identifiers.length > maxNamed)
    throw new Problem('invalid', `a search names at most ${maxNamed} persons`, { id: 'too-many-persons', expression: 'Patient' })
  const byId: string[] = []
  for (const id of ids) byId.push(...listed(await context.store.identities.person(id)))
  const stored: string[] = []
  const live: string[] = []
  const isLiveHome = liveInstitutions(context).some(({ id }) => id === call.caller.institution)
  if (isLiveHome) await call.admission.required()
  for (const { system: numberSystem, code } of asked.identifiers) {
    if (numberSystem === undefined || code === undefined) continue
    const records = await context.store.identities.byIdentifier(numberSystem, code, undefined)
    stored.push(...(await context.store.identities.byRecords(records)).map((row) => row.person))
    const patients = isLiveHome ? await livePatientsByNumber(context, call.caller.institution, { system: numberSystem, value: code }) : []
    for (const patient of patients) live.push(...listed(await personOfLivePatient(context, call.caller.institution, patient)))
  }
  const [only, second] = asked.clauses
  const isAll = second === undefined && (only?.on === 'id' || (only?.on === 'row' && only.param === 'identifier' && only.not !== true))
  return { byId, live: [...byId, ...live], all: [...new Set([...byId, ...stored, ...live])], isAll }
}

function listed(person: string | undefined): readonly string[] {
  return person === undefined ? [] : [person]
}
