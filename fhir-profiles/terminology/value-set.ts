/**
 * Is a coding in a value set? Three-valued: where it hangs on content that is not held, nobody knows.
 * Spec: http://hl7.org/fhir/R4/valueset.html#compositions
 */
import type { CodeTable } from './code-table.ts'
import { testOf, type Answer, type Test } from './filter.ts'
import { grammarOf } from './grammar.ts'
import { withoutVersion, type Part, type SetDefinition } from './definition.ts'
import type { Source } from './source.ts'

/** sets that include each other come to an end here */
const maxNesting = 16

export interface Asked {
  /** undefined = whichever system of the set has the code */
  readonly system: string | undefined
  readonly code: string
}

/** Membership over one source; what it learns of filters it keeps. */
export function membership(source: Source): (url: string, asked: Asked) => Answer {
  const tests = new WeakMap<Part, readonly Test[]>()

  function inSet(url: string, asked: Asked, depth: number): Answer {
    const set = source.valueSet(withoutVersion(url))
    return set === undefined || depth > maxNesting ? 'unknown' : inDefinition(set, asked, depth)
  }

  function inDefinition(set: SetDefinition, asked: Asked, depth: number): Answer {
    if (set.include.length === 0) return 'unknown'
    const included = any(set.include, (part) => inPart(part, asked, depth))
    if (included === 'no' || set.exclude.length === 0) return included
    return all([included, opposite(any(set.exclude, (part) => inPart(part, asked, depth)))])
  }

  function inPart(part: Part, asked: Asked, depth: number): Answer {
    const bySystem = part.system === undefined ? 'yes' : inSystem(part, asked)
    if (bySystem === 'no' || part.valueSets.length === 0) return bySystem
    return all([bySystem, ...part.valueSets.map((url) => inSet(url, asked, depth + 1))])
  }

  function inSystem(part: Part, asked: Asked): Answer {
    const { system = '' } = part
    if (asked.system !== undefined && asked.system !== withoutVersion(system)) return 'no'
    const table = source.system(withoutVersion(system))
    if (part.codes !== undefined) return isListed(part.codes, asked.code, table)
    const grammar = grammarOf(system)
    if (grammar !== undefined) return part.filters.length > 0 ? 'unknown' : grammar(asked.code)
    if (table === undefined) return 'unknown'
    const at = table.indexOf(asked.code)
    if (at < 0) return table.content === 'complete' ? 'no' : 'unknown'
    return all(testsOf(part, table).map((test) => test(at)))
  }

  function testsOf(part: Part, table: CodeTable): readonly Test[] {
    const known = tests.get(part)
    if (known !== undefined) return known
    const made = part.filters.map((filter) => testOf(table, filter))
    tests.set(part, made)
    return made
  }

  return (url, asked) => inSet(url, asked, 0)
}

function isListed(codes: ReadonlyMap<string, string>, code: string, table: CodeTable | undefined): Answer {
  if (codes.has(code)) return 'yes'
  // the same concept in other case, where the system does not mind
  if (table === undefined || table.isCaseSensitive) return 'no'
  const at = table.indexOf(code)
  return at >= 0 && codes.has(table.codeAt(at)) ? 'yes' : 'no'
}

function any<T>(items: readonly T[], ask: (item: T) => Answer): Answer {
  let answer: Answer = 'no'
  for (const item of items) {
    const each = ask(item)
    if (each === 'yes') return 'yes'
    if (each === 'unknown') answer = 'unknown'
  }
  return answer
}

export function all(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no'
  return answers.includes('unknown') ? 'unknown' : 'yes'
}

function opposite(answer: Answer): Answer {
  return answer === 'yes' ? 'no' : answer === 'no' ? 'yes' : 'unknown'
}
