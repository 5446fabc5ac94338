/** A value set as it is asked: its lists as maps, its canonicals without versions. */
import type { Head, PackedPart, PackedSet } from './bundle.ts'

export interface SetDefinition {
  readonly head: Head
  readonly include: readonly Part[]
  readonly exclude: readonly Part[]
  readonly packed: PackedSet
}

export interface Part {
  readonly system: string | undefined
  /** listed codes, each with the display the set gives it ('' = none); undefined = not by list */
  readonly codes: ReadonlyMap<string, string> | undefined
  readonly filters: NonNullable<PackedPart['f']>
  readonly valueSets: readonly string[]
}

/** `url|version` → url */
export function withoutVersion(canonical: string): string {
  const bar = canonical.indexOf('|')
  return bar < 0 ? canonical : canonical.slice(0, bar)
}

export function definitionOf(packed: PackedSet): SetDefinition {
  return { head: packed.h, include: packed.n.map(partOf), exclude: (packed.e ?? []).map(partOf), packed }
}

function partOf({ s, c, f = [], u = [] }: PackedPart): Part {
  return {
    system: s,
    codes: c === undefined ? undefined : new Map(c.map((each) => (typeof each === 'string' ? [each, ''] : each))),
    filters: f,
    valueSets: u.map(withoutVersion),
  }
}
