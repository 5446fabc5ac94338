/** Puts a world into a server through its front door, and learns which network id each record and person was given. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Reply } from './mask.ts'
import type { Random } from './random.ts'
import type { Server } from './server.ts'
import { localIdOf, patientResource, type InstitutionId, type World, type WorldPerson } from './world.ts'
import { type Json, nameSystem } from './world-records.ts'

export interface Filled {
  /** name of a record or person → its network id; for what this store never held, a random one */
  readonly ids: ReadonlyMap<string, string>
}

/** @param isBare the store that never held what the asking institution is refused. Throws when the server takes something otherwise than asked. */
export async function fill(server: Server, world: World, isBare: boolean, random: Random): Promise<Filled> {
  for (const record of world.records) {
    const versions = isBare ? record.bareVersions : record.versions
    for (const version of versions) await feed(server, record.institution, version)
  }
  const ids = new Map<string, string>()
  for (const person of world.people) {
    for (const [name, id] of await learn(server, world, person, isBare)) ids.set(name, id)
  }
  for (const record of world.records) {
    const isHere = !isBare || record.bareVersions.length > 0
    if (record.isDeleted && isHere) await remove(server, record.institution, `${record.type}/${record.localId}`)
  }
  for (const person of world.people) {
    const consent = world.consent(person, ids.get(person.name) ?? '')
    if (consent === undefined || !ids.has(person.name)) continue
    await expectStatus(server, { as: 'privacy-officer', method: 'POST', path: 'Consent', body: JSON.stringify(consent) }, [201])
  }
  for (const { name } of [...world.people, ...world.records]) if (!ids.has(name)) ids.set(name, random.uuid())
  return { ids }
}

/** The person a token of a patient of these tests stands for; nothing of them is refused to anybody who may ask. */
export async function feedBystander(server: Server): Promise<void> {
  await feed(server, 'clinic', { ...patientResource({ number: 1 }, 'clinic'), ...bystanderNumber })
}

const bystanderNumber = { id: 'C-0001', identifier: [{ system: 'urn:oid:1.2.410.100110.10.31100001', value: 'C-0001' }] }

async function feed(server: Server, institution: InstitutionId, resource: Json): Promise<void> {
  const [type, id] = [String(resource['resourceType']), String(resource['id'])]
  const ask = { as: `${institution}-system`, method: 'PUT', path: `${type}/${id}`, body: JSON.stringify(resource) }
  await expectStatus(server, ask, [200, 201])
  // no two records of one millisecond: their order would be that of their random ids
  await pause(2)
}

async function remove(server: Server, institution: InstitutionId, path: string): Promise<void> {
  await expectStatus(server, { as: `${institution}-system`, method: 'DELETE', path }, [200, 204])
  await pause(2)
}

/** The custodian's own clinician sees the institution's own chart whole, in network ids. Versions of what was deleted are still found. */
async function learn(server: Server, world: World, person: WorldPerson, isBare: boolean): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = []
  for (const institution of person.at) {
    const own = world.records.filter((record) => record.person === person.name && record.institution === institution)
    const chart = own.find(({ type }) => type === 'Patient')
    if (chart === undefined || (isBare && chart.isRefused)) continue
    const path = `Patient/${localIdOf(institution, person.number)}/$everything`
    const reply = await expectStatus(server, { as: `${institution}-doctor`, method: 'GET', path }, [200])
    for (const resource of resourcesOf(reply.text)) {
      const id = String(resource['id'])
      if (resource['resourceType'] === 'Patient') found.push([person.name, id])
      const name = nameIn(resource)
      if (name !== undefined) found.push([name, id])
    }
  }
  return found
}

function nameIn(resource: Json): string | undefined {
  const { identifier } = resource
  const list: readonly unknown[] = Array.isArray(identifier) ? identifier : [identifier]
  return list.flatMap((item) => (isNamed(item) && item.system === nameSystem ? [item.value] : []))[0]
}

function isNamed(value: unknown): value is { readonly system: string; readonly value: string } {
  return typeof value === 'object' && value !== null && 'system' in value && 'value' in value && typeof value.value === 'string'
}

/** Entries of a Bundle, loosely: only ids and names are read of them. */
export function resourcesOf(text: string): readonly Json[] {
  const bundle: unknown = JSON.parse(text)
  if (typeof bundle !== 'object' || bundle === null || !('entry' in bundle) || !Array.isArray(bundle.entry)) return []
  return bundle.entry.flatMap((entry: { readonly resource?: Json }) => (entry.resource === undefined ? [] : [entry.resource]))
}

async function expectStatus(server: Server, ask: Parameters<Server['send']>[0], wanted: readonly number[]): Promise<Reply> {
  const reply = await server.send(ask)
  if (wanted.includes(reply.status)) return reply
  throw new Error(`${ask.as}: ${ask.method} ${ask.path} answered ${reply.status}: ${reply.text.slice(0, 400)}`)
}
