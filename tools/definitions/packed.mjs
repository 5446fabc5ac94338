/** R4 StructureDefinitions → our compact form (fhir-profiles/definitions/definition.ts), one line each, packed. */
import { brotliCompressSync, constants } from 'node:zlib'
import { definitionOf } from '../../fhir-profiles/definitions/definition-of.ts'
import { restored } from './elements.mjs'

/** @returns {string} JSON: how many definitions, and the packed lines; the first line lists the urls in the order of the rest */
export function packDefinitions(source) {
  const definitions = definitionLines(source)
  const text = [JSON.stringify(definitions.map(([url]) => url)), ...definitions.map(([, line]) => line)].join('\n')
  const packed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 } })
  return `${JSON.stringify({ fhirVersion: '4.0.1', definitions: definitions.length, brotli: packed.toString('base64') })}\n`
}

/** @returns {[string, string][]} url and JSON of each definition */
export function definitionLines(source) {
  const own = new Set(source.codeSystems.get('http://hl7.org/fhir/resource-types').concept.map(({ code }) => code))
  const structures = source.structures.filter(({ kind, name }) => kind !== 'resource' || own.has(name))
  const types = structures.map((structure) => ({ ...structure, snapshot: { element: restored(structure, source) } }))
  const lines = new Map()
  for (const structure of [...types, ...source.profiles]) {
    const definition = definitionOf(structure)
    if (definition === undefined) throw new Error(`no definition in ${structure.url}`)
    lines.set(structure.url, JSON.stringify(slim(definition)))
  }
  return [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Every id but a slice's follows from the path. */
function slim(definition) {
  return { ...definition, elements: definition.elements.map(({ id, ...rest }) => (id?.includes(':') ? { id, ...rest } : rest)) }
}
