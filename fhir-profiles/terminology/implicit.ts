/**
 * Value sets that exist by their address alone: everything in SNOMED CT or LOINC, what falls under one SNOMED CT concept.
 * Spec: http://hl7.org/fhir/R4/snomedct.html#implicit, http://hl7.org/fhir/R4/loinc.html#implicit
 */
import { system } from '../codes.ts'
import type { PackedPart } from './bundle.ts'
import { definitionOf, type SetDefinition } from './definition.ts'

/** `http://snomed.info/sct?fhir_vs`, an edition and version in between allowed */
const snomedSet = /^http:\/\/snomed\.info\/sct(?:\/\d+(?:\/version\/\d+)?)?\?fhir_vs(?:=(.*))?$/

/** undefined for any other address, and for expressions (`ecl/`) and reference sets, which are not held */
export function implicitSet(url: string): SetDefinition | undefined {
  const part = snomedPart(url) ?? (url === 'http://loinc.org/vs' ? { s: system.loinc } : undefined)
  return part === undefined ? undefined : definitionOf({ h: [url, '', '', '', '', 'active'], n: [part] })
}

function snomedPart(url: string): PackedPart | undefined {
  const found = snomedSet.exec(url)
  if (found === null) return undefined
  if (found[1] === undefined) return { s: system.snomed }
  const [, concept] = /^isa\/(\d{6,18})$/.exec(found[1]) ?? []
  return concept === undefined ? undefined : { s: system.snomed, f: [['concept', 'is-a', concept]] }
}
