/** What comes along with the matches of a search: judged like everything else, each group of types by its own sight. */
import { bundleEntryOf } from './bundle-text.ts'
import type { TextEntry } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held } from './held.ts'
import { groupOf, judge, sightFor, type Part } from './judged.ts'
import { personOf } from './composed.ts'

export interface IncludedParts {
  readonly entries: readonly TextEntry[]
  /** for the ledger */
  readonly parts: readonly Part[]
}

export const nothingIncluded: IncludedParts = { entries: [], parts: [] }

/** Network ids, for what refers to these; of some persons only where they are named. */
export function matchesAmong(held: readonly Held[], persons?: ReadonlySet<string>): readonly string[] {
  return held.flatMap((each) => {
    const { facts } = open(each)
    return persons === undefined || persons.has(facts.person) ? [facts.id] : []
  })
}

/** People get a person once, composed of the Patient records that passed; a system its own Patient records. */
export async function judgeIncluded(
  context: Context,
  call: Call,
  { held, persons }: { readonly held: readonly Held[]; readonly persons: readonly string[] },
): Promise<IncludedParts> {
  if (held.length === 0) return nothingIncluded
  const contents = held.map(open)
  const parts: Part[] = []
  for (const [type, of] of Map.groupBy(contents, ({ facts }) => groupOf(facts.type))) {
    const sight = await sightFor(context.store, context, call, { type, persons })
    parts.push(...(await judge(context, call, sight, of)))
  }
  const base = `${context.config.publicUrl}/fhir/R4`
  const isPerson = (part: Part): boolean => part.type === 'Patient' && call.caller.role !== 'system'
  const people = Map.groupBy(parts.filter(isPerson), ({ person }) => person)
  const composed = [...people].map(([person, own]) => {
    const { id, text } = personOf(person, own)
    return bundleEntryOf(base, { type: 'Patient', id, text }, 'include')
  })
  const others = parts.filter((part) => !isPerson(part)).map((part) => bundleEntryOf(base, part, 'include'))
  return { entries: [...composed, ...others], parts }
}
