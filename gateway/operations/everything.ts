/**
 * Patient/[id]/$everything. For people: one person's records as far as consent allows, stored and live. For a system: its own partition's
 * record of one of its own patients, with what that record refers to. Spec: http://hl7.org/fhir/R4/operation-patient-everything.html
 */
import { knownTypes } from '../logic/access.ts'
import type { Call, Context } from '../context.ts'
import { Problem } from '../problem.ts'
import { sightFor } from '../judged.ts'
import { releaseBundle, releaseNothing, type Released } from '../release.ts'
import { releaseEverything } from '../release-person.ts'
import { gather } from './summary.ts'

const maxOwn = 10_000

export async function everything(call: Call, context: Context): Promise<Released> {
  const types = typesAsked(call)
  if (call.caller.role === 'system') return ownEverything(call, context, types)
  const { person, sight, held, silent } = await gather(call, context, types, 'everything')
  const { condition, party } = sight
  // whose chart is seen is known, whatever types are asked; that others know the person too must not decide it
  const charts = await context.store.recordsOfPerson({ person, types: ['Patient'], but: [], limit: 1, condition, party })
  return releaseEverything(context, call, {
    held,
    sight,
    person,
    isKnown: charts.length > 0 || sight.related.includes(person),
    silent: silent.map((id) => context.directory.institution(id)?.name ?? id),
  })
}

function typesAsked(call: Call): readonly string[] {
  const types = call.query.flatMap(([name, value]) => (name === '_type' ? value.split(',') : []))
  const other = call.query.find(([name]) => name !== '_type' && name !== '_format' && name !== '_pretty')
  if (other !== undefined && !call.prefer.includes('handling=lenient')) {
    throw new Problem('not-supported', '$everything supports `_type` only', {
      id: 'unsupported-parameter',
      expression: 'Parameters.parameter',
    })
  }
  if (types.some((type) => !knownTypes.includes(type)))
    throw new Problem('invalid', '`_type` names an unknown resource type', { id: 'unknown-type', expression: '_type' })
  return types
}

async function ownEverything(call: Call, context: Context, types: readonly string[]): Promise<Released> {
  const { institution } = call.caller
  const row = (await context.store.identities.byLocal(institution, [call.params['id'] ?? '']))[0]
  const known = row === undefined ? undefined : await context.store.records.byKey({ institution, type: 'Patient', localId: row.localId })
  if (row === undefined || known === undefined) return releaseNothing(context, call, 'everything')
  const held = await context.store.records.ownRecordOf({ institution, person: row.person, types, limit: maxOwn })
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [] })
  return releaseBundle(context, call, {
    type: 'searchset',
    interaction: 'everything',
    held,
    total: held.length,
    self: `${context.config.publicUrl}/fhir/R4/Patient/${row.localId}/$everything`,
    next: undefined,
    sight,
    persons: [row.person],
    notices: [],
  })
}
