/** The FHIR R4 interactions of the sandbox EMR, from a parsed request to an answer. Knows HTTP semantics, not sockets. */
import { randomUUID } from 'node:crypto'
import type { Bundle, BundleEntry, OperationOutcome, OperationOutcomeIssue, Resource } from '../../../fhir-profiles/r4.ts'
import type { EmrStore, Written } from './emr-store.ts'
import { search } from './search.ts'
import { writeFault } from './write-rules.ts'

export interface Question {
  readonly method: string
  /** below the service base: [], ['Patient'], ['Patient', 'id'], … */
  readonly path: readonly string[]
  readonly params: URLSearchParams
  readonly body: Readonly<Record<string, unknown>> | undefined
}

export interface Answer {
  readonly status: number
  readonly body: Resource
}

export interface FhirService {
  readonly base: string
  readonly store: EmrStore
  readonly now: () => Date
}

const defaultPage = 20
const maxPage = 500

export function answer(service: FhirService, question: Question): Answer {
  const { method, path, params, body } = question
  const [type = '', id = '', keyword = ''] = path
  const shape = `${method} ${path.length}`
  if (shape === 'GET 1' && type === 'metadata') return { status: 200, body: capabilities() }
  if (shape === 'POST 0') return transaction(service, body)
  if (!/^[A-Z][A-Za-z]+$/.test(type)) return outcome(404, 'not-supported', 'unknown address')
  if (shape === 'GET 1' || (shape === 'POST 2' && id === '_search')) return searchType(service, type, params)
  if (shape === 'GET 2') return found(service.store.read(type, id))
  if (shape === 'GET 3' && keyword === '_history') return historyOf(service, type, id)
  if (shape === 'POST 1') return write(service, [{ type, id: randomUUID(), body }])
  if (shape === 'PUT 2') return write(service, [{ type, id, body }])
  return outcome(405, 'not-supported', 'this interaction is not offered')
}

export function outcome(status: number, code: OperationOutcomeIssue['code'], diagnostics: string, expression?: string): Answer {
  const issue: OperationOutcomeIssue = {
    severity: 'error',
    code,
    diagnostics,
    ...(expression === undefined ? {} : { expression: [expression] }),
  }
  const body: OperationOutcome = { resourceType: 'OperationOutcome', issue: [issue] }
  return { status, body }
}

function found(resource: Resource | undefined): Answer {
  return resource === undefined ? outcome(404, 'not-found', 'no such resource') : { status: 200, body: resource }
}

function historyOf({ store, base }: FhirService, type: string, id: string): Answer {
  const versions = store.history(type, id)
  if (versions.length === 0) return found(undefined)
  const entry = versions.map((resource) => ({
    fullUrl: `${base}/${type}/${id}`,
    resource,
    request: { method: 'PUT' as const, url: `${type}/${id}` },
  }))
  return { status: 200, body: { resourceType: 'Bundle', type: 'history', total: entry.length, entry } }
}

function searchType({ store, base }: FhirService, type: string, params: URLSearchParams): Answer {
  const result = search(store.all(type), params)
  if (!result.ok) return outcome(400, 'invalid', result.fault)
  const count = Math.min(Number(params.get('_count') ?? defaultPage) || defaultPage, maxPage)
  const offset = Number(params.get('_offset') ?? 0)
  const page = result.matches.slice(offset, offset + count)
  const entry = page.map((resource): BundleEntry => ({
    fullUrl: `${base}/${type}/${resource.id ?? ''}`,
    resource,
    search: { mode: 'match' },
  }))
  const address = (at: number) => {
    const query = new URLSearchParams(params)
    query.set('_offset', String(at))
    return `${base}/${type}?${query.toString()}`
  }
  const next = offset + count < result.matches.length ? [{ relation: 'next', url: address(offset + count) }] : []
  const link = [{ relation: 'self', url: address(offset) }, ...next]
  return { status: 200, body: { resourceType: 'Bundle', type: 'searchset', total: result.matches.length, link, entry } }
}

interface Draft {
  readonly type: string
  readonly id: string
  readonly body: Readonly<Record<string, unknown>> | undefined
}

function write(service: FhirService, drafts: readonly Draft[]): Answer {
  const result = writeAll(service, drafts)
  if (!Array.isArray(result)) return result
  const [first] = result
  return first === undefined ? outcome(400, 'invalid', 'nothing to write') : { status: first.created ? 201 : 200, body: first.resource }
}

/** All or nothing; the first fault is answered. */
function writeAll({ store, now }: FhirService, drafts: readonly Draft[]): Written[] | Answer {
  const resources: Resource[] = []
  for (const { type, id, body } of drafts) {
    if (body?.['resourceType'] !== type)
      return outcome(400, 'invalid', 'the body is not a resource of the type in the address', 'resourceType')
    // The type has just been seen; what else must hold is checked by `writeFault`.
    resources.push({ ...body, id } as unknown as Resource)
  }
  const coming = new Set(resources.map((resource) => `${resource.resourceType}/${resource.id ?? ''}`))
  const exists = (reference: string) => {
    const [type = '', id = ''] = reference.split('/')
    return coming.has(`${type}/${id}`) || store.read(type, id) !== undefined
  }
  for (const resource of resources) {
    const fault = writeFault(resource, exists)
    if (fault !== undefined) return outcome(fault.status, fault.code, 'the resource was not accepted', fault.expression)
  }
  return [...store.write(resources, now())]
}

function transaction(service: FhirService, body: Question['body']): Answer {
  const entries =
    body?.['resourceType'] === 'Bundle' && body['type'] === 'transaction' && Array.isArray(body['entry']) ? body['entry'] : undefined
  if (entries === undefined) return outcome(400, 'invalid', 'a transaction Bundle is expected', 'Bundle')
  const drafts: Draft[] = []
  for (const entry of entries) {
    const draft = draftOf(entry)
    if (draft === undefined) return outcome(400, 'not-supported', 'an entry is neither PUT Type/id nor POST Type', 'Bundle.entry.request')
    drafts.push(draft)
  }
  const result = writeAll(service, drafts)
  if (!Array.isArray(result)) return result
  const done = result.map(({ resource, created }): BundleEntry => {
    const version = resource.meta?.versionId ?? ''
    const location = `${resource.resourceType}/${resource.id ?? ''}/_history/${version}`
    return { response: { status: created ? '201 Created' : '200 OK', location, etag: `W/"${version}"` } }
  })
  const answered: Bundle = { resourceType: 'Bundle', type: 'transaction-response', entry: done }
  return { status: 200, body: answered }
}

function draftOf(entry: unknown): Draft | undefined {
  if (typeof entry !== 'object' || entry === null || !('request' in entry) || !('resource' in entry)) return undefined
  const { request, resource } = entry
  if (typeof request !== 'object' || request === null || typeof resource !== 'object' || resource === null) return undefined
  const [type = '', id] = String(Reflect.get(request, 'url')).split('/')
  const body = Object.fromEntries(Object.entries(resource))
  if (Reflect.get(request, 'method') === 'PUT' && id !== undefined) return { type, id, body }
  return Reflect.get(request, 'method') === 'POST' && id === undefined ? { type, id: randomUUID(), body } : undefined
}

function capabilities(): Resource {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-01-01',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server', interaction: [{ code: 'transaction' }] }],
  }
}
