/**
 * search-type by GET and POST. Filters, sort, count and paging run under the caller's view, in SQL.
 * Cross-institution search is always about one patient; a search about nobody in particular sees the own institution only.
 * Spec: http://hl7.org/fhir/R4/http.html#search
 */
import type { Call, Context } from '../context.ts'
import { askLive, livePatientsByNumber, liveInstitutions, personOfLivePatient } from '../live.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { coverageNotice } from '../notices.ts'
import { Problem } from '../problem.ts'
import { sightFor } from '../judged.ts'
import { releasePersons } from '../release-person.ts'
import { publish, releaseLedger } from '../release-public.ts'
import { releaseBundle, type Released } from '../release.ts'
import { sealPage } from '../sealed.ts'
import { parseSearch, type SearchRequest } from '../search-request.ts'

export async function search(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  if (type === 'AuditEvent') return searchAudit(call, context)
  const asked = await parseSearch(context, call, type)
  if (type === 'Organization' && call.caller.role !== 'system') return searchDirectory(context, asked)
  if (type === 'Patient' && call.caller.role !== 'system') return searchPersons(call, context, asked)
  const sight = await sightFor(context.store, context, call, { type, persons: asked.persons })
  const found = await context.store.search({
    type,
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

/** Persons by number, name or birth date: composed from the Patient records this caller may see. */
async function searchPersons(call: Call, context: Context, asked: SearchRequest): Promise<Released> {
  const persons = await personsAsked(call, context, asked)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons })
  const wide = await context.store.search({
    type: 'Patient',
    condition: sight.condition,
    party: undefined,
    institution: undefined,
    onlyParty: undefined,
    clauses: asked.clauses.map((clause) => (clause.on === 'id' ? { on: 'person', anyOf: persons } : clause)),
    sort: asked.sort,
    limit: Math.max(asked.limit, 1),
    offset: asked.offset,
  })
  const found = [...wide.held]
  // A number or an id names the person; any other condition is answered by the search itself.
  const isNamed = asked.clauses.every((clause) => clause.on === 'id' || (clause.on === 'token' && clause.param === 'identifier'))
  for (const person of isNamed ? persons : []) {
    found.push(...(await context.store.records.ofPerson(person, ['Patient'], 50)))
    const live = await askLive(context, {
      person,
      types: ['Patient'],
      mayAsk: (institution) =>
        couldMatch(sight.condition, { custodian: institution, person, custodianKeys: context.directory.keysOf(institution) }),
    })
    found.push(...live.held)
  }
  return releasePersons(context, call, {
    held: found,
    sight,
    interaction: 'search-type',
    self: link(call, context, 'Patient', asked, asked.offset),
    notices: [coverageNotice],
  })
}

/** The persons a number or an id points at, wherever the number was given out; whether the caller may see them is decided after. */
async function personsAsked(call: Call, context: Context, asked: SearchRequest): Promise<readonly string[]> {
  const ids = asked.clauses.flatMap((clause) => (clause.on === 'id' ? clause.anyOf : []))
  const persons = new Set<string>()
  for (const id of ids) {
    const person = await context.store.identities.person(id)
    if (person !== undefined) persons.add(person)
  }
  for (const { system: numberSystem, code } of asked.identifiers) {
    if (numberSystem === undefined || code === undefined) continue
    const records = await context.store.identities.byIdentifier(numberSystem, code, undefined)
    for (const row of await context.store.identities.byRecords(records)) persons.add(row.person)
    for (const { id } of liveInstitutions(context)) {
      if (id !== call.caller.institution) continue
      for (const patient of await livePatientsByNumber(context, id, { system: numberSystem, value: code })) {
        const person = await personOfLivePatient(context, id, patient)
        if (person !== undefined) persons.add(person)
      }
    }
  }
  return [...persons].slice(0, 5)
}

function searchDirectory(context: Context, asked: SearchRequest): Released {
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
    return isNamed && hasNumber
  })
  return publish({ resourceType: 'Bundle', organizations, self: `${context.config.publicUrl}/fhir/R4/Organization` })
}

async function searchAudit(call: Call, context: Context): Promise<Released> {
  const { caller } = call
  const isOwnOnly = caller.role === 'patient' || caller.role === 'proxy'
  const asked = await parseSearch(context, call, 'AuditEvent')
  const other = asked.clauses.find((clause) => clause.on !== 'person' && !(clause.on === 'date' && clause.param === 'date'))
  if (other !== undefined) {
    throw new Problem('not-supported', 'AuditEvent is searched by `patient` and `date`', {
      id: 'unsupported-parameter',
      expression: 'AuditEvent',
    })
  }
  const dates = asked.clauses.flatMap((clause) => (clause.on === 'date' ? clause.ranges : []))
  const fromMs = dates.flatMap((range) => (['ge', 'gt', 'eq', 'sa'].includes(range.prefix) ? [range.fromMs] : []))
  const untilMs = dates.flatMap((range) => (['le', 'lt', 'eq', 'eb'].includes(range.prefix) ? [range.untilMs] : []))
  const person = isOwnOnly ? caller.person : asked.persons[0]
  const isAboutNobody = call.query.some(([name]) => name === 'patient') && asked.persons.length === 0
  const isForeign = isOwnOnly && asked.persons.length > 0 && !asked.persons.includes(caller.person)
  const found =
    isAboutNobody || isForeign
      ? { bodies: [], total: 0 }
      : await context.store.ledger.find({
          ...(person === undefined ? {} : { person }),
          ...(fromMs.length === 0 ? {} : { fromMs: Math.max(...fromMs) }),
          ...(untilMs.length === 0 ? {} : { untilMs: Math.min(...untilMs) }),
          limit: asked.limit,
          offset: asked.offset,
        })
  const nextOffset = asked.offset + asked.limit
  return releaseLedger(context, call, {
    bodies: found.bodies,
    total: found.total,
    isRead: false,
    self: link(call, context, 'AuditEvent', asked, asked.offset),
    next: nextOffset < found.total ? link(call, context, 'AuditEvent', asked, nextOffset) : undefined,
  })
}
