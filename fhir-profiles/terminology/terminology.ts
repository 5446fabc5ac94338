/**
 * What a validator, a search and an operation ask of code systems and value sets. Pure: what is not held is `unknown`, never guessed.
 * Spec: http://hl7.org/fhir/R4/terminology-service.html
 */
import type { Resource } from '../r4.ts'
import { korean, r4 } from './committed.ts'
import { grammarOf } from './grammar.ts'
import { packDetails, packMap, packSet, packSystem } from './pack.ts'
import { bundleSource, layered, lazily, type Source } from './source.ts'
import { membership } from './value-set.ts'

export interface AskedCoding {
  readonly system?: string
  readonly code?: string
  readonly version?: string
  readonly display?: string
}

export type Membership = 'yes' | 'no' | 'unknown'

export interface Terminology {
  /**
   * Whether a coding is in a value set (canonical, a `|version` is allowed). `unknown` where the set is not held, or where membership hangs
   * on a system that is not held. A coding without a system is asked as a plain code: `yes` if any system of the set has it there.
   */
  inValueSet(url: string, coding: AskedCoding): Membership
  /** Whether every code of this system is held, so that a code that is not found is wrong. */
  knowsSystem(url: string): boolean
  /** The displays of a code, the preferred one first, designations after it; undefined where system or code is not held. A code that is right by
   * the grammar of its system may have none. */
  display(system: string, code: string): readonly string[] | undefined
}

/** What these sources together know. */
export function terminologyOf(source: Source): Terminology {
  const member = membership(source)
  const isMember = remembered((url, system, code) => member(url, { system, code }))
  const displays = remembered((_, system, code) => displaysOf(source, system ?? '', code))
  const known = new Map<string, boolean>()
  return {
    inValueSet: (url, { system, code }) => (code === undefined ? 'unknown' : isMember(url, system, code)),
    knowsSystem(url) {
      const before = known.get(url)
      if (before !== undefined) return before
      const answer = grammarOf(url) !== undefined || source.system(url)?.content === 'complete'
      if (known.size < maxKept) known.set(url, answer)
      return answer
    },
    display: (system, code) => displays('', system, code).names,
  }
}

interface Displays {
  readonly names: readonly string[] | undefined
}

function displaysOf(source: Source, system: string, code: string): Displays {
  const table = source.system(system)
  const at = table?.indexOf(code) ?? -1
  if (table === undefined || at < 0) return { names: grammarOf(system)?.(code) === 'yes' ? [] : undefined }
  const names = [table.displayAt(at), ...table.detailsOf(at).designations.map(([, value]) => value)]
  return { names: names.filter((name) => name !== '') }
}

/** answers kept; what comes after is looked up each time */
const maxKept = 50_000

type Ask<T> = (url: string, system: string | undefined, code: string) => T

/** The same few codes are asked about again and again, and what a source holds does not change. */
function remembered<T extends string | object>(ask: Ask<T>): Ask<T> {
  const sets = new Map<string, Map<string | undefined, Map<string, T>>>()
  let kept = 0
  return (url, system, code) => {
    const before = sets.get(url)?.get(system)?.get(code)
    if (before !== undefined) return before
    const answer = ask(url, system, code)
    if (kept >= maxKept) return answer
    kept += 1
    const systems = sets.get(url) ?? new Map<string | undefined, Map<string, T>>()
    const codes = systems.get(system) ?? new Map<string, T>()
    sets.set(url, systems.set(system, codes.set(code, answer)))
    return answer
  }
}

/** Code systems and value sets of FHIR resources (an implementation guide, a package); other resources are passed over. */
export function sourceOf(resources: readonly Resource[]): Source {
  const systems = resources.flatMap((each) => (each.resourceType === 'CodeSystem' && each.content !== 'supplement' ? [each] : []))
  return bundleSource({
    systems: lazily(() => systems.map(packSystem)),
    details: lazily(() => systems.flatMap((each) => packDetails(each) ?? [])),
    sets: lazily(() => resources.flatMap((each) => (each.resourceType === 'ValueSet' ? [packSet(each)] : []))),
    maps: lazily(() => resources.flatMap((each) => (each.resourceType === 'ConceptMap' ? [packMap(each)] : []))),
  })
}

/** R4 and KR Core, as committed; each section is unpacked when it is first asked for. */
export const bundledSource: () => Source = lazily(() => layered([bundleSource(korean), bundleSource(r4)]))

export const bundledTerminology: () => Terminology = lazily(() => terminologyOf(bundledSource()))
