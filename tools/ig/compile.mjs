/** FSH → FHIR by fsh-sushi, without network, disk cache or configuration file. Spec: http://hl7.org/fhir/uv/shorthand/ */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fhirdefs, sushiExport, sushiImport, utils } from 'fsh-sushi'
import { corePackage, coreResources, virtualPackage } from './fhir-core.mjs'

/**
 * @param {{ folder: string, canonical: string, version?: string, packages?: { json: object, resources: object[] }[] }} input
 * @returns {Promise<object[]>} what the folder's *.fsh define, profiles with their snapshots. Throws with everything the compiler minded.
 */
export async function compile({ folder, canonical, version, packages = [] }) {
  utils.errorsAndWarnings.reset()
  utils.errorsAndWarnings.shouldTrack = true
  utils.logger.transports[0].silent = true
  const definitions = await fhirdefs.createFHIRDefinitions()
  for (const { json, resources } of [...packages, { json: corePackage, resources: coreResources() }]) {
    await definitions.loadVirtualPackage(virtualPackage(json, resources))
  }
  const config = { canonical, FSHOnly: true, fhirVersion: [corePackage.version], version }
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.fsh'))
  const sources = files
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => new sushiImport.RawFSH(readFileSync(join(folder, name), 'utf8'), name))
  const tank = utils.fillTank(sources, config)
  tank.checkDuplicateNameEntities()
  const exported = sushiExport.exportFHIR(tank, definitions)
  const { errors, warnings } = utils.errorsAndWarnings
  const faults = [...errors, ...warnings].map(({ message, location, input }) => `${input ?? ''}:${location?.startLine ?? ''} ${message}`)
  if (faults.length > 0) throw new Error(`FSH of ${folder}:\n${faults.join('\n')}`)
  return ['profiles', 'extensions', 'valueSets', 'codeSystems', 'instances'].flatMap((kind) =>
    exported[kind].map((artifact) => artifact.toJSON(true)),
  )
}
