/**
 * Search in a patient's compartment: `Patient/{id}/{type}`, and `Patient/{id}/*` over every type of it. Whose compartment it is decides like
 * any other reference: of a person nobody knows and of one nobody may see, nothing is found. Spec: http://hl7.org/fhir/R4/http.html#vsearch
 */
import { compartmentParametersOf, compartmentTypes } from '../../fhir-profiles/compartment.ts'
import type { Call, Context } from '../context.ts'
import { knownTypes } from '../logic/access.ts'
import { Problem } from '../problem.ts'
import type { Released } from '../release.ts'
import { shaped } from '../release-shape.ts'
import { mayFind, parseSearch, referenceTest, type Scope } from '../search-request.ts'
import { searchRecords } from './search.ts'
import { partAsked } from './search-page.ts'

export async function searchCompartment(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  if (!isOffered(type))
    throw new Problem('not-supported', `${type} is not searched in a compartment; search for it by itself`, {
      id: 'compartment',
      expression: type,
    })
  return inCompartment(call, context, { type, types: [type], path: pathOf(call, type) })
}

export async function searchWholeCompartment(call: Call, context: Context): Promise<Released> {
  return inCompartment(call, context, {
    type: '',
    types: knownTypes.filter((type) => isOffered(type) && mayFind(call, type)),
    path: pathOf(call, '*'),
  })
}

/**
 * A Patient is composed of records, Tasks and consents follow the role, the ledger is no record: each is searched by itself, where it is
 * judged by its own rules.
 */
const apart: ReadonlySet<string> = new Set(['Patient', 'Person', 'RelatedPerson', 'Task', 'Consent', 'Provenance', 'AuditEvent'])

function isOffered(type: string): boolean {
  return compartmentTypes.includes(type) && knownTypes.includes(type) && !apart.has(type)
}

function pathOf(call: Call, of: string): string {
  return `Patient/${call.params['id'] ?? ''}/${of}`
}

async function inCompartment(call: Call, context: Context, scope: Scope): Promise<Released> {
  const request = await parseSearch(context, call, scope)
  const about = await referenceTest(context, call, { values: [call.params['id'] ?? ''], type: 'Patient', targets: ['Patient'] })
  const params = scope.types.flatMap((type) => compartmentParametersOf(type).map((param) => `${type}.${param}`))
  const clause = { on: 'points', params, test: about.test } as const
  const part = partAsked(call, request)
  const found = await searchRecords(call, context, {
    scope,
    request: { ...request, clauses: [clause, ...request.clauses], persons: [...request.persons, ...about.persons] },
  })
  return shaped(found, part)
}
