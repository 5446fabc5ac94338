/** A permit of one person that names the reader's institution, with a refusal of one department, as a privacy officer writes it. */
import { system } from '../../fhir-profiles/codes.ts'

const role = (code: 'IRCP' | 'CST') => ({ coding: [{ system: system.participation, code }] })

export function networkConsentOf(person: string, reader: string): object {
  const network = { reference: 'Organization/network' }
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.loinc, code: '59284-0' }] }],
    patient: { reference: `Patient/${person}` },
    dateTime: new Date(Date.now() - 86_400_000).toISOString(),
    organization: [network],
    policyRule: { coding: [{ system: system.actCode, code: 'OPTIN' }] },
    provision: {
      type: 'permit',
      actor: [{ role: role('IRCP'), reference: { reference: `Organization/${reader}` } }],
      purpose: [{ system: system.actReason, code: 'TREAT' }],
      provision: [{ type: 'deny', actor: [{ role: role('CST'), reference: { identifier: { system: system.department, value: '03' } } }] }],
    },
  }
}
