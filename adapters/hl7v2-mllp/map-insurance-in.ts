/**
 * Who pays for a referral: IN1-15 or IN1-2 (a national insurance type), else PV1-20 of the visit it was written in. KR Core has no
 * Coverage, so it travels inside the ServiceRequest. Pure. HL7 v2.5.1 §6.5.6.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Reference, ServiceRequest } from '../../fhir-profiles/r4.ts'
import type { Draft } from './draft.ts'
import type { Message, Segment } from './message.ts'

/** hira-insurance-types, and who pays */
const payors: Readonly<Record<string, string>> = { 4: '국민건강보험공단', 5: '의료급여 보장기관', 7: '국가보훈부', 9: '무료진료' }

export function insuranceFrom(
  message: Message,
  { pv1, patient }: { readonly pv1: Segment | undefined; readonly patient: Reference },
  draft: Draft,
): Pick<ServiceRequest, 'contained' | 'insurance'> {
  const code = codeIn(message.first('IN1'), draft) ?? nationalType(pv1?.at(20))
  if (code === undefined) return {}
  const id = 'coverage'
  return {
    contained: [
      {
        resourceType: 'Coverage',
        id,
        status: 'active',
        type: { coding: [{ system: system.insuranceType, code }] },
        beneficiary: { reference: patient.reference ?? '' },
        payor: [{ display: payors[code] ?? code }],
      },
    ],
    insurance: [{ reference: `#${id}` }],
  }
}

function codeIn(in1: Segment | undefined, draft: Draft): string | undefined {
  if (in1 === undefined) return undefined
  const code = nationalType(in1.at(15)) ?? nationalType(in1.at(2))
  if (code === undefined) draft.gaps.add('IN1-15', 'not a national insurance type')
  return code
}

function nationalType(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(payors, code) ? code : undefined
}
