/**
 * vread and instance history. A version is shown only where the current record is in the caller's view, so that an old version never
 * says more than today's consent allows. Spec: http://hl7.org/fhir/R4/http.html#vread
 */
import type { Call, Context } from '../context.ts'
import { networkId } from '../directory.ts'
import { nobody, sightFor } from '../judged.ts'
import { personsAbout } from '../pointing.ts'
import { releaseNothing, releaseVersions, type Released } from '../release.ts'

export async function vread(call: Call, context: Context): Promise<Released> {
  const version = call.params['version'] ?? ''
  return versions(call, context, (all) => all.filter((item) => String(item.version) === version), 'vread')
}

export async function history(call: Call, context: Context): Promise<Released> {
  return versions(call, context, (all) => all, 'history-instance')
}

type Version = { version: number; text: string; peopleText: string; deleted: boolean; updatedMs: number }

async function versions(
  call: Call,
  context: Context,
  pick: (all: readonly Version[]) => readonly Version[],
  interaction: 'vread' | 'history-instance',
): Promise<Released> {
  const type = call.params['type'] ?? ''
  const id = call.params['id'] ?? ''
  const isSystem = call.caller.role === 'system'
  // A person is composed per caller and has no stored versions.
  if (type === 'Patient' && !isSystem) return releaseNothing(context, call, interaction)
  const held = isSystem
    ? ((await context.store.records.byKey({ institution: call.caller.institution, type, localId: id })) ??
      (await context.store.records.byKey({ institution: networkId, type, localId: id })))
    : await context.store.records.byId(type, id)
  const own = await context.store.identities.personsOfRecord(id)
  const known = [...own, ...(await personsAbout(context.store, held))]
  const sight = await sightFor(context.store, context, call, { type, persons: known.length === 0 ? [nobody] : known })
  return releaseVersions(context, call, {
    held,
    sight,
    interaction,
    pick,
    load: (recordId) => context.store.records.versionsOf(recordId, 100),
  })
}
