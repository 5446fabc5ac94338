/** Which records belong to a patient's compartment, as HL7 defines it. Spec: http://hl7.org/fhir/R4/compartmentdefinition-patient.html */
import table from './patient-compartment.json' with { type: 'json' }

// The compiler's type of the file lists every key; a table with string keys is what we look names up in.
const parameters: Readonly<Record<string, readonly string[]>> = table

/** Names of the search parameters by which a resource of this type belongs to a patient; empty for a type that never does. */
export function compartmentParametersOf(type: string): readonly string[] {
  return Object.hasOwn(parameters, type) ? (parameters[type] ?? []) : []
}

export const compartmentTypes: readonly string[] = Object.keys(parameters)
