/** Who asks, and the words that attacks are written in. */
export interface Attack {
  readonly id: string
  readonly about: string
  readonly as: readonly string[]
  readonly requests: readonly string[]
  readonly follow?: 'walk' | 'reuse' | 'export' | 'export-refused' | 'undo'
}

export const doctor = ['tertiary-doctor'] as const
export const people = ['tertiary-doctor', 'tertiary-doctor', 'tertiary-coordinator', 'patient-1'] as const
export const everybody = [...people, ...people, 'tertiary-doctor', 'tertiary-system', 'privacy-officer', 'auditor', 'integrator'] as const
export const types = [
  'Condition',
  'Observation',
  'Encounter',
  'DiagnosticReport',
  'MedicationRequest',
  'Composition',
  'DocumentReference',
  'List',
] as const
export const each = (make: (type: string) => string): readonly string[] => types.map(make)
export const batch = (entries: string): string => `POST \n\n{"resourceType":"Bundle","type":"batch","entry":[${entries}]}`
export const entry = (method: string, url: string): string => `{"request":{"method":"${method}","url":"${url}"}}`
