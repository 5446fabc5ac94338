/** One parameter of a query, name and value → a clause, through chains and `_has` of any depth. Spec: http://hl7.org/fhir/R4/search.html */
import { searchParametersOf, normaliseText, type SearchParameter } from '../fhir-profiles/search-parameters.ts'
import type { Call, Context } from './context.ts'
import { knownTypes, mayTouch } from './logic/access.ts'
import { allows, levelOf, parseScopes } from './logic/scope.ts'
import { Problem } from './problem.ts'
import { personsOf, referenceTest } from './search-reference.ts'
import { aboveOf, belowOf, membersOf } from './search-terms.ts'
import { badValue, pieces, plain, rangeOf, safeName, testOf, tokenOf, type Clock } from './search-value.ts'
import type { Clause, Test } from './store/search-clause.ts'

export interface Asking {
  readonly context: Context
  readonly call: Call
  readonly clock: Clock
  /** as the caller wrote the parameter, for refusals */
  readonly name: string
  /** whom the query names, gathered on the way */
  readonly persons: string[]
}

interface Ask {
  readonly type: string
  readonly name: string
  readonly value: string
}

/** Whether the token alone allows a search of this type. */
export function mayFind({ caller }: Call, type: string): boolean {
  if (!mayTouch(caller.role, type, 'search-type')) return false
  const { scopes } = parseScopes(caller.scopes.join(' '))
  return allows(scopes, { level: levelOf(caller.role), type, interaction: 'search-type' })
}

/** What a search takes, and what the CapabilityStatement lists; the ledger has an index of its own. */
export function isSearchable(type: string, parameter: { readonly name: string }): boolean {
  return type !== 'AuditEvent' || parameter.name === 'patient' || parameter.name === 'date'
}

/** Modifiers by type of parameter; `[type]` is the name of a type. The CapabilityStatement's table in docs/search.md is made of this. */
export const modifiersOf: Readonly<Record<SearchParameter['type'], readonly string[]>> = {
  token: ['missing', 'not', 'text', 'in', 'not-in', 'below', 'above', 'of-type'],
  string: ['missing', 'exact', 'contains'],
  date: ['missing'],
  number: ['missing'],
  quantity: ['missing'],
  uri: ['missing', 'below', 'above'],
  reference: ['missing', 'identifier', '[type]'],
  composite: ['missing'],
}

/** Longer ones than anybody means: `a.b.c.d.e.f.g.h.i`. */
const longestChain = 8

/** undefined for a parameter, a modifier or a path that is not supported. */
export async function clauseOf(asking: Asking, ask: Ask, depth = 0): Promise<Clause | undefined> {
  if (depth > longestChain)
    throw new Problem('not-supported', `a search reaches over at most ${longestChain} references`, {
      id: 'chain-too-long',
      expression: safeName(asking.name),
    })
  if (ask.name.startsWith('_has:')) return hasClause(asking, ask, depth)
  if (ask.name === '_list') return listClause(asking, ask)
  const dot = ask.name.indexOf('.')
  if (dot > 0) return chainClause(asking, { ...ask, name: ask.name.slice(0, dot) }, ask.name.slice(dot + 1), depth)
  const [name = '', modifier = '', more] = ask.name.split(':', 3)
  if (more !== undefined) return undefined
  const alternatives = pieces(ask.value, ',')
  if (name === '_id') return modifier === '' ? idClause(asking, ask.type, alternatives.map(plain), depth) : undefined
  if (name === '_lastUpdated') {
    if (modifier !== '' || ask.type === 'AuditEvent') return undefined
    return { on: 'updated', anyOf: alternatives.map((piece) => rangeOf(plain(piece), asking.name, asking.clock)) }
  }
  const parameter = searchParametersOf(ask.type).get(name)
  if (parameter === undefined || !isSearchable(ask.type, parameter)) return undefined
  return simpleClause(asking, { ...ask, parameter, modifier, alternatives })
}

async function idClause({ context, call }: Asking, type: string, ids: readonly string[], depth: number): Promise<Clause> {
  if (call.caller.role === 'system') return { on: 'local-id', anyOf: ids }
  // a search for Patients looks its persons up itself
  if (type === 'Patient' && depth > 0) return { on: 'person', anyOf: await personsOf(context, call, ids) }
  return { on: 'id', anyOf: ids }
}

