/**
 * Query parameters → clauses on the caller's view. An unsupported parameter or modifier is a 400 that names it, never silence
 * (contract, promise 5); `Prefer: handling=lenient` leaves unknown parameters out. Spec: http://hl7.org/fhir/R4/search.html
 */
import { searchParametersOf } from '../fhir-profiles/search-parameters.ts'
import { parseTime } from '../fhir-profiles/time.ts'
import type { Call, Context } from './context.ts'
import { Problem } from './problem.ts'
import { openPage } from './sealed.ts'
import type { Clause, Range } from './store/search.ts'

export interface SearchRequest {
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly clauses: readonly Clause[]
  readonly sort: readonly { readonly param: string; readonly descending: boolean }[]
  readonly limit: number
  readonly offset: number
  /** the persons asked about by `patient`, `subject` and the like; empty = nobody in particular */
  readonly persons: readonly string[]
  /** what was asked of `identifier`, for the person search */
  readonly identifiers: readonly { readonly system: string | undefined; readonly code: string | undefined }[]
}

const ignored = new Set(['_format', '_pretty', '_total', '_page'])
const prefixes = new Set(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'])

export async function parseSearch(context: Context, call: Call, type: string): Promise<SearchRequest> {
  const page = pageOf(context, call, type)
  const query = page?.query ?? call.query
  const clauses: Clause[] = []
  const persons: string[] = []
  const identifiers: { system: string | undefined; code: string | undefined }[] = []
  const unknown: string[] = []
  let limit = Math.min(50, context.config.limits.maxPageSize)
  let sort: SearchRequest['sort'] = []
  for (const [name, value] of query) {
    if (ignored.has(name)) continue
    if (name === '_count') limit = countOf(value, context.config.limits.maxPageSize)
    else if (name === '_sort') sort = sortOf(value, type, call.caller.role === 'system')
    else {
      const clause = await clauseOf(context, call, { type, name, value })
      if (clause === undefined) unknown.push(name)
      else {
        clauses.push(clause)
        if (clause.on === 'person') persons.push(...clause.anyOf)
        if (clause.on === 'reference') persons.push(...clause.persons)
        if (clause.on === 'token' && clause.param === 'identifier' && !clause.not) {
          identifiers.push(...clause.anyOf.map((token) => ({ system: token.system, code: token.code })))
        }
      }
    }
  }
  if (unknown.length > 0 && !call.prefer.includes('handling=lenient')) {
    throw new Problem('not-supported', 'unsupported search parameter', {
      issues: unknown.map((name) => ({
        id: 'unsupported-parameter',
        diagnostics: `\`${safeName(name)}\` is not a supported parameter or modifier of ${type}; see /metadata for those that are`,
        expression: `${type}.${safeName(name)}`,
      })),
    })
  }
  return { query, clauses, sort, limit, offset: page?.offset ?? 0, persons, identifiers }
}

function safeName(name: string): string {
  return /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
}

function pageOf(context: Context, call: Call, type: string) {
  const sealed = call.query.find(([name]) => name === '_page')?.[1]
  if (sealed === undefined) return undefined
  const page = openPage(context.pageKey, call.caller, sealed)
  if (page?.type !== type) {
    throw new Problem('invalid', 'this page link is not valid for this caller; repeat the search', { id: 'page-link' })
  }
  return page
}

function countOf(value: string, max: number): number {
  if (!/^\d{1,6}$/.test(value)) throw new Problem('invalid', '`_count` must be a whole number', { id: 'bad-count', expression: '_count' })
  return Math.min(Number(value), max)
}

function sortOf(value: string, type: string, isSystem: boolean): SearchRequest['sort'] {
  // Never by a reference: the order of ids says nothing, and what is pointed at may be refused.
  const sortable = [...searchParametersOf(type)].flatMap(([name, parameter]) => (parameter.type === 'reference' ? [] : [name]))
  const known = new Set([...sortable, '_lastUpdated', '_id'])
  return value.split(',').map((key) => {
    const param = key.replace(/^-/, '')
    if (!known.has(param))
      throw new Problem('not-supported', '`_sort` names a parameter that is not supported', {
        id: 'unsupported-parameter',
        expression: '_sort',
      })
    // a system sorts by the ids it knows
    return { param: param === '_id' && isSystem ? 'x-local-id' : param, descending: key.startsWith('-') }
  })
}

async function clauseOf(context: Context, call: Call, ask: { type: string; name: string; value: string }): Promise<Clause | undefined> {
  const [name = '', modifier = '', more] = ask.name.split(':', 3)
  if (more !== undefined) return undefined
  const values = splitValues(ask.value)
  const isSystem = call.caller.role === 'system'
  if (name === '_id' && modifier === '') return { on: isSystem ? 'local-id' : 'id', anyOf: values }
  if (name === '_lastUpdated' && modifier === '') return { on: 'updated', ranges: values.map((value) => rangeOf(value, ask.name, context)) }
  const parameter = searchParametersOf(ask.type).get(name)
  if (parameter === undefined || !isSearchable(ask.type, parameter) || name === '_id' || name === '_lastUpdated') return undefined
  if (modifier === 'missing') return { on: 'missing', param: name, missing: missingOf(ask) }
  switch (parameter.type) {
    case 'token':
      if (modifier !== '' && modifier !== 'not') return undefined
      return { on: 'token', param: name, anyOf: values.map(tokenOf), not: modifier === 'not' }
    case 'uri':
      return modifier === '' ? { on: 'token', param: name, anyOf: values.map((value) => ({ code: value })), not: false } : undefined
    case 'string': {
      const match = { '': 'starts', exact: 'exact', contains: 'contains' } as const
      if (modifier !== '' && modifier !== 'exact' && modifier !== 'contains') return undefined
      return { on: 'string', param: name, anyOf: values.map((value) => value.normalize('NFC').toLowerCase()), match: match[modifier] }
    }
    case 'date':
      return modifier === '' ? { on: 'date', param: name, ranges: values.map((value) => rangeOf(value, ask.name, context)) } : undefined
    case 'reference':
      return modifier === '' || modifier === 'Patient'
        ? referenceClause(context, call, { name, values, isPatient: modifier === 'Patient', targets: parameter.targets })
        : undefined
    case 'number':
    case 'quantity':
      return undefined
    default:
      return parameter.type satisfies never
  }
}

/** What a search takes, and what the CapabilityStatement lists; the ledger has an index of its own. */
export function isSearchable(type: string, parameter: { readonly name: string; readonly type: string }): boolean {
  if (type === 'AuditEvent') return parameter.name === 'patient' || parameter.name === 'date'
  return parameter.type !== 'number' && parameter.type !== 'quantity'
}

function missingOf({ name, value }: { name: string; value: string }): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new Problem('invalid', '`:missing` takes `true` or `false`', { id: 'bad-missing', expression: safeName(name) })
}

