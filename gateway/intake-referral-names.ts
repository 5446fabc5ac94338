/** Whose referral is it, and what are its parts called in the network? A sender names patients and records in ids of its own. */
import type { Resource, ServiceRequest } from '../fhir-profiles/r4.ts'
import { rewriteReferences } from '../fhir-profiles/reference.ts'
import type { Submission } from './intake-referral.ts'
import type { IntakeResult } from './intake.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

/** A person's client names an own patient by number; the EMR's record is not overwritten through it. */
export async function ownPatients(tables: Tables, submission: Submission, entries: Submission['entries']) {
  if (submission.space === 'local') return { entries, names: new Map<string, string>() }
  const names = new Map<string, string>()
  for (const { resource, fullUrl } of entries) {
    if (resource.resourceType !== 'Patient') continue
    const persons = new Set<string>()
    for (const { system: numberSystem, value } of resource.identifier ?? []) {
      if (numberSystem === undefined || value === undefined) continue
      const records = await tables.identities.byIdentifier(numberSystem, value, submission.sender)
      for (const row of await tables.identities.byRecords(records)) persons.add(row.person)
    }
    const [person, ...more] = persons
    if (person === undefined || more.length > 0) throw unknownPatient()
    names.set(fullUrl, `Patient/${person}`)
    if (resource.id !== undefined) names.set(`Patient/${resource.id}`, `Patient/${person}`)
  }
  const rename = (value: string): string | undefined => names.get(value)
  return {
    entries: entries
      .filter(({ resource }) => resource.resourceType !== 'Patient')
      .map((entry) => ({ ...entry, resource: rewriteReferences(entry.resource, rename) })),
    names,
  }
}

function unknownPatient(): Problem {
  return new Problem('unprocessable', 'the patient is not known to this caller; use the person id the network gave', {
    id: 'unknown-patient',
  })
}

export function fullUrlOf(submission: Submission, resource: Resource): string {
  return submission.entries.find((entry) => entry.resource === resource)?.fullUrl ?? ''
}

/** References of the network's own resources: entries of the Bundle, or what the sender stored before, in network ids. */
export async function networkNames(
  tables: Tables,
  submission: Submission,
  resources: readonly Resource[],
  names: ReadonlyMap<string, string>,
) {
  const local = new Map<string, string>()
  if (submission.space === 'local') {
    for (const resource of resources) {
      for (const [, value = ''] of JSON.stringify(resource).matchAll(/"reference":"([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})"/g)) {
        const [type = '', localId = ''] = value.split('/')
        if (type === 'Organization' || names.has(value)) continue
        if (type === 'Patient') {
          const row = (await tables.identities.byLocal(submission.sender, [localId]))[0]
          if (row !== undefined) local.set(value, `Patient/${row.person}`)
        } else {
          const id = await tables.records.idOf({ institution: submission.sender, type, localId })
          if (id !== undefined) local.set(value, `${type}/${id}`)
        }
      }
    }
  }
  return <T extends Resource>(resource: T): T => rewriteReferences(resource, (value) => names.get(value) ?? local.get(value))
}

export function personOf(request: ServiceRequest, results: readonly IntakeResult[]): string {
  const own = results.find((result) => result.type === 'ServiceRequest')?.person
  const [type, id] = request.subject.reference?.split('/') ?? []
  const person = own ?? (type === 'Patient' ? id : undefined)
  if (person === undefined || person === null || person === '') throw unknownPatient()
  return person
}

/** One refers own patients: the sender knows the person, or it is the same refusal as for nobody. */
export async function requirePatient(tables: Tables, submission: Submission, person: string): Promise<void> {
  const rows = await tables.identities.ofPersons([person])
  if (!rows.some((row) => row.institution === submission.sender)) throw unknownPatient()
}
