/** Conditional references of what an EMR's adapter brings: by identifier, in the institution's own partition. */
import { references } from '../fhir-profiles/reference.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

/** `Type?identifier=system|value` in a reference: exactly one own record, else 412. Spec: http://hl7.org/fhir/R4/http.html#trules */
export async function resolveConditional(
  tables: Tables,
  institution: string,
  resources: readonly Resource[],
): Promise<Map<string, string>> {
  const wanted = new Set(
    resources.flatMap((resource) => references(resource).flatMap((found) => (found.kind === 'conditional' ? [found.value] : []))),
  )
  const found = new Map<string, string>()
  for (const value of wanted) {
    const parsed = /^([A-Z][A-Za-z]+)\?identifier=([^&]+)$/.exec(value)
    const [identifierSystem, identifier] = decodeURIComponent(parsed?.[2] ?? '').split('|')
    if (parsed?.[1] === undefined || identifier === undefined) {
      throw new Problem('not-supported', 'a conditional reference is supported by `identifier=system|value` only', {
        id: 'conditional-reference',
      })
    }
    const [only, ...more] = await tables.records.byIdentifier({
      institution,
      type: parsed[1],
      system: identifierSystem ?? '',
      value: identifier,
    })
    if (only === undefined || more.length > 0) {
      throw new Problem('precondition', 'a conditional reference must match exactly one own record', { id: 'conditional-reference' })
    }
    found.set(value, `${parsed[1]}/${only}`)
  }
  return found
}