/** Commas separate alternatives; `\,` is a comma. Spec: http://hl7.org/fhir/R4/search.html#escaping */
function splitValues(value: string): readonly string[] {
  return value.split(/(?<!\\),/).map((part) => part.replaceAll(/\\([,|$\\])/g, '$1'))
}

function tokenOf(value: string): { system?: string; code?: string } {
  const bar = value.indexOf('|')
  if (bar < 0) return { code: value }
  const code = value.slice(bar + 1)
  return { system: value.slice(0, bar), ...(code === '' ? {} : { code }) }
}

function rangeOf(value: string, name: string, context: Context): Range {
  const head = value.slice(0, 2)
  const prefix = prefixes.has(head) ? head : 'eq'
  const time = parseTime(prefixes.has(head) ? value.slice(2) : value, context.config.timeZone)
  if (time === undefined || !isPrefix(prefix)) {
    throw new Problem('invalid', `\`${safeName(name)}\` needs a FHIR date`, { id: 'bad-date', expression: safeName(name) })
  }
  return { prefix, fromMs: time.fromMs, untilMs: time.untilMs }
}

function isPrefix(text: string): text is Range['prefix'] {
  return prefixes.has(text)
}

/**
 * A patient parameter accepts a person id, or the own institution's record id; a system's are its own ids only. An id nobody may see
 * and an id nobody has are the same: they match nothing.
 */
async function referenceClause(
  context: Context,
  call: Call,
  ask: { name: string; values: readonly string[]; isPatient: boolean; targets: readonly string[] },
): Promise<Clause> {
  const mayBePatient = ask.isPatient || ask.targets.length === 0 || ask.targets.includes('Patient')
  const base = `${context.config.publicUrl}/fhir/R4/`
  const wanted = ask.values.map((given) => {
    const value = given.startsWith(base) ? given.slice(base.length) : given
    const [type, id] = value.includes('/') ? value.split('/') : [ask.isPatient ? 'Patient' : '', value]
    return { type: type ?? '', id: id ?? '' }
  })
  if (call.caller.role === 'system')
    return { on: 'reference', param: ask.name, anyOf: await ownTargets(context, call, ask.targets, wanted), persons: [] }
  const named = wanted.filter(({ type }) => type === 'Patient' || (type === '' && mayBePatient))
  const persons = await personsOf(
    context,
    call,
    named.map(({ id }) => id),
  )
  // The person of a record is its column; other references to a person are those of the records the person is known by.
  if (named.length === wanted.length && (ask.name === 'patient' || (ask.name === 'subject' && persons.length > 0)))
    return { on: 'person', anyOf: persons }
  const records = (await context.store.identities.ofPersons(persons)).map((row) => row.record)
  return { on: 'reference', param: ask.name, anyOf: [...new Set([...records, ...persons, ...wanted.map(({ id }) => id)])], persons }
}

/** A system names its own records; a patient of its own is known to the network's records by the person. */
async function ownTargets(
  context: Context,
  call: Call,
  targets: readonly string[],
  wanted: readonly { readonly type: string; readonly id: string }[],
): Promise<readonly string[]> {
  const ids: string[] = []
  for (const { type, id } of wanted) {
    for (const target of type === '' ? targets : [type]) {
      const found = await context.store.records.idOf({ institution: call.caller.institution, type: target, localId: id })
      if (found !== undefined) ids.push(found)
    }
    if (type === 'Patient' || type === '') {
      const rows = await context.store.identities.byLocal(call.caller.institution, [id])
      ids.push(...rows.map((row) => row.person))
    }
  }
  return ids
}

/** Person ids as given, after merges; a record id of the own institution counts as its person. */
export async function personsOf(context: Context, call: Call, ids: readonly string[]): Promise<readonly string[]> {
  const out: string[] = []
  for (const id of ids) {
    // asked in full for each, so that a person nobody knows takes as long as one nobody may see
    const person = await context.store.identities.person(id)
    const own = (await context.store.identities.byLocal(call.caller.institution, [id])).map((row) => row.person)
    const records = await context.store.identities.byRecords([id])
    const record = records.filter((row) => row.institution === call.caller.institution).map((row) => row.person)
    out.push(...(person === undefined ? [...own, ...record] : [person]))
  }
  return out
}
