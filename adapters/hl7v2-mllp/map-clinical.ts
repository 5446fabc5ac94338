/** AL1 → AllergyIntolerance, DG1 → Condition. Pure. HL7 v2.5.1 §3.4.6, §6.5.2 */
import { system } from '../../fhir-profiles/codes.ts'
import type { AllergyIntolerance, CodeableConcept, Coding, Condition, Meta } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, type Draft } from './draft.ts'
import { derivedId, idOf } from './local-id.ts'
import { codeText, concept, isDiagnosisList } from './map-code.ts'
import { patientIdOf } from './map-patient.ts'
import { practitioner, type Visit } from './map-visit.ts'
import type { Segment } from './message.ts'
import { fhirDateTime } from './time.ts'

export interface Chart {
  readonly patientNumber: string
  readonly visit: Visit | undefined
}

/** HL7 table 0127 */
const allergyKinds: Readonly<Record<string, NonNullable<AllergyIntolerance['category']>[number]>> = {
  DA: 'medication',
  FA: 'food',
  EA: 'environment',
  AA: 'environment',
  LA: 'environment',
  PA: 'environment',
}
/** HL7 table 0128 */
const severities: Readonly<Record<string, { readonly severity: 'mild' | 'moderate' | 'severe'; readonly criticality: 'low' | 'high' }>> = {
  SV: { severity: 'severe', criticality: 'high' },
  MO: { severity: 'moderate', criticality: 'low' },
  MI: { severity: 'mild', criticality: 'low' },
}

/** Undefined (with a Gap) when the segment names no allergen. */
export function allergyFrom(al1: Segment, chart: Chart, draft: Draft): AllergyIntolerance | undefined {
  const code = concept(al1.all(3)[0], draft, 'AL1-3')
  if (code === undefined) {
    draft.gaps.add('AL1-3', 'an allergy without an allergen says nothing')
    return undefined
  }
  const [kind, degree] = [al1.at(2)?.toUpperCase(), al1.at(4)?.toUpperCase()]
  const category = allergyKinds[kind ?? '']
  const severity = severities[degree ?? '']
  if (kind !== undefined && category === undefined && kind !== 'MA') draft.gaps.add('AL1-2', 'not a code of HL7 table 0127')
  if (degree !== undefined && severity === undefined && degree !== 'U') draft.gaps.add('AL1-4', 'not a code of HL7 table 0128')
  const manifestation = al1.all(5).flatMap((item) => {
    const text = freeText(draft, item.text, 'AL1-5')
    return text === undefined ? [] : [{ text }]
  })
  return compact<AllergyIntolerance>({
    resourceType: 'AllergyIntolerance',
    id: derivedId('allergy', chart.patientNumber, conceptKey(code)),
    clinicalStatus: { coding: [{ system: system.allergyClinical, code: 'active' }] },
    category: category === undefined ? undefined : [category],
    criticality: severity?.criticality,
    code,
    patient: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    encounter: chart.visit?.reference,
    recordedDate: fhirDateTime(draft.messageTime, draft.offset),
    onsetDateTime: fhirDateTime(al1.at(6), draft.offset),
    reaction:
      manifestation.length === 0
        ? undefined
        : [compact<NonNullable<AllergyIntolerance['reaction']>[number]>({ manifestation, severity: severity?.severity })],
  })
}

/** Undefined (with a Gap) when the segment names no diagnosis. */
export function conditionFrom(dg1: Segment, chart: Chart, draft: Draft): Condition | undefined {
  const code = diagnosisOf(dg1, draft)
  if (code === undefined) {
    draft.gaps.add('DG1-3', 'a diagnosis without code or text says nothing')
    return undefined
  }
  const isWithdrawn = dg1.at(21) === 'D'
  const number = dg1.at(20)
  const kind = dg1.at(6)?.toUpperCase()
  const [recordedAt, statedAt] = [fhirDateTime(dg1.at(19), draft.offset), fhirDateTime(dg1.at(5), draft.offset)]
  return compact<Condition>({
    resourceType: 'Condition',
    id: number === undefined ? derivedId('diagnosis', chart.patientNumber, chart.visit?.id ?? '', conceptKey(code)) : idOf(number),
    meta: labelOf(dg1),
    // con-5: what was entered in error has no clinical status. http://hl7.org/fhir/R4/condition.html#invs
    clinicalStatus: isWithdrawn ? undefined : { coding: [{ system: system.conditionClinical, code: 'active' }] },
    verificationStatus: verification(isWithdrawn ? 'entered-in-error' : kind === 'F' ? 'confirmed' : 'provisional'),
    category: [
      {
        coding: [
          { system: system.conditionCategory, code: 'encounter-diagnosis' },
          { system: system.conditionCategoryKr, code: '진단' },
        ],
      },
    ],
    code,
    subject: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    encounter: chart.visit?.reference,
    recordedDate: recordedAt ?? statedAt ?? fhirDateTime(draft.messageTime, draft.offset),
    recorder: practitioner(dg1.all(16)[0], draft),
  })
}

function diagnosisOf(dg1: Segment, draft: Draft): CodeableConcept | undefined {
  const code = concept(dg1.all(3)[0], draft, 'DG1-3')
  const text = freeText(draft, dg1.all(4)[0]?.text, 'DG1-4')
  const codings = code?.coding?.map((coding) => nationalDiagnosis(coding, dg1))
  if (codings === undefined && code?.text === undefined && text === undefined) return undefined
  return compact<CodeableConcept>({ coding: codings, text: code?.text ?? text })
}

/** A Korean sender means KCD when it names no list for something that has the form of a KCD code. */
function nationalDiagnosis(coding: Coding, dg1: Segment): Coding {
  const isNamed = dg1.at(3, 3) !== undefined || coding.system === undefined || isDiagnosisList(coding.system)
  const plain = codeText(coding.code)?.toUpperCase() ?? ''
  const found = /^([A-Z]\d{2})\.?(\d{0,3})\.?$/.exec(plain)
  if (isNamed || found === null) return coding
  return { ...coding, system: system.kcd8, code: found[2] === '' ? `${found[1]}` : `${found[1]}.${found[2]}` }
}

function verification(code: string): CodeableConcept {
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code }] }
}

/** DG1-18 confidential: the sender may raise a label, never lower one. */
function labelOf(dg1: Segment): Meta | undefined {
  return dg1.at(18) === 'Y' ? { security: [{ system: system.confidentiality, code: 'R' }] } : undefined
}

/** What makes a concept this concept, for ids made from content. */
export function conceptKey(code: CodeableConcept): string {
  const first = code.coding?.[0]
  return first === undefined ? (code.text ?? '') : `${first.system ?? ''}|${first.code ?? ''}`
}
