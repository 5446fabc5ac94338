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
  const isMember = remembered(membership(source))
  return {
    inValueSet: (url, { system, code }) => (code === undefined ? 'unknown' : isMember(url, { system, code })),
    knowsSystem: (url) => grammarOf(url) !== undefined || source.system(url)?.content === 'complete',
    display(system, code) {
      const table = source.system(system)
      const at = table?.indexOf(code) ?? -1
      if (table === undefined || at < 0) return grammarOf(system)?.(code) === 'yes' ? [] : undefined
      const names = [table.displayAt(at), ...table.detailsOf(at).designations.map(([, value]) => value)]
      return names.filter((name) => name !== '')
    },
  }
}

/** answers kept; what comes after is looked up each time */
const maxKept = 50_000

type IsMember = ReturnType<typeof membership>

/** The same few codes are asked about again and again, and what a source holds does not change. */
function remembered(isMember: IsMember): IsMember {
  const sets = new Map<string, Map<string | undefined, Map<string, Membership>>>()
  let kept = 0
  return (url, asked) => {
    const systems = sets.get(url) ?? new Map<string | undefined, Map<string, Membership>>()
    const codes = systems.get(asked.system) ?? new Map<string, Membership>()
    const known = codes.get(asked.code)
    if (known !== undefined) return known
    const answer = isMember(url, asked)
    if (kept >= maxKept) return answer
    kept += 1
    codes.set(asked.code, answer)
    systems.set(asked.system, codes)
    sets.set(url, systems)
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
