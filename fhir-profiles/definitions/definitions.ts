/** The definitions a validator knows: R4's own and those loaded beside them, found by canonical url, each compiled to a tree once. */
import type { Definition } from './definition.ts'
import { mergeDifferential } from './differential.ts'
import { r4Definition } from './r4.ts'
import { treeOf } from './tree.ts'
import type { Tree } from './tree.ts'

export const coreUrl = 'http://hl7.org/fhir/StructureDefinition/'

export interface Definitions {
  /** by `url` or `url|version`; where the version is not known, the definition of the url: the caller sees its version */
  find(canonical: string): Definition | undefined
  /** undefined when its base is not known, or builds on itself */
  tree(definition: Definition): Tree | undefined
  /** paths of a differential that its base does not have */
  unknownPaths(definition: Definition): readonly string[]
  /** is the type, or a type it builds on, of this name? */
  isKindOf(type: string, ancestor: string): boolean
}

/** R4 and `added` (a later one of the same url and version replaces an earlier). */
export function definitionsWith(added: readonly Definition[]): Definitions {
  const byCanonical = new Map<string, Definition>()
  for (const definition of added) {
    byCanonical.set(definition.url, definition)
    if (definition.version !== undefined) byCanonical.set(`${definition.url}|${definition.version}`, definition)
  }
  // weak: a StructureDefinition that is itself validated is compiled and forgotten
  const trees = new WeakMap<Definition, Compiled>()
  const found = new Map<string, Definition>()
  const find = (canonical: string): Definition | undefined => {
    const known = found.get(canonical)
    if (known !== undefined) return known
    const definition = lookUp(canonical)
    // a canonical may name any version of what is there
    if (definition !== undefined && found.size < maxFound) found.set(canonical, definition)
    return definition
  }
  const lookUp = (canonical: string): Definition | undefined => {
    const bar = canonical.indexOf('|')
    const url = bar < 0 ? canonical : canonical.slice(0, bar)
    const own = r4Definition(url)
    // What R4 is made of cannot be replaced by a package; its profiles and extensions are published anew in packages of their own.
    if (own !== undefined && !own.isProfile) return own
    return byCanonical.get(canonical) ?? byCanonical.get(url) ?? own
  }
  const compiled = (definition: Definition): Compiled => {
    const known = trees.get(definition)
    if (known !== undefined) return known
    // Until it is done there is nothing to build on: a definition that builds on itself ends here.
    trees.set(definition, nothing)
    const made = compile(definition, find, (each) => compiled(each).tree)
    trees.set(definition, made)
    return made
  }
  return {
    find,
    tree: (definition) => compiled(definition).tree,
    unknownPaths: (definition) => compiled(definition).unknownPaths,
    isKindOf(type, ancestor) {
      for (let at: string | undefined = type; at !== undefined; at = find(coreUrl + at)?.base?.slice(coreUrl.length)) {
        if (at === ancestor) return true
      }
      return false
    },
  }
}

/** canonicals whose definition is kept at hand */
const maxFound = 10_000

interface Compiled {
  readonly tree: Tree | undefined
  readonly unknownPaths: readonly string[]
}

const nothing: Compiled = { tree: undefined, unknownPaths: [] }

function compile(definition: Definition, find: Definitions['find'], tree: (definition: Definition) => Tree | undefined): Compiled {
  if (definition.hasSnapshot) return { tree: treeOf(definition), unknownPaths: [] }
  const treeAt = (name: string): Tree | undefined => {
    const found = find(name.includes(':') ? name : coreUrl + name)
    return found === undefined ? undefined : tree(found)
  }
  const base = treeAt(definition.base ?? definition.type)
  return base === undefined ? nothing : mergeDifferential(base, definition, treeAt)
}
