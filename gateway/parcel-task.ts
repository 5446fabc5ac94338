/** Which referral does an answer belong to? It quotes the parcel that brought the referral, or names the Task itself. */
import { system } from '../fhir-profiles/codes.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { Problem } from './problem.ts'

/** The network's Task id. A parcel that went to somebody else is as unknown as one that never was. */
export async function taskOfParcel(context: Context, institution: string, wanted: Task): Promise<string> {
  const quoted = (wanted.identifier ?? []).flatMap((identifier) => (identifier.system === system.parcel ? (identifier.value ?? []) : []))
  for (const id of quoted) {
    const parcel = await context.store.parcels.byId(id)
    if (parcel?.receiver === institution) return parcel.task
  }
  if (quoted.length === 0 && wanted.id !== undefined) return wanted.id
  throw new Problem('unprocessable', 'the answer quotes no referral that was sent to this institution', {
    id: 'unknown-referral',
    expression: 'Task.identifier',
  })
}
