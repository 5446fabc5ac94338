/** Entries of a batch or transaction: read once, refused by their place. Spec: http://hl7.org/fhir/R4/bundle.html#Bundle.entry.request */
import type { Bundle, BundleEntry, Resource } from '../../fhir-profiles/r4.ts'
import type { Call } from '../context.ts'
import { Problem } from '../problem.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export interface TransactionEntry {
  readonly method: (typeof methods)[number]
  /** as written: path and query */
  readonly url: string
  readonly type: string
  /** '' = none in the address */
  readonly id: string
  /** what follows `?`; undefined = nothing does */
  readonly query: string | undefined
  readonly resource: Resource | undefined
  readonly fullUrl: string
  readonly ifMatch: string
  readonly ifNoneMatch: string
  readonly ifNoneExist: string
  readonly ifModifiedSince: string
  /** `Bundle.entry[3]` */
  readonly at: string
}

export function entriesOf(body: Bundle): readonly TransactionEntry[] {
  return (body.entry ?? []).map(entryOf)
}

function entryOf({ request, resource, fullUrl = '' }: BundleEntry, index: number): TransactionEntry {
  const at = `Bundle.entry[${index}]`
  const method = methods.find((each) => each === request?.method)
  if (request === undefined || method === undefined)
    throw new Problem('invalid', 'each entry of a transaction needs a request', { id: 'entry-request', expression: `${at}.request` })
  const [path = '', query] = (request.url ?? '').split(/\?(.*)/s)
  const [type = '', id = '', more] = path.split('/')
  const entry = {
    method,
    url: request.url ?? '',
    type,
    id,
    query: query === '' ? undefined : query,
    resource,
    fullUrl,
    ifMatch: request.ifMatch ?? '',
    ifNoneMatch: request.ifNoneMatch ?? '',
    ifNoneExist: request.ifNoneExist ?? '',
    ifModifiedSince: request.ifModifiedSince ?? '',
    at,
  }
  if (method === 'GET' || method === 'HEAD') return entry
  if (path.includes('$'))
    throw new Problem('not-supported', 'operations are not taken inside a transaction; call them by themselves or in a batch', {
      id: 'entry-operation',
      expression: `${at}.request.url`,
    })
  if (more !== undefined || type === '') throw misplaced(at)
  requireAddress(entry)
  return entry
}

function requireAddress({ method, type, id, query, resource, at }: TransactionEntry): void {
  if (method === 'DELETE' ? id === '' && query === undefined : method !== 'POST' && id === '' && query === undefined) throw misplaced(at)
  if (id !== '' && query !== undefined)
    throw new Problem('invalid', 'an address with an id takes no parameters', {
      id: 'unsupported-parameter',
      expression: `${at}.request.url`,
    })
  if (method === 'DELETE') return
  if (resource === undefined)
    throw new Problem('invalid', 'this entry needs a resource', { id: 'entry-resource', expression: `${at}.resource` })
  if (method === 'PATCH') return
  const isMisnamed = method === 'PUT' && id !== '' && resource.id !== id
  if (type !== resource.resourceType || isMisnamed || (method === 'POST' && (id !== '' || query !== undefined))) throw misplaced(at)
}

function misplaced(at: string): Problem {
  return new Problem('invalid', 'the address of the entry and its resource differ', { id: 'entry-url', expression: `${at}.request.url` })
}

/** An entry as the request it stands for. */
export function asCall(call: Call, entry: BundleEntry, index: number): Call {
  const { method, url } = entry.request ?? {}
  const at = `Bundle.entry[${index}]`
  if (method === undefined || url === undefined || /^[a-z][a-z0-9+.-]*:|^\//i.test(url) || url === '') {
    throw new Problem('invalid', 'an entry needs a method and a relative address', { id: 'entry-request', expression: `${at}.request` })
  }
  const [path = '', search = ''] = url.split(/\?(.*)/s)
  return {
    ...call,
    method,
    path: decoded(path, at),
    params: {},
    query: [...new URLSearchParams(search)],
    body: entry.resource === undefined ? { kind: 'none' } : { kind: 'json', value: entry.resource },
    ifMatch: entry.request?.ifMatch ?? '',
    ifNoneMatch: entry.request?.ifNoneMatch ?? '',
    ifModifiedSince: entry.request?.ifModifiedSince ?? '',
    ifNoneExist: entry.request?.ifNoneExist ?? '',
  }
}

function decoded(path: string, at: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new Problem('invalid', 'the address is not valid percent-encoded UTF-8', {
      id: 'bad-address',
      expression: `${at}.request.url`,
      cause,
    })
  }
}
