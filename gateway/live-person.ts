/** Who is who between the network and an institution that is asked at request time: links found, matched and kept; nothing else of it is. */
import type { EmrAdapter } from '../adapters/contract.ts'
import type { Patient } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import { patientOf } from './identify.ts'
import { collect } from './live-answer.ts'
import { demographics, match } from './logic/match.ts'
import { keyText } from './logic/record-key.ts'

/** The institution's own id of the person: linked before, or matched now from demographics the network already holds. */
export async function livePatientId(
  context: Context,
  input: { id: string; adapter: EmrAdapter; question: { person: string }; signal: AbortSignal },
): Promise<{ kind: 'known'; id: string } | { kind: 'unknown' } | { kind: 'no-answer' }> {
  const rows = await context.store.identities.ofPersons([input.question.person])
  const linked = rows.find((row) => row.institution === input.id)
  if (linked !== undefined) return { kind: 'known', id: linked.localId }
  const known = (await context.store.records.byIds(rows.map((row) => row.record))).flatMap((held) => patientOf(open(held).text) ?? [])
  const about = known.map(demographics).find((item) => item.birthDate !== undefined && item.names.length > 0)
  if (about?.birthDate === undefined) return { kind: 'unknown' }
  const query = { kind: 'candidates', birthDate: about.birthDate, name: about.names[0] ?? '', maxResources: 50 } as const
  const got = await collect(context, input.id, input.adapter.fetch(query, input.signal), 50)
  if (!got.answered) return { kind: 'no-answer' }
  const certain = got.resources.flatMap((resource) => {
    if (resource.resourceType !== 'Patient' || resource.id === undefined) return []
    const outcome = match(
      demographics(resource),
      known.map((patient) => ({ person: input.question.person, demographics: demographics(patient) })),
    )
    return outcome.grade === 'certain' ? [resource.id] : []
  })
  // Two certain records of one institution are a matter for that institution, not for a guess of ours.
  const only = certain[0]
  if (only === undefined || certain.length > 1) return { kind: 'unknown' }
  await linkLive(context, { institution: input.id, localId: only, person: input.question.person })
  return { kind: 'known', id: only }
}

async function linkLive(context: Context, link: { institution: string; localId: string; person: string }): Promise<void> {
  await context.store.transaction(async (tables) => {
    const ids = await tables.records.networkIds([{ institution: link.institution, type: 'Patient', localId: link.localId }], context.newId)
    const record = ids.get(keyText({ institution: link.institution, type: 'Patient', localId: link.localId }))
    if (record === undefined) return
    // Seen on its own before anybody else's record told who it is: its person becomes this one, and the old id stays readable.
    const [before] = await tables.identities.byLocal(link.institution, [link.localId])
    if (before !== undefined && before.person !== link.person)
      await tables.identities.merge(before.person, link.person, context.now().getTime())
    await tables.identities.link({ ...link, record, grade: 'certain' }, context.now().getTime())
    await tables.identities.setGrade([link.person], 'certain')
  })
}

/** Who is this Patient of a live institution? Linked before, matched now, or a person of its own. */
export async function personOfLivePatient(context: Context, institution: string, patient: Patient): Promise<string | undefined> {
  const localId = patient.id
  if (localId === undefined) return undefined
  const linked = (await context.store.identities.byLocal(institution, [localId]))[0]
  if (linked !== undefined) return linked.person
  const arrived = demographics(patient)
  const ids = await context.store.identities.candidates({
    birthDate: arrived.birthDate ?? '',
    phones: arrived.phones,
    notRecord: '',
    limit: 100,
  })
  const identities = await context.store.identities.byRecords(ids)
  const taken = new Set(
    (await context.store.identities.ofPersons(identities.map((row) => row.person)))
      .filter((row) => row.institution === institution)
      .map((row) => row.person),
  )
  const personOf = new Map(identities.map((row) => [row.record, row.person]))
  const candidates = (await context.store.records.byIds(ids)).flatMap((held) => {
    const { facts: known, text } = open(held)
    const person = personOf.get(known.id)
    const candidate = patientOf(text)
    return person === undefined || taken.has(person) || candidate === undefined ? [] : [{ person, demographics: demographics(candidate) }]
  })
  const outcome = match(arrived, candidates)
  if (outcome.grade === 'certain') {
    await linkLive(context, { institution, localId, person: outcome.person })
    return outcome.person
  }
  return newLivePerson(context, institution, localId)
}

async function newLivePerson(context: Context, institution: string, localId: string): Promise<string> {
  const person = context.newId()
  await context.store.transaction(async (tables) => {
    const ids = await tables.records.networkIds([{ institution, type: 'Patient', localId }], context.newId)
    await tables.identities.addPerson(person, context.now().getTime())
    const record = ids.get(keyText({ institution, type: 'Patient', localId })) ?? context.newId()
    await tables.identities.link({ institution, localId, record, person, grade: 'single' }, context.now().getTime())
  })
  return person
}
