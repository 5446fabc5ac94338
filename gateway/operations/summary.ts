/**
 * Patient/[id]/$summary: an IPS document merged from every institution that may be shown, from released parts only.
 * No relation and not an own patient: the 404 of a random id. Spec: http://hl7.org/fhir/uv/ips/OperationDefinition-summary.html
 */
import type { Bundle, Patient, Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../context.ts'
import { askLive } from '../live.ts'
import { composePerson } from '../logic/person.ts'
import { summary as summaryOf } from '../logic/summary.ts'
import type { Part } from '../judged.ts'
import { valueOf } from '../../fhir-profiles/octets.ts'
import { releaseDocument } from '../release-person.ts'
import type { Released } from '../released.ts'
import { personAsked } from './person-asked.ts'

const maxStored = 5_000

export async function summary(call: Call, context: Context): Promise<Released> {
  const about = await personAsked(call, context, 'summary')
  const { person, sight } = about
  const [stored, live] = await Promise.all([
    context.store.recordsOfPerson({
      person,
      types: [],
      but: ['Task', 'Consent'],
      limit: maxStored,
      condition: sight.condition,
      party: sight.party,
    }),
    askLive(context, call, { person, types: [], mayAsk: about.mayAsk }),
  ])
  const { silent } = live
  return releaseDocument(context, call, {
    held: [...stored, ...live.held],
    interaction: 'summary',
    sight,
    person,
    // whom the institution has to do with it may ask about, however little it may see (contract, Operations)
    mustHave: !sight.related.includes(person),
    build: (parts) => build(context, { person, parts, silent }),
  })
}

function build(context: Context, input: { person: string; parts: readonly Part[]; silent: readonly string[] }): Bundle {
  const resources = input.parts.flatMap((part) => resourceIn(part))
  const patients = resources.flatMap(({ resource, part }) =>
    resource.resourceType === 'Patient' ? [{ patient: resource, custodian: part.custodian, updatedMs: part.updatedMs }] : [],
  )
  const patient: Patient = composePerson(input.person, patients).patient
  return summaryOf({
    patient,
    parts: resources
      .filter(({ resource }) => !['Patient', 'Task', 'Consent'].includes(resource.resourceType))
      .map(({ resource, part }) => ({ resource, institution: institutionOf(context, part.custodian) })),
    gaps: input.silent.map((id) => ({ institution: institutionOf(context, id) })),
    at: context.now().toISOString(),
    newId: context.newId,
    base: `${context.config.publicUrl}/fhir/R4`,
  })
}

function resourceIn(part: Part): { resource: Resource; part: Part }[] {
  const value = valueOf(part.text)
  return isResource(value) ? [{ resource: value, part }] : []
}

function institutionOf(context: Context, id: string): { id: string; name: string; number: string } {
  const known = context.directory.institution(id)
  return { id, name: known?.name ?? id, number: known?.number ?? '' }
}
