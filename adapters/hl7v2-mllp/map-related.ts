/** GT1 (guarantor) and NK1 (next of kin) → RelatedPerson: people of their own, never another name of the patient. Pure. HL7 v2.5.1 §6.5.5, §3.4.5 */
import { system } from '../../fhir-profiles/codes.ts'
import { isResidentNumber } from '../../fhir-profiles/resident-number.ts'
import type { Address, CodeableConcept, Identifier, RelatedPerson } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { localSystem, type Draft } from './draft.ts'
import { derivedId } from './local-id.ts'
import type { Chart } from './map-clinical.ts'
import { concept } from './map-code.ts'
import { addressOf, contactsOf, genderOf, nameOf, patientIdOf } from './map-patient.ts'
import type { Repetition, Segment } from './message.ts'
import { fhirDate } from './time.ts'

interface Layout {
  readonly role: string
  readonly numbers: readonly number[]
  /** a national number by definition: never exchanged */
  readonly resident: number
  readonly name: number
  readonly relationship: number
  readonly address: number
  readonly home: number
  readonly work: number
  readonly gender: number
  readonly birthDate: number
}

/** Where the two segments say the same thing. Roles: http://terminology.hl7.org/CodeSystem/v3-RoleClass */
const layouts: Readonly<Record<string, Layout>> = {
  GT1: { role: 'GUAR', numbers: [2, 19], resident: 12, name: 3, relationship: 11, address: 5, home: 6, work: 7, gender: 9, birthDate: 8 },
  NK1: { role: 'NOK', numbers: [33], resident: 37, name: 2, relationship: 3, address: 4, home: 5, work: 6, gender: 15, birthDate: 16 },
}

/** Undefined for other segments, and (with a Gap) for one that names nobody. */
export function relatedFrom(segment: Segment, chart: Chart, draft: Draft): RelatedPerson | undefined {
  const layout = layouts[segment.name]
  if (layout === undefined) return undefined
  const name = segment.all(layout.name).flatMap((item) => nameOf(item))
  const identifier = layout.numbers.flatMap((field) => segment.all(field).flatMap((item) => numberOf(item, segment, field, draft)))
  if (segment.at(layout.resident) !== undefined)
    draft.gaps.add(`${segment.name}-${layout.resident}`, 'a resident number is not exchanged', 'dropped-by-law')
  if (name.length === 0 && identifier.length === 0) {
    draft.gaps.add(`${segment.name}-${layout.name}`, 'a related person without name and number is nobody', 'not-held')
    return undefined
  }
  const telecom = [...contactsOf(segment, layout.home, 'home'), ...contactsOf(segment, layout.work, 'work')]
  const address: readonly Address[] = segment.all(layout.address).flatMap((item) => addressOf(item))
  return compact<RelatedPerson>({
    resourceType: 'RelatedPerson',
    id: derivedId('related', chart.patientNumber, segment.name, name[0]?.text ?? '', identifier[0]?.value ?? ''),
    identifier: filled(identifier),
    patient: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    relationship: relationshipOf(segment, layout, draft),
    name: filled(name),
    telecom: filled(telecom),
    gender: segment.at(layout.gender) === undefined ? undefined : genderOf(segment, draft, layout.gender),
    birthDate: fhirDate(segment.at(layout.birthDate)),
    address: filled(address),
  })
}

function relationshipOf(segment: Segment, layout: Layout, draft: Draft): CodeableConcept[] {
  const stated = concept(segment.all(layout.relationship)[0], draft, `${segment.name}-${layout.relationship}`)
  const role: CodeableConcept = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass', code: layout.role }] }
  return stated === undefined ? [role] : [role, stated]
}

function numberOf(item: Repetition, segment: Segment, field: number, draft: Draft): Identifier[] {
  const [value, type] = [item.part(1), item.part(5)]
  if (value === undefined) return []
  if (['SS', 'NNKOR'].includes(type?.toUpperCase() ?? '') || isResidentNumber(value)) {
    draft.gaps.add(`${segment.name}-${field}`, 'a resident number is not exchanged', 'dropped-by-law')
    return []
  }
  return [
    compact<Identifier>({
      type: type === undefined ? undefined : { coding: [{ system: system.v2IdentifierType, code: type }] },
      system: localSystem(draft.context, item.part(4) ?? `${segment.name}-${field}`),
      value,
    }),
  ]
}

function filled<T>(list: readonly T[]): T[] | undefined {
  return list.length === 0 ? undefined : [...list]
}
