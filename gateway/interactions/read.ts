/** read. Spec: http://hl7.org/fhir/R4/http.html#read · Hidden and missing are one answer, byte for byte. */
import type { Call, Context } from '../context.ts'
import { networkId } from '../directory.ts'
import { askLive, readLive } from '../live.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { personsAbout, personsOfHeld } from '../pointing.ts'
import { notFound } from '../problem.ts'
import { nobody, readPersonOf, sightFor } from '../judged.ts'
import { releasePersons } from '../release-person.ts'
import { publish, releaseLedger } from '../release-public.ts'
import { shaped, subsetAsked } from '../release-shape.ts'
import { releaseOne, type Released } from '../release.ts'
import { personsOf } from '../search-request.ts'

export async function read(call: Call, context: Context): Promise<Released> {
  const ask = subsetAsked(call)
  return shaped(await readWhole(call, context), ask)
}

async function readWhole(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  const id = call.params['id'] ?? ''
  const { caller } = call
  if (type === 'AuditEvent') return readAudit(call, context, id)
  if (caller.role === 'system') return readOwn(call, context, type, id)
  if (type === 'Organization') {
    const organization = context.directory.organizations().find((item) => item.id === id)
    if (organization !== undefined) return publish(organization)
  }
  if (type === 'Patient') return readPerson(call, context, id)
  const found = await context.store.records.found(id)
  const stored = found?.key.type === type ? found.held : undefined
  const live =
    stored === undefined && found?.key.type === type ? await call.admission.required().then(() => readLive(context, found.key)) : undefined
  const own = live === undefined ? personsOfHeld(found?.held) : [live.person]
  const known = [...own, ...(await personsAbout(context.store, stored))]
  const sight = await sightFor(context.store, context, call, { type, persons: known.length === 0 ? [nobody] : known })
  return releaseOne(context, call, { held: stored ?? live?.held, interaction: 'read', sight })
}

/** A system reads its own partition in its own ids, and the network's Tasks it is party to. */
async function readOwn(call: Call, context: Context, type: string, id: string): Promise<Released> {
  const own = await context.store.records.own({ institution: call.caller.institution, type, localId: id })
  const held = own ?? (await context.store.records.byKey({ institution: networkId, type, localId: id }))
  const sight = await sightFor(context.store, context, call, { type, persons: [] })
  return releaseOne(context, call, { held, interaction: 'read', sight })
}

/** A person, composed from every Patient record this caller may see, stored and live. */
async function readPerson(call: Call, context: Context, id: string): Promise<Released> {
  const { person, policy, held } = await readPersonOf(context, call, id)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [person], policy })
  const { condition, party } = sight
  const stored = held ?? (await context.store.recordsOfPerson({ person, types: ['Patient'], but: [], limit: 50, condition, party }))
  const live = await askLive(context, call, {
    person,
    types: ['Patient'],
    mayAsk: (institution) =>
      couldMatch(sight.condition, { custodian: institution, person, custodianKeys: context.directory.keysOf(institution) }),
  })
  return releasePersons(context, call, { held: [...stored, ...live.held], sight, interaction: 'read' })
}

async function readAudit(call: Call, context: Context, id: string): Promise<Released> {
  const { bodies, total, about } = await auditEntry(call, context, id)
  return releaseLedger(context, call, { bodies, total, isRead: true, self: '', next: undefined, about })
}

/** The entry as the ledger holds it, if this caller may read it: a patient or proxy reads those about the person, and of those only that part. */
export async function auditEntry(
  call: Call,
  context: Context,
  id: string,
): Promise<{ bodies: readonly string[]; total: number; about: readonly string[] | undefined }> {
  const isOwnOnly = call.caller.role === 'patient' || call.caller.role === 'proxy'
  if (isOwnOnly && call.caller.person === '') throw notFound()
  const about = isOwnOnly ? await context.store.identities.idsOf(await personsOf(context, call, [call.caller.person])) : undefined
  const found = await context.store.ledger.find({ id, limit: 1, offset: 0, ...(about === undefined ? {} : { persons: about }) })
  return { ...found, about }
}
