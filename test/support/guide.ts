/** Our guide, KR Core's facts and the examples, as the tests read them. */
import { readdirSync, readFileSync } from 'node:fs'
import type { StructureDefinition, World } from './plain-profile.ts'

const root = new URL('../../fhir-profiles/', import.meta.url)

export function loaded<T>(path: string): T {
  // read from our own committed files, whose shape the tests are about
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as T
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
  return loaded<Example>(`examples/${file}`)
}

interface CodeSystem {
  readonly url: string
  readonly concept: readonly { readonly code: string }[]
}

interface ValueSet {
  readonly url: string
  readonly compose: { readonly include: readonly { readonly system: string; readonly concept?: readonly { readonly code: string }[] }[] }
}

export function guideResources<T>(type: string): readonly T[] {
  return readdirSync(new URL('ig/package/', root))
    .filter((name) => name.startsWith(`${type}-`))
    .map((name) => loaded<T>(`ig/package/${name}`))
}

export function koreanDefinitions(): readonly StructureDefinition[] {
  return loaded<readonly StructureDefinition[]>('kr-core/definitions.json')
}

export function guideWorld(): World {
  const definitions = [...koreanDefinitions(), ...guideResources<StructureDefinition>('StructureDefinition')]
  const systems = new Map(guideResources<CodeSystem>('CodeSystem').map(({ url, concept }) => [url, concept.map(({ code }) => code)]))
  const valueSets = guideResources<ValueSet>('ValueSet').map(({ url, compose }): [string, ReadonlySet<string>] => [
    url,
    new Set(
      compose.include.flatMap(({ system, concept }) => (concept?.map(({ code }) => code) ?? systems.get(system) ?? []).map((code) => `${system}|${code}`)),
    ),
  ])
  return { definitions: new Map(definitions.map((definition) => [definition.url, definition])), valueSets: new Map(valueSets) }
}
