/** PR1 → Procedure, PDA-1 → Condition (cause of death). Pure. HL7 v2.5.1 §6.5.4, §3.4.14 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Condition, Procedure } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, type Draft } from './draft.ts'
import { derivedId, idOf } from './local-id.ts'
import { conceptKey, type Chart } from './map-clinical.ts'
import { concept } from './map-code.ts'
import { patientIdOf } from './map-patient.ts'
import { practitioner } from './map-visit.ts'
import type { Segment } from './message.ts'
import { fhirDateTime } from './time.ts'

/** Undefined (with a Gap) when the segment names no procedure. PR1 does not say whether it was done, so its status is unknown. */
export function procedureFrom(pr1: Segment, chart: Chart, draft: Draft): Procedure | undefined {
  const coded = concept(pr1.all(3)[0], draft, 'PR1-3')
  const words = freeText(draft, pr1.all(4)[0]?.text, 'PR1-4')
  const code = coded ?? (words === undefined ? undefined : { text: words })
  if (code === undefined) {
    draft.gaps.add('PR1-3', 'a procedure without code or text says nothing')
    return undefined
  }
  const number = pr1.at(19)
  const performedDateTime = fhirDateTime(pr1.at(5), draft.offset)
  const reason = concept(pr1.all(15)[0], draft, 'PR1-15')
  const performer = [8, 11, 12].flatMap((field) => pr1.all(field).flatMap((item) => practitioner(item, draft) ?? []))
  return compact<Procedure>({
    resourceType: 'Procedure',
    id:
      number === undefined
        ? derivedId('procedure', chart.patientNumber, chart.visit?.id ?? '', conceptKey(code), performedDateTime ?? '')
        : idOf(number),
    status: pr1.at(20) === 'D' ? 'entered-in-error' : 'unknown',
    code,
    subject: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
    encounter: chart.visit?.reference,
    performedDateTime,
    performer: performer.length === 0 ? undefined : performer.map((actor) => ({ actor })),
    reasonCode: reason === undefined ? undefined : [reason],
    note: words === undefined || coded === undefined || words === coded.text ? undefined : [{ text: words }],
  })
}

/** The causes of death a certificate names. */
export function deathCausesFrom(pda: Segment, chart: Chart, draft: Draft): readonly Condition[] {
  return pda.all(1).flatMap((item) => {
    const code = concept(item, draft, 'PDA-1')
    if (code === undefined) return []
    return [
      compact<Condition>({
        resourceType: 'Condition',
        id: derivedId('death', chart.patientNumber, conceptKey(code)),
        verificationStatus: {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
        },
        clinicalStatus: { coding: [{ system: system.conditionClinical, code: 'active' }] },
        category: [
          { coding: [{ system: system.conditionCategory, code: 'encounter-diagnosis' }], text: '사망 원인 (cause of death)' },
          { coding: [{ system: system.conditionCategoryKr, code: '진단' }] },
        ],
        code,
        subject: { reference: `Patient/${patientIdOf(chart.patientNumber)}` },
        encounter: chart.visit?.reference,
        recordedDate: fhirDateTime(draft.messageTime, draft.offset),
      }),
    ]
  })
}
