/** Which referral does an answer belong to? It quotes the parcel that brought the referral, or names the Task itself. */
import { canonicalBase, system } from '../fhir-profiles/codes.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { Problem } from './problem.ts'

/** A requester names its referral by the number it gave it; that number's system holds the institution's own, so nobody names another's. */
async function ownReferral(context: Context, institution: string, wanted: Task): Promise<string | undefined> {
  const number = context.directory.institution(institution)?.number ?? ''
  const ownSystem = `${canonicalBase}/Identifier/task/${number}`
  for (const { system: uri, value } of wanted.identifier ?? []) {
    if (uri !== ownSystem || value === undefined) continue
    const [only, more] = await context.store.records.byIdentifier({ institution: networkId, type: 'Task', system: uri, value })
    if (only !== undefined && more === undefined) return only
    throw new Problem('unprocessable', 'no referral of this institution has this number', {
      id: 'unknown-referral',
      expression: 'Task.identifier',
    })
  }
  return undefined
}

/** The network's Task id. A parcel that went to somebody else is as unknown as one that never was. */
export async function taskOfParcel(context: Context, institution: string, wanted: Task): Promise<string> {
  const quoted = (wanted.identifier ?? []).flatMap((identifier) => (identifier.system === system.parcel ? (identifier.value ?? []) : []))
  for (const id of quoted) {
    const parcel = await context.store.parcels.byId(id)
    if (parcel?.receiver === institution) return parcel.task
  }
  const own = await ownReferral(context, institution, wanted)
  if (own !== undefined) return own
  if (quoted.length === 0 && wanted.id !== undefined) return wanted.id
  throw new Problem('unprocessable', 'the answer quotes no referral that was sent to this institution', {
    id: 'unknown-referral',
    expression: 'Task.identifier',
  })
}
