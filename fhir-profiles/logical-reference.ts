/**
 * References that name their target by its identifier, and have no address to follow. Pure.
 * Spec: http://hl7.org/fhir/R4/references.html#logical
 */
import { system } from './codes.ts'
import { hasPatient } from './facts.ts'
import { isRecord } from './validate/guards.ts'
import { resourceTypes } from './validate/structure.ts'

const identity: ReadonlySet<string> = new Set(['Patient', 'Person', 'RelatedPerson', 'Group'])

/** Types whose records are about one patient: what refers to one may say that it exists. */
export function isGuarded(type: string): boolean {
  return guarded.has(type)
}

/** Stands for a type that is not said, where it may be that of a record about a patient. */
export const anyRecord = 'Resource'

export const guardedTypes: readonly string[] = [...resourceTypes.filter((type) => hasPatient(type) && !identity.has(type)), anyRecord]
const guarded: ReadonlySet<string> = new Set(guardedTypes)

/** Records that say where something is and who works there; they are about nobody. */
export const directoryTypes: ReadonlySet<string> = new Set([
  'Endpoint',
  'HealthcareService',
  'Location',
  'Organization',
  'OrganizationAffiliation',
  'Practitioner',
  'PractitionerRole',
])

/** Identifiers of institutions, departments and doctors: whatever the element may hold, these name no record. */
const directory: ReadonlySet<unknown> = new Set([system.institutionNumber, system.department, system.departmentDraft, system.doctorLicence])

/**
 * The type of the record that an identifier alone refers to; undefined for a reference with an address, and for the identifier of what is
 * no record about a patient. Where the type is not said, the element decides: it is a record's where nothing else, or anything, may stand.
 * @param targets types the element may refer to; undefined = any
 */
export function namedByIdentifier(value: unknown, targets: ReadonlySet<string> | undefined): string | undefined {
  if (!isRecord(value) || typeof value['reference'] === 'string' || !isRecord(value['identifier'])) return undefined
  const said = value['type']
  // a type is said by its name or its address
  if (typeof said === 'string') return typeIf(said.slice(said.lastIndexOf('/') + 1))
  if (directory.has(value['identifier']['system'])) return undefined
  if (targets === undefined) return anyRecord
  const [first] = targets
  return first !== undefined && [...targets].every(isGuarded) ? first : undefined
}

function typeIf(type: string): string | undefined {
  return isGuarded(type) ? type : undefined
}
