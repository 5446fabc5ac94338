/** fhirpath.js for the few expressions that our own walk (`path.ts`) does not follow; loaded with R4's model. Pure. */
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4/index.js'
import type { Found, Path } from './path.ts'
import { isRecord } from './validate/guards.ts'

// The package declares its model other than its own Model under exactOptionalPropertyTypes, no more than that.
const model = r4 as fhirpath.Model

/** Types of plain values; an object is known by its resourceType. Enough for what the published expressions give. */
function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return 'decimal'
  return isRecord(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : ''
}

/** Throws for an expression that FHIRPath does not know: a fault of our table. */
export function engineFor(expression: string): Path {
  const evaluate = fhirpath.compile(expression, model)
  return (resource) => {
    const found: unknown = evaluate(resource)
    return (Array.isArray(found) ? found : []).map((value: unknown): Found => ({ value, type: typeOf(value), rule: undefined }))
  }
}
