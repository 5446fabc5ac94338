// Only types that cannot hold patient data are published without a judgement.
import type { Bundle, Patient } from '../../fhir-profiles/r4.ts'
import type { Released } from '../../gateway/released.ts'
import { publish } from '../../gateway/release-public.ts'

const patient: Patient = { resourceType: 'Patient' }
const bundle: Bundle = { resourceType: 'Bundle', type: 'searchset' }

export const shown: readonly Released[] = [
  publish(patient), // forbidden: TS2345|TS2769
  publish(bundle), // forbidden: TS2345|TS2769
  publish({ resourceType: 'Parameters', parameter: [{ name: 'patient', resource: patient }] }), // forbidden: TS2322|TS2353|TS2769
]