interface Simple extends Ask {
  readonly parameter: SearchParameter
  readonly modifier: string
  readonly alternatives: readonly string[]
}

async function simpleClause(asking: Asking, simple: Simple): Promise<Clause | undefined> {
  const { parameter, modifier, alternatives } = simple
  const { name: param, type } = parameter
  if (modifier === 'missing') {
    if (simple.value !== 'true' && simple.value !== 'false') throw badValue(asking.name, 'bad-missing', '`true` or `false`')
    return { on: 'missing', param: type === 'composite' ? `${param}$1` : param, missing: simple.value === 'true' }
  }
  switch (type) {
    case 'token':
      return tokenClause(asking, simple)
    case 'reference':
      return referenceClause(asking, simple)
    case 'composite':
      return modifier === '' ? compositeClause(asking, simple) : undefined
    case 'string': {
      if (modifier === '') break
      const match = modifier === 'exact' || modifier === 'contains' ? modifier : undefined
      const texts = alternatives.map(plain).map((text) => (match === 'exact' ? text.normalize('NFC') : normaliseText(text)))
      return match && { on: 'row', param, test: { kind: 'string', match, anyOf: texts } }
    }
    case 'uri': {
      if (modifier === '') break
      const match = modifier === 'below' || modifier === 'above' ? modifier : undefined
      return match && { on: 'row', param, test: { kind: 'uri', match, anyOf: alternatives.map(plain) } }
    }
    case 'date':
    case 'number':
    case 'quantity':
      if (modifier !== '') return undefined
      break
    default:
      return type satisfies never
  }
  return { on: 'row', param, test: testOf(type, asking.name, alternatives, asking.clock) }
}

function tokenClause(asking: Asking, { parameter: { name: param }, modifier, alternatives }: Simple): Clause | undefined {
  const row = (test: Test, not = false, of = param): Clause => ({ on: 'row', param: of, test, ...(not ? { not } : {}) })
  const tokens = (read: typeof belowOf, not = false): Clause =>
    row({ kind: 'token', anyOf: alternatives.map((piece) => read(piece, asking.name)) }, not)
  switch (modifier) {
    case '':
    case 'not':
      return tokens(tokenOf, modifier === 'not')
    case 'in':
    case 'not-in': {
      const members = alternatives.flatMap((piece) => membersOf(plain(piece), asking.name))
      return row({ kind: 'token', anyOf: members }, modifier === 'not-in')
    }
    case 'below':
      return tokens(belowOf)
    case 'above':
      return tokens(aboveOf)
    case 'text':
      return row(testOf('string', asking.name, alternatives, asking.clock), false, `${param}:text`)
    case 'of-type':
      return param.endsWith('identifier') ? row(typedTest(asking, alternatives), false, `${param}:of-type`) : undefined
    default:
      return undefined
  }
}

/** `system|type|value`. */
function typedTest(asking: Asking, alternatives: readonly string[]): Test {
  const anyOf = alternatives.map((piece) => {
    const [system = '', code = '', ...value] = pieces(piece, '|').map(plain)
    if (system === '' || code === '' || value.length === 0) throw badValue(asking.name, 'bad-token', '`system|type|value`')
    return { system, codes: [`${code}|${value.join('|')}`] }
  })
  return { kind: 'token', anyOf }
}

async function referenceClause(asking: Asking, { type, parameter, modifier, alternatives }: Simple): Promise<Clause | undefined> {
  const { name: param, targets } = parameter
  if (modifier === 'identifier')
    return { on: 'row', param: `${param}:identifier`, test: testOf('token', asking.name, alternatives, asking.clock) }
  if (modifier !== '' && !mayLead(parameter, modifier)) return undefined
  const isSystem = asking.call.caller.role === 'system'
  // The person of a record is its column; other references to a person are those of the records the person is known by.
  const mayBePersons = !isSystem && (param === 'patient' || param === 'subject') && personColumn(type)
  const values = alternatives.map(plain)
  const asked = await referenceTest(asking.context, asking.call, { values, type: modifier, targets, mayBePersons })
  asking.persons.push(...asked.persons)
  const isOfRecord = param === 'patient' || asked.persons.length > 0
  if (asked.isPersons && isOfRecord && mayBePersons) return { on: 'person', anyOf: asked.persons }
  const row: Clause = { on: 'row', param, test: asked.test }
  // What names one patient lies with that patient's records: the others' need not be looked through.
  const { among = [] } = asked
  const isNarrowed = among.length > 0 && (param === 'patient' || param === 'subject') && personColumn(type)
  return isNarrowed ? { on: 'all', of: [{ on: 'person', anyOf: among }, row] } : row
}

