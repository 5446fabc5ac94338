/**
 * What is left of a consent once everything about the request is settled: the rules that may still speak, each asking about the record only,
 * with the ruling it would give ready at hand. Made once per question; `decide.ts` then reads it for record after record.
 */
import { settle, silence, type Ruling, type Value } from './combine.ts'
import { matches, never } from './condition.ts'
import type { Lens } from './lens.ts'
import { isInForce } from './rules/in-force.ts'
import { contextOf, dataOf } from './rules/index.ts'
import type { Question } from './rules/rule.ts'
import type { ConsentTree, Node } from './tree.ts'
import type { Condition, Facts } from './types.ts'

export interface Remainder {
  /** directory id; the network's consents govern all records, an institution's only its own custody */
  readonly controller: string
  readonly rule: Rest
}

/** One rule and its exceptions. Where all of `where` hold it says `met`, elsewhere `missed`; where `context` does not hold it is silent. */
interface Rest {
  readonly exceptions: readonly Rest[]
  readonly context: readonly Condition[]
  readonly where: readonly Condition[]
  readonly met: Ruling
  readonly missed: Ruling
}

/** The consents that may have something to say about some record. */
export function remaindersOf(trees: readonly ConsentTree[], question: Question, lens: Lens): readonly Remainder[] {
  const remainders: Remainder[] = []
  for (const tree of trees) {
    const rule = restOf(tree, question, lens)
    if (rule !== undefined) remainders.push({ controller: tree.controller, rule })
  }
  return remainders
}

export function rulingOf(rest: Rest, facts: Facts): Ruling {
  if (rest.exceptions.length === 0) return ownRuling(rest, facts)
  return settle(
    rest.exceptions.map((exception) => rulingOf(exception, facts)),
    () => ownRuling(rest, facts),
  )
}

function ownRuling({ context, where, met, missed }: Rest, facts: Facts): Ruling {
  if (!meets(context, facts)) return silence
  return meets(where, facts) ? met : missed
}

function meets(conditions: readonly Condition[], facts: Facts): boolean {
  return conditions.every((condition) => matches(condition, facts))
}

/** A list that holds for no record begins with what holds for none. */
function isHopeless([first]: readonly Condition[]): boolean {
  return first?.op === 'false'
}

function restOf(tree: ConsentTree, question: Question, lens: Lens): Rest | undefined {
  const { root } = tree
  if (root === undefined) return says(ruled('deny', 'unreadable-consent', tree, ''))
  const { row } = root
  if (row.unreadable) return isInForce(row, question.nowMs) ? says(ruled('deny', 'unreadable-consent', tree, '')) : undefined
  return withExceptions(root, rootRest(tree, root, question, lens), question, lens)
}

/** Undefined = silent whatever the record. */
function rootRest(tree: ConsentTree, { row }: Node, question: Question, lens: Lens): Rest | undefined {
  if (!lens.counts(row, question) || !isInForce(row, question.nowMs)) return undefined
  if (row.type === 'permit' && row.blind.length > 0) return says(ruled('withhold', 'unreadable-permit', tree, ''))
  const context = contextOf(row, question, lens.given)
  if (isHopeless(context)) return undefined
  const missed = row.type === 'permit' ? ruled('withhold', 'withheld', tree, '') : silence
  const where = dataOf(row)
  return { exceptions: [], context, where, met: ruled(row.type, row.type, tree, ''), missed }
}

function exceptionRest(node: Node, question: Question, lens: Lens): Rest | undefined {
  return withExceptions(node, ownRest(node, question, lens), question, lens)
}

function ownRest({ row }: Node, question: Question, lens: Lens): Rest | undefined {
  if (!lens.counts(row, question) || (row.type === 'permit' && row.blind.length > 0)) return undefined
  const context = contextOf(row, question, lens.given)
  if (isHopeless(context)) return undefined
  const where = dataOf(row)
  return isHopeless(where) ? undefined : { exceptions: [], context, where, met: ruled(row.type, row.type, row, row.path), missed: silence }
}

/** An exception that is silent on every record leaves the rule as it is. */
function withExceptions(node: Node, own: Rest | undefined, question: Question, lens: Lens): Rest | undefined {
  if (node.children.length === 0) return own
  const exceptions = node.children.map((child) => exceptionRest(child, question, lens)).filter((rest) => rest !== undefined)
  return exceptions.length === 0 ? own : { ...(own ?? nothing), exceptions }
}

const nothing: Rest = { exceptions: [], context: [never], where: [], met: silence, missed: silence }

function says(ruling: Ruling): Rest {
  return { exceptions: [], context: [], where: [], met: ruling, missed: ruling }
}

function ruled(value: Value, rule: string, of: { readonly consent: string; readonly version: string }, path: string): Ruling {
  return { value, because: [{ rule, consent: of.consent, version: of.version, path }] }
}
