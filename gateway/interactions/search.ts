/**
 * search-type by GET and POST. Filters, sort, count and paging run under the caller's view, in SQL.
 * Cross-institution search is always about one patient; a search about nobody in particular sees the own institution only.
 * Spec: http://hl7.org/fhir/R4/http.html#search
 */
import type { Call, Context } from '../context.ts'
import type { Held } from '../held.ts'
import type { Sight } from '../judge.ts'
import { askLive, livePatientsByNumber, liveInstitutions } from '../live.ts'
import { personOfLivePatient } from '../live-person.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { coverageNotice } from '../notices.ts'
import { Problem } from '../problem.ts'
import { leadsFor, sightFor } from '../judged.ts'
import { releasePersons } from '../release-person.ts'
import { publish, releaseLedger } from '../release-public.ts'
import { releaseBundle, type Released } from '../release.ts'
import { sealPage } from '../sealed.ts'
import { parseSearch, personsOf, type SearchRequest } from '../search-request.ts'

export async function search(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  if (type === 'AuditEvent') return searchAudit(call, context)
  const asked = await parseSearch(context, call, type)
  if (type === 'Organization' && call.caller.role !== 'system') return searchDirectory(context, asked)
  if (type === 'Patient' && call.caller.role !== 'system') return searchPersons(call, context, asked)
  const sight = await sightFor(context.store, context, call, { type, persons: asked.persons })
  const found = await context.store.search({
    type,
    leads: await leadsFor(context, call, { type, persons: asked.persons, sight }),
    condition: sight.condition,
    party: sight.party,
    institution: undefined,
    onlyParty: sight.onlyParty,
    clauses: asked.clauses,
    sort: asked.sort,
    limit: asked.limit,
    offset: asked.offset,
  })
  const nextOffset = asked.offset + asked.limit
  return releaseBundle(context, call, {
    type: 'searchset',
    interaction: 'search-type',
    held: found.held,
    total: found.total,
    self: link(call, context, type, asked, asked.offset),
    next: asked.limit > 0 && nextOffset < found.total ? link(call, context, type, asked, nextOffset) : undefined,
    sight,
    persons: asked.persons,
    notices: call.caller.role === 'system' ? [] : [coverageNotice],
  })
}

function link(call: Call, context: Context, type: string, asked: SearchRequest, offset: number): string {
  const base = `${context.config.publicUrl}/fhir/R4/${type}`
  return asked.query.length === 0 && offset === 0
    ? base
    : `${base}?_page=${sealPage(context.pageKey, call.caller, { type, query: asked.query, offset })}`
}

/** How many persons one search may name by id or number: each is asked of the live institutions. */
const maxNamed = 20

