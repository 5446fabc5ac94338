/**
 * Who pays, and which exemption from the tiers a referral claims: read from what the sender wrote, never guessed.
 * KR Core has no Coverage; it names the insurance type in an extension of Encounter and in the code system `hira-insurance-types`.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, Encounter, Resource, ServiceRequest } from '../../fhir-profiles/r4.ts'
import { groundRows, type Ground, type Payer } from './route-rules.ts'

type Coverage = Extract<Resource, { resourceType: 'Coverage' }>

const insuranceTypes = 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes'

/**
 * The payer of a referral: its own insurance (contained or in the same Bundle) before the visit it was written in. Two that contradict
 * each other are as good as none: `undefined`.
 */
export function payerOf(request: ServiceRequest, enclosed: readonly Resource[]): Payer | undefined {
  const insured = [...(request.contained ?? []), ...enclosed].filter((item) => item.resourceType === 'Coverage')
  const named = insured.filter((item) => isNamed(request, item))
  return (
    onlyOf((named.length > 0 ? named : insured).flatMap(({ type }) => payersIn(type))) ??
    onlyOf(enclosed.flatMap((item) => (item.resourceType === 'Encounter' ? payersOfVisit(item) : [])))
  )
}

function isNamed(request: ServiceRequest, { id = '' }: Coverage): boolean {
  return (request.insurance ?? []).some(({ reference }) => id !== '' && (reference === `#${id}` || reference === `Coverage/${id}`))
}

function payersOfVisit(encounter: Encounter): readonly Payer[] {
  return (encounter.extension ?? []).flatMap(({ url, valueCodeableConcept }) =>
    url === insuranceTypes ? payersIn(valueCodeableConcept) : [],
  )
}

function payersIn(concept: CodeableConcept | undefined): readonly Payer[] {
  return (concept?.coding ?? []).flatMap(({ system: list, code }) => (list === system.insuranceType && isPayer(code) ? [code] : []))
}

function isPayer(code: string | undefined): code is Payer {
  return code === '4' || code === '5' || code === '7' || code === '9'
}

function onlyOf(payers: readonly Payer[]): Payer | undefined {
  const [first, ...others] = new Set(payers)
  return others.length === 0 ? first : undefined
}

/** What the referral claims in words of the code system `tier-exemption`, and what its urgency, department and diagnoses say themselves. */
export function groundsOf(request: ServiceRequest, enclosed: readonly Resource[], departments: readonly string[]): readonly Ground[] {
  const conditions = enclosed.flatMap((item) => (item.resourceType === 'Condition' && item.code !== undefined ? [item.code] : []))
  const codings = [...(request.reasonCode ?? []), ...(request.category ?? []), ...conditions].flatMap(({ coding }) => coding ?? [])
  const claimed = new Set(codings.flatMap(({ system: list, code }) => (list === system.tierExemption && code !== undefined ? [code] : [])))
  const diagnoses = codings.flatMap(({ system: list, code }) => (list === system.kcd8 && code !== undefined ? [code] : []))
  return groundRows
    .filter(
      (row) =>
        claimed.has(row.ground) ||
        (row.priority !== undefined && row.priority === request.priority) ||
        (row.departments ?? []).some((code) => departments.includes(code)) ||
        (row.diagnoses ?? []).some((prefix) => diagnoses.some((code) => code.replace('.', '').startsWith(prefix))),
    )
    .map(({ ground }) => ground)
}