/** Types that may be about several patients at once are searched by each reference. */
function personColumn(type: string): boolean {
  return !['Account', 'Appointment', 'Group', 'Person', 'Provenance', 'Schedule'].includes(type)
}

function mayLead({ targets }: SearchParameter, type: string): boolean {
  return targets.length === 0 ? knownTypes.includes(type) : targets.includes(type)
}

async function compositeClause(asking: Asking, { parameter, alternatives }: Simple): Promise<Clause> {
  const anyOf: Test[][] = []
  for (const alternative of alternatives) {
    const values = pieces(alternative, '$')
    if (values.length !== parameter.parts.length)
      throw badValue(asking.name, 'bad-composite', `${parameter.parts.length} values with \`$\` between them`)
    const tests: Test[] = []
    for (const [at, { type }] of parameter.parts.entries()) tests.push(await partTest(asking, type, values[at] ?? ''))
    anyOf.push(tests)
  }
  return { on: 'composite', param: parameter.name, anyOf }
}

async function partTest(asking: Asking, type: SearchParameter['parts'][number]['type'], value: string): Promise<Test> {
  if (type !== 'reference') return testOf(type, asking.name, [value], asking.clock)
  const { test, persons } = await referenceTest(asking.context, asking.call, { values: [plain(value)], type: '', targets: [] })
  asking.persons.push(...persons)
  return test
}

/** `subject.name`, `subject:Patient.name`: as each type that the parameter may point at and that knows the rest. */
async function chainClause(asking: Asking, ask: Ask, rest: string, depth: number): Promise<Clause | undefined> {
  const [param = '', modifier = '', more] = ask.name.split(':', 3)
  const parameter = searchParametersOf(ask.type).get(param)
  if (parameter?.type !== 'reference' || more !== undefined || ask.type === 'AuditEvent') return undefined
  if (modifier === '' && parameter.targets.length === 0)
    throw badValue(asking.name, 'chain-without-type', `the type it leads to, as in \`${param}:Type.…\``)
  if (modifier !== '' && !mayLead(parameter, modifier)) return undefined
  const types = modifier === '' ? parameter.targets : [modifier]
  const through: { type: string; clause: Clause }[] = []
  let isKnown = false
  for (const type of types) {
    const clause = await clauseOf(asking, { type, name: rest, value: ask.value }, depth + 1)
    if (clause === undefined) continue
    isKnown = true
    if (mayFind(asking.call, type)) through.push({ type, clause })
  }
  if (!isKnown) return undefined
  if (through.length === 0) throw notFindable(asking)
  return { on: 'chain', param, through }
}

/** `_has:Observation:patient:code`. */
async function hasClause(asking: Asking, ask: Ask, depth: number): Promise<Clause | undefined> {
  const [, type = '', param = '', ...rest] = ask.name.split(':')
  const parameter = searchParametersOf(type).get(param)
  if (!knownTypes.includes(type) || type === 'AuditEvent' || ask.type === 'AuditEvent') return undefined
  if (parameter?.type !== 'reference' || !mayLead(parameter, ask.type)) return undefined
  const clause = await clauseOf(asking, { type, name: rest.join(':'), value: ask.value }, depth + 1)
  if (clause === undefined) return undefined
  if (!mayFind(asking.call, type)) throw notFindable(asking)
  return { on: 'has', type, param, clause }
}

/** What stands in a List that the caller may read. The spec's `$current-…` lists are computed by other servers, not here. */
async function listClause(asking: Asking, ask: Ask): Promise<Clause | undefined> {
  const ids = pieces(ask.value, ',').map((piece) => plain(piece).replace(/^List\//, ''))
  if (ask.type === 'AuditEvent' || ids.some((id) => id.startsWith('$'))) return undefined
  if (!mayFind(asking.call, 'List')) throw notFindable(asking)
  return { on: 'has', type: 'List', param: 'item', clause: await idClause(asking, 'List', ids, 1) }
}

function notFindable({ name }: Asking): Problem {
  return new Problem('forbidden', `\`${safeName(name)}\` reaches a type that this token may not search`, {
    id: 'role',
    expression: safeName(name),
  })
}
