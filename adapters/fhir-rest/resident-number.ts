/** What an EMR is told about resident numbers it sends: they are left out, and a Gap names the place. Law: 개인정보 보호법 24조의2. */
import type { Gap } from '../contract.ts'

export { withoutResidentNumbers } from '../../fhir-profiles/resident-identifier.ts'

export function residentNumberGap(type: string): Gap {
  return { gap: 'dropped-by-law', element: `${type}.identifier`, reason: 'a resident registration number stays at the institution' }
}
