/**
 * What may this caller see? `decide` partially evaluated: everything about the request is settled here, and what is left is one predicate
 * over records, for live sources in JavaScript (`matches`) and for stored records in SQL (`toSql`). The two agree on every record.
 */
import {
  deniesAcross,
  deniesEverywhere,
  isSilent,
  permitsAcross,
  settleSpread,
  silentEverywhere,
  within,
  withholdsEverywhere,
  type Spread,
} from './combine.ts'
import { all, alternatives, always, any, custodianIs, keyOf, never, not, oneOf, truth } from './condition.ts'
import { declaredEmergency } from './decide.ts'
import { implicitly, opensEmergencies } from './implicit.ts'
import { ceiling, isStatutory } from './law/bounds.ts'
import { breakGlassRows, rowAt } from './law/kr.ts'
import { insideTheHouse, namedEmergency, wholeConsent, type Lens } from './lens.ts'
import { lasting, type Lasting } from './lasting.ts'
import { isInForce } from './rules/in-force.ts'
import { contextOf, dataOf } from './rules/index.ts'
import type { Question } from './rules/rule.ts'
import { networkController, treesOf, versionsOf, type ConsentTree, type Node } from './tree.ts'
import type { AccessRequest, Condition, Environment, ProvisionRow, Purpose, View } from './types.ts'

export { matches } from './condition.ts'
export { toSql, type Columns } from './sql.ts'

type RowsByPerson = ReadonlyMap<string, readonly ProvisionRow[]>

interface Asking {
  readonly request: AccessRequest
  readonly environment: Environment
  readonly nowMs: number
}

/**
 * @param rowsByPerson the compiled rules of every person who has any, among those the caller goes on to ask about and the person of a
 *   declared emergency; records of all other persons fall to the implicit policy, so a person left out is judged as one without consent
 * @param nowMs milliseconds since the epoch
 */
export function view(request: AccessRequest, rowsByPerson: RowsByPerson, environment: Environment, nowMs: number): View {
  const [only, another] = rowsByPerson
  if (only === undefined || another !== undefined) return newView(request, rowsByPerson, environment, nowMs)
  const [person, rows] = only
  const of = known.get(rows) ?? new WeakMap<AccessRequest, Known>()
  const before = of.get(request)
  if (before !== undefined && before.person === person && before.environment.implicit === environment.implicit && isWithin(before, nowMs))
    return before.view
  const made = newView(request, rowsByPerson, environment, nowMs)
  known.set(rows, of.set(request, { ...lasting(rows, nowMs), person, environment, view: made }))
  return made
}

interface Known extends Lasting {
  readonly person: string
  readonly environment: Environment
  readonly view: View
}

/** Neither rules nor requests change once they are made, so what one request sees of one person is made once; the memo is invisible to callers. */
const known = new WeakMap<readonly ProvisionRow[], WeakMap<AccessRequest, Known>>()

function isWithin({ fromMs, untilMs }: Lasting, nowMs: number): boolean {
  return fromMs <= nowMs && nowMs <= untilMs
}

function newView(request: AccessRequest, rowsByPerson: RowsByPerson, environment: Environment, nowMs: number): View {
  const trees = new Map([...rowsByPerson].map(([person, rows]) => [person, treesOf(rows)]))
  const consulted = versionsOf([...trees.values()].flat())
  if (request.purposes.length === 0) return { condition: never, consulted }
  const asking = { request, environment, nowMs }
  const elsewhere = residual(asking, undefined, [])
  const persons = new Set([...trees.keys(), ...personsOf(request)])
  const residuals = [...persons].map((person) => ({ person, condition: residual(asking, person, trees.get(person) ?? []) }))
  const own = request.basis.patientRequest
  const open = all([ceiling(request, nowMs), joined(residuals, elsewhere)])
  return { condition: own.kind === 'person' ? any([oneOf('persons', [own.person]), open]) : open, consulted }
}

/** Persons whose records the request itself singles out. */
function personsOf(request: AccessRequest): readonly string[] {
  return [request.basis.emergency, request.basis.statute].flatMap((basis) => (basis.kind === 'person' ? [basis.person] : []))
}

/**
 * One predicate for all persons. Most persons' residuals only add to what holds for everybody, so the common part is written once;
 * persons who see less of it are taken out of it.
 */
