/** ADT^A40: MRG → the Patient that lives on in the one of PID. Pure. HL7 v2.5.1 §3.3.40, §3.4.11 · http://hl7.org/fhir/R4/patient.html#linking */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { Identifier, Patient } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { localSystem, type Draft } from './draft.ts'
import type { PatientGroup } from './groups.ts'
import { authorityOf, isResident, nameOf, patientIdOf, patientNumberOf } from './map-patient.ts'
import type { Segment } from './message.ts'
import { place, type Refusal } from './refusal.ts'

/** Every group of a merge needs a second number, and another one than the patient who stays. */
export function mergeFault(groups: readonly PatientGroup[]): Refusal | undefined {
  for (const { pid, others } of groups) {
    const mrg = others.find(({ name }) => name === 'MRG')
    const merged = patientNumberOf(mrg, 1)
    const at = place('MRG', mrg?.sequence ?? 1, 1)
    if (merged === undefined)
      return { code: 'AE', condition: 'requiredField', reason: 'MRG-1 must hold the patient number that is given up', place: at }
    if (merged === patientNumberOf(pid))
      return { code: 'AE', condition: 'dataType', reason: 'MRG-1 and PID-3 name the same patient number', place: at }
  }
  return undefined
}

/** The patients given up, each with its link to the one who stays. Call `mergeFault` first. */
export function mergedFrom(group: PatientGroup, survivor: string, draft: Draft): readonly Patient[] {
  return group.others.flatMap((mrg) => {
    const number = mrg.name === 'MRG' ? patientNumberOf(mrg, 1) : undefined
    if (number === undefined) return []
    const name = mrg.all(7).flatMap((item) => nameOf(item))
    return [
      compact<Patient>({
        resourceType: 'Patient',
        id: patientIdOf(number),
        identifier: numbersOf(mrg, number, draft),
        active: false,
        name: name.length === 0 ? undefined : name,
        link: [{ other: { reference: `Patient/${patientIdOf(survivor)}` }, type: 'replaced-by' }],
      }),
    ]
  })
}

function numbersOf(mrg: Segment, number: string, draft: Draft): Identifier[] {
  return mrg.all(1).flatMap((item): Identifier[] => {
    const value = item.part(1)
    if (value === undefined) return []
    if (isResident(item)) {
      draft.gaps.add('MRG-1', 'a resident number is not exchanged', 'dropped-by-law')
      return []
    }
    const own =
      value === number ? patientNumberSystem(draft.context.institution.number) : localSystem(draft.context, item.part(4) ?? 'MRG-1')
    return [{ use: 'old', system: authorityOf(item) ?? own, value }]
  })
}
