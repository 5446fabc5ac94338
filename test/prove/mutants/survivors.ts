/** Mutants that no test can or need notice, by the line they stand on. A survivor that is not here makes the run fail. */
import { readFileSync } from 'node:fs'
import type { Mutant } from './mutations.ts'
import { root } from './syntax.ts'

export interface Survivor {
  /** under consent/ */
  readonly file: string
  /** part of the source line */
  readonly line: string
  /** part of the text replaced */
  readonly was?: string
  readonly put?: string
  readonly why: string
}

export const survivors: readonly Survivor[] = [
  { file: 'combine.ts', line: 'const strictness', why: 'the order of the four stays the same' },
  { file: 'combine.ts', line: 'second === undefined', why: 'a shortcut: the rest of the function gives the same for one ruling' },
  { file: 'combine.ts', line: 'strictness[ruling.value] <', why: 'equal strictness is the same value' },
  { file: 'combine.ts', line: 'children.length === 0', why: 'a shortcut: joining nothing leaves the own spread as it is' },
  {
    file: 'decide.ts',
    line: 'known !== undefined && known.nowMs',
    was: 'known !== undefined',
    put: 'false',
    why: 'a memo: only time is saved',
  },
  { file: 'decide.ts', line: 'reasons.length < 2', why: 'a shortcut: one reason is sorted and distinct' },
  {
    file: 'decide.ts',
    line: '(a < b ? -1 : 1)',
    why: 'keys of a Map are never equal, and any number from 0 upwards leaves two as they stand',
  },
  { file: 'decide.ts', line: ".join('|')", why: 'ids, versions and paths of the network do not run into one another' },
  { file: 'label.ts', line: 'hit.size < 2', why: 'a shortcut: one table is in the order of the tables' },
  { file: 'places.ts', line: 'if (places.isEmpty)', why: 'a shortcut: where there is no such place, none is named' },
  { file: 'redact.ts', line: 'value === undefined', why: 'a shortcut: an element that is absent says nothing more' },
  { file: 'view.ts', line: 'fromMs <= nowMs', was: '<=', why: 'a memo: at the edge itself it is made anew, and the same' },
  { file: 'view.ts', line: "context.op === 'false'", why: 'a shortcut: all() of what holds nowhere holds nowhere' },
  { file: 'view.ts', line: '!isSilent(spread)', why: 'a silent spread adds nothing to a disjunction' },
  { file: 'view.ts', line: 'person === undefined ?', why: 'no emergency is declared for an undefined person' },
  { file: 'view.ts', line: 'honoursNamedDeny === false', why: 'every row of the law so far honours a named refusal' },
  { file: 'view.ts', line: "condition.op === 'true' ||", why: 'the predicate is longer and means the same' },
  {
    file: 'view.ts',
    line: 'withhold: all([context, not(data)]), permit',
    why: 'withholding is asked before permitting, so a permit may claim what is withheld',
  },
  { file: 'view.ts', line: "basis.kind === 'person' ?", why: 'an undefined person has no records' },
  {
    file: 'rules/data.ts',
    line: 'type === undefined || id === undefined',
    why: 'the two groups of the expression match together or not at all',
  },
  {
    file: 'rules/data.ts',
    line: 'targetKey(a) < targetKey(b)',
    why: 'sorting asks only whether the number is negative; equal keys are equal targets',
  },
  { file: 'rules/index.ts', line: 'row.blind.length > 0', why: 'a shortcut: an empty list includes nothing' },
  { file: 'rules/index.ts', line: "said.op === 'false'", why: 'a shortcut: a list with what holds nowhere in it holds nowhere' },
  { file: 'rules/index.ts', line: 'given === undefined', why: 'a shortcut: no rule is of an undefined element' },
  { file: 'rules/index.ts', line: 'known !== undefined', why: 'a memo: only time is saved' },
  { file: 'rules/in-force.ts', line: 'reason !== undefined ||', why: 'a missing bound always has a reason; the rest is for the compiler' },
  {
    file: 'rules/in-force.ts',
    line: 'start === undefined || end === undefined) return',
    why: 'the caller gives the same reason for a missing bound',
  },
  { file: 'tree.ts', line: 'cut < 0', why: 'the text before place -1 and before place 0 differ only where there is no dot at all' },
  { file: 'remainder.ts', line: 'isHopeless(', why: 'a shortcut: a rule that holds nowhere is asked in vain' },
  { file: 'remainder.ts', line: "first?.op === 'false'", why: 'a shortcut: a rule that holds nowhere is asked in vain' },
  {
    file: 'remainder.ts',
    line: 'rest.exceptions.length === 0',
    why: 'a shortcut: without exceptions the own ruling is asked all the same',
  },
  { file: 'remainder.ts', line: 'node.children.length === 0', why: 'a shortcut: without children no exception is left' },
  { file: 'remainder.ts', line: 'exceptions.length === 0 ?', why: 'a shortcut: without exceptions the own rule is asked all the same' },
  { file: 'remainder.ts', line: 'const nothing: Rest', why: 'met and missed are both silence' },
  {
    file: 'tree.ts',
    line: '(a < b ? -1 : 1)',
    why: 'keys of a Map are never equal, and any number from 0 upwards leaves two as they stand',
  },
  { file: 'tree.ts', line: 'first === undefined', why: 'a group of Map.groupBy has a member' },
  { file: 'law/kr.ts', line: 'last.fromMs > row.fromMs', why: 'no two rows of the law begin on the same day' },
  { file: 'compile.ts', line: 'years === undefined ||', why: 'a birth date that is absent is no date either, and the law has a row' },
  { file: 'compile.ts', line: 'ownConsentAgeRows.at(-1)', why: 'the law has one row so far' },
  { file: 'condition.ts', line: 'JSON.stringify([condition.op', why: 'a list of this shape is made for no other condition' },
  { file: 'condition.ts', line: '!isAtom(atom)', why: 'a shortcut: only atoms imply anything' },
  { file: 'condition.ts', line: 'flat.length < 2', why: 'a shortcut: one member has nothing to merge with' },
  { file: 'condition.ts', line: '.length < 2) return members', why: 'a shortcut: one atom has nothing to merge with' },
  { file: 'condition.ts', line: 'isLimitAtom(condition) && isLimitAtom(atom)', why: 'the same op makes both of them limits' },
  {
    file: 'condition.ts',
    line: "first === undefined) return op === 'and'",
    why: 'what was joined had two open members, and no law takes both away without deciding',
  },
  { file: 'instant.ts', line: "part.get('", why: 'the formatter always gives this part' },
  { file: 'condition.ts', line: 'condition.op !== neutral.op', why: 'a shortcut: neutral members are left out again further on' },
  { file: 'condition.ts', line: 'members.length > 1 &&', why: 'a shortcut: one member cannot be shortened' },
  { file: 'condition.ts', line: 'isLimitAtom(condition)', why: 'the same op makes both of them limits' },
  {
    file: 'condition.ts',
    line: 'keyOf(x) < keyOf(y)',
    why: 'sorting asks only whether the number is negative; members have different keys',
  },
  { file: 'label-order.ts', line: 'found.has(code)', why: 'the hierarchy has no circle: only time is saved' },
  { file: 'lifecycle.ts', line: "['inactive', ['entered-in-error']]", why: 'a status that is not in the table has no successor either' },
  { file: 'clause.ts', line: 'row.untilMs < parent.untilMs', why: 'a rule never outlives its parent, so the end is its own or the same' },
  { file: 'clause.ts', line: "actions: 'action'", why: 'text: no told consent has an action that cannot be read; decides nothing' },
  {
    file: 'consult.ts',
    line: '!open.has(cell.class)',
    why: 'a permitted class and a plain cell fall together in the cases tried; the content sent along is judged by decide',
  },
  { file: 'consult.ts', line: "cell.kind.by === 'plain' && ", why: 'as above' },
  { file: 'consult.ts', line: '(a < b ? -1 : 1)', why: 'the consents come sorted in the cases tried; an order nobody decides by' },
  { file: 'consult.ts', line: "cell.kind.by === 'sensitivity'", why: 'as above' },
  { file: 'directed.ts', line: 'relatesBothWays: false', why: 'only faults are read here, and relating both ways is none' },
  {
    file: 'enforcement.ts',
    line: 'root.fromMs > nowMs',
    why: 'gap of one millisecond in a word for the officer; decisions use isInForce, which is tested at its edges',
  },
  {
    file: 'enforcement.ts',
    line: 'const isRead',
    why: 'gap: no consent of the tests is both unverified and unreadable; a word for the officer',
  },
  { file: 'simulate.ts', line: "by: 'confidentiality', rank", why: 'cells of $explain: fewer cells, each still the live decision' },
  { file: 'simulate.ts', line: "kind.by === 'dates'", why: 'cells of $explain: another made-up record, each still the live decision' },
  { file: 'simulate.ts', line: 'key.slice(0, bar)', why: 'cells of $explain: a made-up code; each still the live decision' },
  {
    file: 'clause.ts',
    line: 'const isOwn = ',
    why: 'text: no told rule names anew one side only beside an inherited other; decides nothing',
  },
  { file: 'condition.ts', line: '!isSetAtom(condition) || !isSetAtom(atom)', why: 'the same op makes both of them lists of keys' },
  { file: 'sql.ts', line: 'const hashedFrom', why: 'from where on a hash is used: only time' },
  {
    file: 'sql.ts',
    line: 'condition.of.length === 0) return',
    why: 'the constructors make no junction of nothing; the line is for conditions made by hand',
  },
]

/** Why nobody notices; undefined for a mutant that should have been. */
export function whyOf({ file, line, was, put }: Mutant): string | undefined {
  const text = readFileSync(`${root}${file}`, 'utf8').split('\n')[line - 1] ?? ''
  const isMeant = (each: Survivor): boolean =>
    file === `consent/${each.file}` &&
    text.includes(each.line) &&
    (each.was === undefined || was.includes(each.was)) &&
    (each.put === undefined || put === each.put)
  return survivors.find(isMeant)?.why
}

export function isExplained(mutant: Mutant): boolean {
  return whyOf(mutant) !== undefined
}
