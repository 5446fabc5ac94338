/**
 * Patient/$match on values the caller itself submits (declassified, consent.md). It compares with the patients of the caller's own
 * institution only, so that it can confirm nobody elsewhere. Spec: http://hl7.org/fhir/R4/patient-operation-match.html
 */
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Patient } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { requireValid } from '../intake.ts'
import { Problem } from '../problem.ts'
import { sightFor } from '../judged.ts'
import { releaseMatch } from '../release-person.ts'
import type { Released } from '../released.ts'
import { demographics } from '../logic/match.ts'

export async function matchPatient(call: Call, context: Context): Promise<Released> {
  const asked = patientAsked(call)
  const about = demographics(asked)
  const ids = await context.store.identities.candidates({
    birthDate: about.birthDate ?? '',
    phones: about.phones,
    notRecord: '',
    limit: 100,
    // others' patients must not take the places of one's own
    institution: call.caller.institution,
  })
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [] })
  return releaseMatch(context, call, { about, held: await context.store.records.byIds(ids), sight })
}

function patientAsked(call: Call): Patient {
  const value = call.body.kind === 'json' ? call.body.value : undefined
  requireValid([{ value, at: '' }])
  if (isResource(value) && value.resourceType === 'Patient') return value
  const inside =
    isResource(value) && value.resourceType === 'Parameters'
      ? value.parameter?.find((item) => item.name === 'resource')?.resource
      : undefined
  if (inside?.resourceType === 'Patient') return inside
  throw new Problem('invalid', '$match needs a Patient, alone or as Parameters `resource`', {
    id: 'match-input',
    expression: 'Parameters.parameter',
  })
}
