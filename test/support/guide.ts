/** Our guide, KR Core's facts and the examples, as the tests read them. */
import { readdirSync, readFileSync } from 'node:fs'
import type { StructureDefinition, World } from './plain-profile.ts'

const root = new URL('../../fhir-profiles/', import.meta.url)

export function loaded(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'))
}

interface Example {
  readonly resourceType: string
  readonly meta?: { readonly profile?: readonly string[] }
}

/** `care-patient/valid-clinic.json` */
export const examples: readonly string[] = readdirSync(new URL('examples/', root), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(new URL(`examples/${name}/`, root)).map((file) => `${name}/${file}`))

export function readExample(file: string): Example {
  // an example of ours; what else it holds is what the tests are about
  return loaded(`examples/${file}`) as Example
}

interface Concepts {
  readonly concept?: readonly { readonly code: string }[]
}

/** What the tests read of the package's resources; which of it is there depends on the type. */
export interface GuideResource extends Concepts {
  readonly id: string
  readonly url: string
  readonly compose?: { readonly include: readonly (Concepts & { readonly system: string })[] }
}

export function guideResources(type: string): readonly GuideResource[] {
  // compiled from our own FSH, where each has an id and a url
  return filesOf(type).map((path) => loaded(path) as GuideResource)
}

export function guideProfiles(): readonly StructureDefinition[] {
  // compiled with snapshots
  return filesOf('StructureDefinition').map((path) => loaded(path) as StructureDefinition)
}

export function koreanDefinitions(): readonly StructureDefinition[] {
  // compiled with snapshots
  return loaded('kr-core/definitions.json') as readonly StructureDefinition[]
}

function filesOf(type: string): readonly string[] {
  return readdirSync(new URL('ig/package/', root))
    .filter((name) => name.startsWith(`${type}-`))
    .map((name) => `ig/package/${name}`)
}

export function guideWorld(): World {
  const definitions = [...koreanDefinitions(), ...guideProfiles()]
  const codes = ({ concept = [] }: Concepts): readonly string[] => concept.map(({ code }) => code)
  const systems = new Map(guideResources('CodeSystem').map((system) => [system.url, codes(system)]))
  const included = ({ compose }: GuideResource): readonly string[] =>
    (compose?.include ?? []).flatMap((include) => {
      const named = include.concept === undefined ? (systems.get(include.system) ?? []) : codes(include)
      return named.map((code) => `${include.system}|${code}`)
    })
  return {
    definitions: new Map(definitions.map((definition) => [definition.url, definition])),
    valueSets: new Map(guideResources('ValueSet').map((valueSet) => [valueSet.url, new Set(included(valueSet))])),
  }
}
