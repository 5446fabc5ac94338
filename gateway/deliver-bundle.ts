/** What was judged, as the receiver reads it: institutions by number and name, nothing named that does not go along, every digit kept. */
import { system } from '../fhir-profiles/codes.ts'
import { parseTaken } from '../fhir-profiles/json.ts'
import { compact, type Bundle, type Patient, type Reference, type Resource, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { routingAuthor } from './intake-referral.ts'
import type { Part } from './judged.ts'
import { textOf } from '../fhir-profiles/octets.ts'

/** A receiver knows institutions by number and name, not by our directory ids. */
export function withNames(context: Context, task: Task): Task {
  const named = <R extends Reference>(reference: R | undefined): R | undefined => {
    const known = context.directory.institution(reference?.reference?.split('/')[1] ?? '')
    return known === undefined || reference === undefined
      ? reference
      : { ...reference, type: 'Organization', identifier: { system: system.institutionNumber, value: known.number }, display: known.name }
  }
  const note = task.note?.filter((item) => item.authorString !== routingAuthor)
  return compact<Task>({ ...task, requester: named(task.requester), owner: named(task.owner), note: note?.length === 0 ? undefined : note })
}

/** Parameters that name nothing, or something that goes along; none at all rather than an empty list, which is not FHIR. */
function namedOnly<T extends { readonly valueReference?: Reference }>(
  parameters: readonly T[] | undefined,
  allowed: ReadonlySet<string>,
): T[] | undefined {
  const kept = parameters?.filter(({ valueReference: to }) => to?.reference === undefined || allowed.has(to.reference)) ?? []
  return kept.length === 0 ? undefined : kept
}

/** Numbers have the digits they were written with: adapters take `ExactNumber` where they take a number. */
export function bundleOf(id: string, content: { task: Task; parts: readonly Pick<Part, 'text'>[]; patient: Patient }): Bundle {
  const resources = content.parts.flatMap((part): Resource[] => {
    const value = parseTaken(textOf(part.text))
    return isResource(value) && !['Task', 'Patient', 'Consent'].includes(value.resourceType) ? [value] : []
  })
  const allowed = new Set(resources.map((resource) => `${resource.resourceType}/${resource.id ?? ''}`))
  const task = compact<Task>({
    ...content.task,
    identifier: [...(content.task.identifier ?? []), { system: system.parcel, value: id }],
    // What was refused is not named either.
    output: namedOnly(content.task.output, allowed),
    input: namedOnly(content.task.input, allowed),
  })
  const entries: Resource[] = [task, content.patient, ...resources]
  return {
    resourceType: 'Bundle',
    type: 'collection',
    identifier: { system: system.parcel, value: id },
    entry: entries.map((resource) => ({ fullUrl: `urn:care-network:${resource.resourceType}/${resource.id ?? ''}`, resource })),
  }
}
