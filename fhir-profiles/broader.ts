/** The broader codes a code falls under, where its system writes them into the code itself. Pure. */
import { codeKey } from './code-key.ts'
import { publishedSystem } from './terminology/aliases.ts'
import { system } from './codes.ts'
import type { Code } from './facts.ts'

const diseaseSystems: readonly string[] = [system.kcd8, 'http://hl7.org/fhir/sid/icd-10', 'http://hl7.org/fhir/sid/icd-10-cm']

/** ICD-10 and its Korean edition, whichever way a sender writes the point: `F32.1`, `F321`, `R05.` */
const disease = /^([A-Z]\d{2})\.?([0-9A-Z]{0,4})$/
const atcLevels: readonly number[] = [1, 3, 4, 5]

/** `system|code` of the code and of all broader ones. */
export function withBroader({ system: of, code }: Code): readonly string[] {
  const own = codeKey(of, code)
  if (isDiseaseSystem(of)) return [...new Set([own, ...diseaseLevels(code).map((level) => codeKey(of, level))])]
  if (own === codeKey(system.atc, code))
    return [own, ...atcLevels.filter((to) => to < code.length).map((to) => codeKey(system.atc, code.slice(0, to)))]
  return [own]
}

/** The disease code as it is published, and its broader ones down to three characters; none when it is not one. */
export function diseaseLevels(code: string): readonly string[] {
  const [, category, rest] = disease.exec(code.trim().toUpperCase()) ?? []
  if (category === undefined || rest === undefined) return []
  return [category, ...Array.from(rest, (_, at) => `${category}.${rest.slice(0, at + 1)}`)]
}

/** Whether the code's system is a classification of diseases by ICD-10. */
export function isDiseaseSystem(of: string): boolean {
  return diseaseSystems.includes(publishedSystem(of))
}
