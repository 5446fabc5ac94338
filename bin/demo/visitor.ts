/** Somebody at the gateway's public door: a token of the sandbox grant, FHIR over HTTP, and nothing else. */
import { setTimeout } from 'node:timers/promises'
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import type { Coding, Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { defaultPurpose, sandboxToken, type SandboxKey } from '../sandbox/client.ts'
import type { Place } from './cast.ts'

export interface Emergency {
  readonly purposes: readonly string[]
  /** a person id */
  readonly patient: string
  readonly reason: string
  readonly note: string
}

export interface Reply {
  readonly status: number
  /** the body as it came, byte for byte */
  readonly text: string
  /** the resource itself, or those of a Bundle without its outcomes */
  readonly resources: readonly Resource[]
  /** who did not answer the gateway in time, in its words */
  readonly gaps: readonly string[]
}

export interface Visitor {
  readonly name: string
  /** the person a patient's or proxy's token speaks for; '' for staff */
  readonly person: string
  get(path: string): Promise<Reply>
  send(method: 'POST' | 'PATCH', path: string, body: unknown, version?: string): Promise<Reply>
}

/** Throws with the server's reason when there is no token for the name. */
export async function visitor(base: string, key: SandboxKey, name: string, emergency?: Emergency): Promise<Visitor> {
  const token = await sandboxToken(key, { as: name, ...(emergency ?? { purposes: [defaultPurpose(name)] }) })
  const call = async (method: string, path: string, sent?: { readonly body: unknown; readonly version: string }): Promise<Reply> => {
    const kind = method === 'PATCH' ? 'application/json-patch+json' : 'application/fhir+json'
    const response = await fetch(`${base}/fhir/R4/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(sent === undefined ? {} : { 'content-type': kind }),
        ...(sent === undefined || sent.version === '' ? {} : { 'if-match': `W/"${sent.version}"` }),
      },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent.body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    return { status: response.status, text, resources: resourcesIn(text), gaps: gapsIn(text) }
  }
  return {
    name,
    person: personIn(token),
    get: (path) => call('GET', path),
    send: (method, path, body, version = '') => call(method, path, { body, version }),
  }
}

function resourcesIn(text: string): readonly Resource[] {
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  if (!isResource(body) || body.resourceType === 'OperationOutcome') return []
  if (body.resourceType !== 'Bundle') return [body]
  return (body.entry ?? []).flatMap(({ resource, search }) => (resource === undefined || search?.mode === 'outcome' ? [] : [resource]))
}

/** The notices of a page about institutions that were asked live and are silent. */
function gapsIn(text: string): readonly string[] {
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  if (!isResource(body) || body.resourceType !== 'Bundle') return []
  const issues = (body.entry ?? []).flatMap(({ resource }) => (resource?.resourceType === 'OperationOutcome' ? resource.issue : []))
  return issues.flatMap(({ details, diagnostics }) => (details?.coding?.some(isGap) === true ? (diagnostics ?? '') : []))
}

const isGap = ({ system: of }: Coding): boolean => of === system.gap

/** The gateway verifies tokens; this only reads whom its own is about. */
function personIn(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')
  return /"person_id":"([^"]+)"/.exec(payload)?.[1] ?? ''
}

const places = ['clinic', 'hospital', 'tertiary'] as const

/** Whose record it is; undefined for what the network itself wrote or composed. */
export function sourceOf(resource: Resource): Place | undefined {
  return places.find((id) => resource.meta?.source === patientNumberSystem(sandboxInstitutions[id].number))
}

const patience = { attempts: 5, pauseMs: 2_000 }

/**
 * By id, what institutions wrote about the person as far as this visitor may see it; empty when the answer is 404. On a machine that has
 * little to give an EMR may be late, and what it holds is then left out with a notice: asked again.
 */
export async function chartOf(who: Visitor, person: string): Promise<ReadonlyMap<string, Resource>> {
  const ask = async (): Promise<Reply> => who.get(`Patient/${person}/$everything`)
  let reply = await ask()
  for (let attempt = 1; attempt < patience.attempts && reply.gaps.length > 0; attempt += 1) {
    await setTimeout(patience.pauseMs)
    reply = await ask()
  }
  const { resources } = reply
  const records = resources.filter((each) => each.resourceType !== 'Patient' && sourceOf(each) !== undefined)
  return new Map(records.map((each) => [`${each.resourceType}/${each.id ?? ''}`, each]))
}

export function placesOf(resources: Iterable<Resource>): readonly Place[] {
  const found = new Set([...resources].map((each) => sourceOf(each)))
  return places.filter((place) => found.has(place))
}

/** `34 records: 해맑은의원 12, 누리대학교병원 22` */
export function counted(resources: Iterable<Resource>): string {
  const all = [...resources].filter((each) => sourceOf(each) !== undefined)
  const by = placesOf(all).map((place) => `${sandboxInstitutions[place].name} ${all.filter((each) => sourceOf(each) === place).length}`)
  return all.length === 0 ? 'nothing' : `${all.length} records: ${by.join(', ')}`
}