function joined(residuals: readonly { readonly person: string; readonly condition: Condition }[], elsewhere: Condition): Condition {
  const common = new Set(alternatives(elsewhere).map(keyOf))
  const additions: Condition[] = []
  const exceptions: Condition[] = []
  const excepted: string[] = []
  for (const group of Map.groupBy(residuals, ({ condition }) => keyOf(condition)).values()) {
    const persons = group.map(({ person }) => person)
    const condition = group[0]?.condition ?? never
    const members = alternatives(condition)
    const own = members.filter((member) => !common.has(keyOf(member)))
    if (condition.op === 'true' || members.length - own.length === common.size) additions.push(all([oneOf('persons', persons), any(own)]))
    else {
      excepted.push(...persons)
      exceptions.push(all([oneOf('persons', persons), condition]))
    }
  }
  return any([all([elsewhere, not(oneOf('persons', excepted))]), ...additions, ...exceptions])
}

/** What opens one person's records to the caller, before the ceiling of the law; undefined = a person nothing is known about. */
function residual(asking: Asking, person: string | undefined, trees: readonly ConsentTree[]): Condition {
  const { request } = asking
  const emergencies = person === undefined ? [] : declaredEmergency(request, person)
  const statutory = truth(person !== undefined && isStatutory(request, person, asking.nowMs))
  const opened =
    emergencies.length === 0
      ? [ordinary(asking, trees, request.purposes)]
      : [ordinary(asking, trees, ['TREAT']), emergency(asking, trees, emergencies)]
  return any([statutory, ...opened])
}

function ordinary(asking: Asking, trees: readonly ConsentTree[], purposes: readonly Purpose[]): Condition {
  const { request } = asking
  const inHouse = purposes.map((purpose) => not(deniesAcross(spreads(asking, trees, purpose, insideTheHouse))))
  const consented = purposes.map((purpose) =>
    permitsAcross(spreads(asking, trees, purpose, wholeConsent), implicitly(asking.environment.implicit, questionOf(asking, purpose))),
  )
  return any([all([truth(request.basis.inHouse), custodianIs(request.institution), ...inHouse]), all(consented)])
}

function emergency(asking: Asking, trees: readonly ConsentTree[], purposes: readonly Purpose[]): Condition {
  const law = rowAt(breakGlassRows, asking.nowMs)
  const named = purposes.map((purpose) => spreads(asking, trees, purpose, namedEmergency))
  const opened =
    law?.withoutConsent === true || opensEmergencies(asking.environment.implicit)
      ? always
      : all(named.map((consents) => permitsAcross(consents, never)))
  const closed = law?.honoursNamedDeny === false ? never : any(named.map(deniesAcross))
  return all([opened, not(closed)])
}

function spreads(asking: Asking, trees: readonly ConsentTree[], purpose: Purpose, lens: Lens): readonly Spread[] {
  const question = questionOf(asking, purpose)
  const spoken: Spread[] = []
  for (const tree of trees) {
    const spread = consentSpread(tree, question, lens)
    if (!isSilent(spread)) spoken.push(within(tree.controller === networkController ? always : custodianIs(tree.controller), spread))
  }
  return spoken
}

function consentSpread(tree: ConsentTree, question: Question, lens: Lens): Spread {
  const { root } = tree
  if (root === undefined) return deniesEverywhere
  if (root.row.unreadable) return isInForce(root.row, question.nowMs) ? deniesEverywhere : silentEverywhere
  return settleSpread(childSpreads(root, question, lens), rootSpread(root.row, question, lens))
}

function rootSpread(row: ProvisionRow, question: Question, lens: Lens): Spread {
  if (!lens.counts(row, question) || !isInForce(row, question.nowMs)) return silentEverywhere
  if (row.type === 'permit' && row.blind.length > 0) return withholdsEverywhere
  const context = all(contextOf(row, question, lens.given))
  if (context.op === 'false') return silentEverywhere
  const data = all(dataOf(row))
  if (row.type === 'deny') return { ...silentEverywhere, deny: all([context, data]) }
  return { ...silentEverywhere, withhold: all([context, not(data)]), permit: all([context, data]) }
}

function childSpreads(node: Node, question: Question, lens: Lens): readonly Spread[] {
  return node.children.map((child) => settleSpread(childSpreads(child, question, lens), ownSpread(child.row, question, lens)))
}

function ownSpread(row: ProvisionRow, question: Question, lens: Lens): Spread {
  if (!lens.counts(row, question) || (row.type === 'permit' && row.blind.length > 0)) return silentEverywhere
  const context = all(contextOf(row, question, lens.given))
  if (context.op === 'false') return silentEverywhere
  const where = all([context, all(dataOf(row))])
  return { ...silentEverywhere, [row.type]: where }
}

function questionOf({ request, nowMs }: Asking, purpose: Purpose): Question {
  return { request, purpose, nowMs }
}
