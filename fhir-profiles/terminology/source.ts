/** Where code systems, value sets and concept maps are looked up: a bundle, resources, compiled releases, or several of them in turn. */
import type { Bundle, Head, PackedMap } from './bundle.ts'
import { listTable, type CodeTable } from './code-table.ts'
import { definitionOf, type SetDefinition } from './definition.ts'
import { implicitSet } from './implicit.ts'

export type PublishedType = 'CodeSystem' | 'ValueSet' | 'ConceptMap'

export interface Source {
  system(url: string): CodeTable | undefined
  /** a canonical without its version; implicit value sets included */
  valueSet(url: string): SetDefinition | undefined
  maps(): readonly PackedMap[]
  heads(type: PublishedType): readonly Head[]
  /** the object identifiers of code systems, by `urn:oid:` name → url */
  oids(): ReadonlyMap<string, string>
}

/** Each part of a bundle is read when it is first needed. */
export function bundleSource(bundle: { readonly [K in keyof Bundle]: () => Bundle[K] }): Source {
  const packed = lazily(() => new Map(bundle.systems().map((item) => [item.h[0], item])))
  const details = lazily(() => new Map(bundle.details().map((item) => [item.u, item])))
  const sets = lazily(() => new Map(bundle.sets().map((item) => [item.h[0], item])))
  const oids = lazily(() => new Map(bundle.systems().flatMap(({ h, o }) => (o === undefined ? [] : [[`urn:oid:${o}`, h[0]] as const]))))
  const tables = new Map<string, CodeTable>()
  const definitions = new Map<string, SetDefinition>()
  return {
    system(url) {
      const known = tables.get(url)
      const found = known === undefined ? packed().get(url) : undefined
      if (found === undefined) return known
      const table = listTable(found, () => details().get(url))
      tables.set(url, table)
      return table
    },
    valueSet(url) {
      const known = definitions.get(url)
      const found = known === undefined ? sets().get(url) : undefined
      if (found === undefined) return known
      const definition = definitionOf(found)
      definitions.set(url, definition)
      return definition
    },
    maps: bundle.maps,
    heads(type) {
      if (type === 'CodeSystem') return [...packed().values()].map(({ h }) => h)
      return type === 'ValueSet' ? [...sets().values()].map(({ h }) => h) : bundle.maps().map(({ h }) => h)
    },
    oids,
  }
}

const order = ['complete', 'fragment', 'example', 'not-present', 'supplement'] as const

/** The sources in turn. Of one code system the fullest is taken, and of equals the first; so a release put in replaces an empty shell. */
export function layered(sources: readonly Source[]): Source {
  const rankOf = (table: CodeTable): number => order.indexOf(table.content)
  const tables = new Map<string, CodeTable>()
  const system = (url: string): CodeTable | undefined => {
    const known = tables.get(url)
    if (known !== undefined) return known
    const [best] = sources.flatMap((source) => source.system(url) ?? []).toSorted((a, b) => rankOf(a) - rankOf(b))
    if (best !== undefined) tables.set(url, best)
    return best
  }
  return {
    system,
    valueSet(url) {
      for (const source of sources) {
        const found = source.valueSet(url)
        if (found !== undefined) return found
      }
      return implicitSet(url)
    },
    maps: lazily(() => sources.flatMap((source) => source.maps())),
    heads(type) {
      const found = new Map<string, Head>()
      for (const source of sources.toReversed()) for (const head of source.heads(type)) found.set(head[0], head)
      // of a code system, the one that answers for the url
      return type === 'CodeSystem' ? [...found].map(([url, head]) => system(url)?.head ?? head) : [...found.values()]
    },
    oids: lazily(() => new Map(sources.flatMap((source) => [...source.oids()]))),
  }
}

/** The value of `make`, made at the first call. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
