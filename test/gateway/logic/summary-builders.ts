/** Released parts as the summary gets them, and ways to look into the document it makes. */
import { system } from '../../../fhir-profiles/codes.ts'
import type {
  AllergyIntolerance,
  Bundle,
  Composition,
  Condition,
  MedicationRequest,
  Observation,
  Patient,
  Resource,
} from '../../../fhir-profiles/r4.ts'
import { summary } from '../../../gateway/logic/summary.ts'
import type { SummaryInput, SummaryPart } from '../../../gateway/logic/summary.ts'

export const clinic = { id: 'clinic', name: '해맑은의원', number: '31100001' }
export const hospital = { id: 'hospital', name: '한빛종합병원', number: '11100002' }
export const base = 'http://localhost:8080/fhir/R4'
export const patient: Patient = {
  resourceType: 'Patient',
  id: 'p1',
  name: [{ text: '강하늘' }],
  gender: 'female',
  birthDate: '1968-04-17',
  managingOrganization: { reference: 'Organization/hidden', display: '다른 병원' },
  link: [{ type: 'seealso', other: { reference: 'Patient/record-at-hidden' } }],
}

export function counter(): () => string {
  let next = 0
  return () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`
}

export function build(parts: readonly SummaryPart[], gaps: SummaryInput['gaps'] = []): Bundle {
  return summary({
    patient,
    parts,
    gaps,
    at: '2026-03-01T09:00:00+09:00',
    author: { id: 'network', name: '진료 네트워크' },
    newId: counter(),
    base,
  })
}

export const subject = { reference: 'Patient/p1' }
export const concept = (code: string, display: string, from: string = system.kcd8) => ({ coding: [{ system: from, code, display }] })

export const condition = (id: string, changes: Partial<Condition> = {}): Condition => ({
  resourceType: 'Condition',
  id,
  subject,
  code: concept('I10', '본태성 고혈압'),
  recordedDate: '2026-01-05',
  ...changes,
})
export const allergy = (id: string, changes: Partial<AllergyIntolerance> = {}): AllergyIntolerance => ({
  resourceType: 'AllergyIntolerance',
  id,
  patient: subject,
  code: concept('J01C', '페니실린', system.atc),
  recordedDate: '2024-01-05',
  ...changes,
})
export const noKnownAllergy = allergy('nka', { code: concept('716186003', 'No known allergy', system.snomed) })
export const lab = (id: string, changes: Partial<Observation> = {}): Observation => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: [{ coding: [{ system: system.observationCategory, code: 'laboratory' }] }],
  code: concept('4548-4', 'HbA1c', system.loinc),
  subject,
  effectiveDateTime: '2026-02-01T08:00:00+09:00',
  valueQuantity: { value: 7.1, unit: '%' },
  ...changes,
})
export const prescription = (id: string, changes: Partial<MedicationRequest> = {}): MedicationRequest => ({
  resourceType: 'MedicationRequest',
  id,
  status: 'active',
  intent: 'order',
  subject,
  authoredOn: '2026-01-05',
  medicationCodeableConcept: { text: '암로디핀 5mg' },
  ...changes,
})

export const at = (institution: SummaryPart['institution'], ...resources: readonly Resource[]): SummaryPart[] =>
  resources.map((resource) => ({ resource, institution }))

export function compositionIn(bundle: Bundle): Composition {
  const first = bundle.entry?.[0]?.resource
  if (first?.resourceType !== 'Composition') throw new Error('the first entry is not a Composition')
  return first
}

export const codeOf = (section: NonNullable<Composition['section']>[number]): string => section.code?.coding?.[0]?.code ?? ''

export function sectionIn(bundle: Bundle, code: string): NonNullable<Composition['section']>[number] | undefined {
  return (compositionIn(bundle).section ?? []).find((section) => codeOf(section) === code)
}

/** ids of the records a section lists, in its order */
export function listed(bundle: Bundle, code: string): string[] {
  return (sectionIn(bundle, code)?.entry ?? []).map((entry) => entry.reference?.split('/').at(-1) ?? '')
}

export const entry = (bundle: Bundle, id: string): Resource | undefined =>
  bundle.entry?.find(({ resource }) => resource?.id === id)?.resource

export function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'reference' in value && typeof value.reference === 'string' ? [value.reference] : []
  return [...own, ...Object.values(value).flatMap(references)]
}

export const [allergies, problems, medications] = ['48765-2', '11450-4', '10160-0'] as const