/** Persons by number, name or birth date: composed from the Patient records this caller may see. */
async function searchPersons(call: Call, context: Context, asked: SearchRequest): Promise<Released> {
  const named = await personsNamed(call, context, asked)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: named.all })
  const found = await context.store.searchPersons({
    type: 'Patient',
    leads: await leadsFor(context, call, { type: 'Patient', persons: named.all, sight }),
    condition: sight.condition,
    party: undefined,
    institution: undefined,
    onlyParty: undefined,
    clauses: asked.clauses.map((clause) => (clause.on === 'id' ? { on: 'person', anyOf: named.byId } : clause)),
    sort: asked.sort,
    ...(named.isAll ? { limit: maxNamed, offset: 0 } : { limit: asked.limit, offset: asked.offset }),
  })
  const live = named.isAll ? await liveRecords(call, context, sight, { stored: found.persons, named: named.live }) : []
  return releasePersons(context, call, {
    held: [...found.held, ...live],
    persons: [...new Set([...found.persons, ...(named.isAll ? named.live : [])])],
    // whoever is named is looked up whole, and what passed is counted; other pages are counted by the search itself
    total: named.isAll ? undefined : found.total,
    page: asked,
    sight,
    interaction: 'search-type',
    self: link(call, context, 'Patient', asked, asked.offset),
    next: (offset) => link(call, context, 'Patient', asked, offset),
    notices: [coverageNotice],
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
  for (const { system: numberSystem, code } of asked.identifiers) {
    if (numberSystem === undefined || code === undefined) continue
    const records = await context.store.identities.byIdentifier(numberSystem, code, undefined)
    stored.push(...(await context.store.identities.byRecords(records)).map((row) => row.person))
    const patients = isLiveHome ? await livePatientsByNumber(context, call.caller.institution, { system: numberSystem, value: code }) : []
    for (const patient of patients) live.push(...listed(await personOfLivePatient(context, call.caller.institution, patient)))
  }
  const [only, second] = asked.clauses
  const isAll = second === undefined && (only?.on === 'id' || (only?.on === 'token' && only.param === 'identifier' && !only.not))
  return { byId, live: [...byId, ...live], all: [...new Set([...byId, ...stored, ...live])], isAll }
}

function listed(person: string | undefined): readonly string[] {
  return person === undefined ? [] : [person]
}

function searchDirectory(context: Context, asked: SearchRequest): Released {
  const isServed = (clause: SearchRequest['clauses'][number]): boolean =>
    clause.on === 'id' ||
    (clause.on === 'string' && clause.param === 'name' && clause.match !== 'exact') ||
    (clause.on === 'token' && clause.param === 'identifier' && !clause.not)
  if (!asked.clauses.every(isServed)) {
    throw new Problem('not-supported', 'the directory is searched by `_id`, `name` and `identifier`', {
      id: 'unsupported-parameter',
      expression: 'Organization',
    })
  }
  const ids = asked.clauses.flatMap((clause) => (clause.on === 'id' ? clause.anyOf : []))
  const names = asked.clauses.flatMap((clause) => (clause.on === 'string' && clause.param === 'name' ? clause.anyOf : []))
  const organizations = context.directory.organizations().filter((organization) => {
    const isNamed = names.length === 0 || names.some((name) => organization.name?.toLowerCase().includes(name) === true)
    const hasNumber =
      asked.identifiers.length === 0 ||
      asked.identifiers.some(({ system: numberSystem, code }) =>
        organization.identifier?.some(
          (item) => (numberSystem === undefined || item.system === numberSystem) && (code === undefined || item.value === code),
        ),
      )
    return isNamed && hasNumber && (ids.length === 0 || ids.includes(organization.id ?? ''))
  })
  return publish({ resourceType: 'Bundle', organizations, self: `${context.config.publicUrl}/fhir/R4/Organization` })
}

async function searchAudit(call: Call, context: Context): Promise<Released> {
  const { caller } = call
  const isOwnOnly = caller.role === 'patient' || caller.role === 'proxy'
  const asked = await parseSearch(context, call, 'AuditEvent')
  const { fromMs, untilMs } = windowOf(asked)
  const own = isOwnOnly ? await personsOf(context, call, [caller.person]) : []
  const asksPersons = asked.clauses.some((clause) => clause.on === 'person')
  const wanted = asksPersons ? asked.persons.filter((person) => !isOwnOnly || own.includes(person)) : own
  // Entries from before a merge name the person by the id of that day.
  const persons = asksPersons || isOwnOnly ? await context.store.identities.idsOf(wanted) : undefined
  const found = await context.store.ledger.find({
    ...(persons === undefined ? {} : { persons }),
    fromMs,
    untilMs,
    limit: asked.limit,
    offset: asked.offset,
  })
  const nextOffset = asked.offset + asked.limit
  return releaseLedger(context, call, {
    bodies: found.bodies,
    total: found.total,
    isRead: false,
    about: isOwnOnly ? await context.store.identities.idsOf(own) : undefined,
    self: link(call, context, 'AuditEvent', asked, asked.offset),
    next: asked.limit > 0 && nextOffset < found.total ? link(call, context, 'AuditEvent', asked, nextOffset) : undefined,
  })
}

/** The time asked for, inclusive. The ledger is searched by person and one stretch of time; whatever else is a 400. */
function windowOf(asked: SearchRequest): { readonly fromMs: number; readonly untilMs: number } {
  let [fromMs, untilMs] = [0, 8.64e15]
  for (const clause of asked.clauses) {
    if (clause.on === 'person') continue
    const [range, second] = clause.on === 'date' ? clause.ranges : []
    if (range === undefined || second !== undefined || range.prefix === 'ne') {
      throw new Problem('not-supported', 'AuditEvent is searched by `patient` and by one stretch of `date`', {
        id: 'unsupported-parameter',
        expression: 'AuditEvent',
      })
    }
    const after = { eq: range.fromMs, ge: range.fromMs, gt: range.untilMs + 1, sa: range.untilMs + 1, le: 0, lt: 0, eb: 0 }
    const before = {
      eq: range.untilMs,
      le: range.untilMs,
      lt: range.fromMs - 1,
      eb: range.fromMs - 1,
      ge: 8.64e15,
      gt: 8.64e15,
      sa: 8.64e15,
    }
    fromMs = Math.max(fromMs, after[range.prefix])
    untilMs = Math.min(untilMs, before[range.prefix])
  }
  return { fromMs, untilMs }
}
