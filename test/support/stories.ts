/** The nine people as a test speaks of them: their persons, their charts in somebody's eyes, and where each record came from. */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../../adapters/sandbox/people.ts'
import type { Caller } from './client.ts'
import type { Network } from './sandbox.ts'

export type Institution = keyof typeof sandboxInstitutions
export const institutions: readonly Institution[] = ['clinic', 'hospital', 'tertiary']

/** The network person of a seeded number. */
export async function personOf(network: Network, number: number): Promise<string> {
  return (await network.as(`patient-${number}`)).person
}

/** `system|value` of the person's number at the first institution that has one. */
export function numberAt(number: number, institution: Institution): string {
  const person = sandboxPeople.find((each) => each.number === number)
  if (person === undefined) throw new Error(`there is no seeded person ${number}`)
  return `${patientNumberSystem(sandboxInstitutions[institution].number)}|${patientNumber(person, institution)}`
}

/** Whose record it is, by `meta.source`; undefined for what the network itself wrote or composed. */
export function sourceOf(resource: Resource | undefined): Institution | undefined {
  return institutions.find((id) => resource?.meta?.source === patientNumberSystem(sandboxInstitutions[id].number))
}

/** Everything that `who` may see of the person, by id, without the composed Patient itself; empty when the answer is 404. */
export async function chartOf(who: Caller, person: string): Promise<ReadonlyMap<string, Resource>> {
  const reply = await who.get(`Patient/${person}/$everything`)
  if (reply.status === 404) return new Map()
  return new Map(reply.entries.filter((each) => each.resourceType !== 'Patient').map((each) => [each.id ?? '', each]))
}

/** Ids of a chart, sorted, of all institutions or of the named ones. */
export function idsOf(chart: ReadonlyMap<string, Resource>, ...from: readonly Institution[]): readonly string[] {
  const isFrom = (resource: Resource): boolean => from.length === 0 || from.some((id) => id === sourceOf(resource))
  return [...chart].flatMap(([id, resource]) => (isFrom(resource) ? [id] : [])).sort()
}

/** The institutions a summary shows something of, sorted. */
export async function summarySources(who: Caller, person: string): Promise<readonly Institution[]> {
  const reply = await who.get(`Patient/${person}/$summary`)
  if (reply.status !== 200) return []
  return [...new Set(reply.entries.flatMap((each) => sourceOf(each) ?? []))].sort()
}

/** Reads again and again until `found` says so; what it waited for is in the message when it gives up after `deadlineMs`. */
export async function until<T>(what: string, read: () => Promise<T | undefined>, deadlineMs = 20_000): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const found = await read()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}

/** One of the EMRs' desks: what staff would click. */
export async function desk(
  network: Network,
  institution: Institution,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const port = { clinic: network.ports.clinicDesk, hospital: network.ports.hospitalDesk, tertiary: network.ports.tertiaryDesk }[institution]
  const init = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(10_000) })
  return { status: response.status, body: await response.json() }
}
