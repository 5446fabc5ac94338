/** Which referral does a message belong to? It quotes the parcel that brought it, the sender's own number for it, or names the Task itself. */
import { canonicalBase, system } from '../fhir-profiles/codes.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { Problem } from './problem.ts'
import { loadTask } from './referral-step.ts'

/** The network's Task id. A parcel that went to somebody else is as unknown as one that never was. */
export async function taskOfParcel(context: Context, institution: string, wanted: Task): Promise<string> {
  const quoted = (wanted.identifier ?? []).flatMap((identifier) => (identifier.system === system.parcel ? (identifier.value ?? []) : []))
  for (const id of quoted) {
    const parcel = await context.store.parcels.byId(id)
    if (parcel?.receiver === institution) return parcel.task
  }
  const own = quoted.length === 0 ? await ownReferral(context, institution, wanted) : undefined
  if (own !== undefined) return own
  if (quoted.length === 0 && wanted.id !== undefined) return wanted.id
  throw new Problem('unprocessable', 'the answer quotes no referral that was sent to this institution', {
    id: 'unknown-referral',
    expression: 'Task.identifier',
  })
}

/** A sender speaks of its own referral by the number it gave it; nobody else's referral is found by it. */
async function ownReferral(context: Context, institution: string, wanted: Task): Promise<string | undefined> {
  const placer = `${canonicalBase}/Identifier/task/${context.directory.institution(institution)?.number ?? ''}`
  const value = wanted.identifier?.find((identifier) => identifier.system === placer)?.value
  if (value === undefined) return undefined
  const ask = { institution: networkId, type: 'Task', system: placer, value }
  const [id, ...more] = await context.store.records.byIdentifier(ask)
  const task = id === undefined || more.length > 0 ? undefined : (await loadTask(context.store, id))?.task
  return task?.requester?.reference === `Organization/${institution}` ? id : undefined
}
