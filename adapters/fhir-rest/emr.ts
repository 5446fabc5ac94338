/**
 * The conversation with one EMR's FHIR server. fhir-kit-client composes every interaction (paths, queries, paging, transaction); it has
 * no setting for the fetch it uses, so the one method through which all its traffic passes is replaced by ours: guarded, bounded, typed.
 */
import { AsyncResource } from 'node:async_hooks'
import { ConstantBackoff, ConsecutiveBreaker, bulkhead, circuitBreaker, handleWhen, retry, wrap } from 'cockatiel'
import { Client } from 'fhir-kit-client'
import type { Bundle, Resource } from '../../fhir-profiles/r4.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import { areObjects, isResource } from './admit.ts'
import type { Authorizer } from './authorization.ts'
import type { FhirRestConfig } from './config.ts'
import { EmrFailure, isBrokenWire, isWorthRetry, kindOfStatus } from './failure.ts'
import { parseJson } from './json.ts'

export interface Emr {
  /** undefined = the EMR has no such resource. The answer is what the EMR sent: its type and id are not checked here. */
  read(type: string, id: string, signal: AbortSignal): Promise<Resource | undefined>
  /** pages of a type search, the last with `cut` when the EMR has more than was followed */
  search(type: string, params: SearchParams, signal: AbortSignal): AsyncGenerator<Page>
  /** versions of one resource, newest first; empty where the EMR keeps none */
  history(type: string, id: string, signal: AbortSignal): Promise<readonly Resource[]>
  transact(bundle: Bundle, signal: AbortSignal): Promise<Bundle>
  /** asks for the CapabilityStatement and one Organization, past the breaker */
  probe(signal: AbortSignal): Promise<void>
}

export type SearchParams = Readonly<Record<string, string | readonly string[]>>

export interface Page {
  /** as they came: an entry without a resource is here as undefined, so that nobody loses it unnoticed */
  readonly resources: readonly unknown[]
  readonly cut?: string
}

const atOnce = 4
const waiting = 256
const retryAfterMs = 100

/** All methods reject with FetchFailure, EmrFailure or a cockatiel error; `reasonOf` turns each into words. */
export function connectEmr(config: FhirRestConfig, fetch: GuardedFetch, authorize: Authorizer): Emr {
  const client = guardedClient(config.baseUrl, fetch, authorize)
  const patience = wrap(
    retry(handleWhen(isWorthRetry), { maxAttempts: 1, backoff: new ConstantBackoff(retryAfterMs) }),
    circuitBreaker(handleWhen(isBrokenWire), {
      halfOpenAfter: config.breakForMs,
      breaker: new ConsecutiveBreaker(config.breakAfterFailures),
    }),
    bulkhead(atOnce, waiting),
  )
  // A question that waits for its turn is asked by whoever ends before it: bound, it keeps the trace of who asked.
  const ask = async (question: () => Promise<unknown>, signal: AbortSignal) =>
    resource(await patience.execute(AsyncResource.bind(question), signal))
  const options = (signal: AbortSignal) => ({ options: { signal } })
  return {
    read: (type, id, signal) => unlessAbsent(ask(() => client.read({ resourceType: type, id, ...options(signal) }), signal)),
    async *search(type, params, signal) {
      const searchParams = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
      )
      const first = bundle(await ask(() => client.search({ resourceType: type, searchParams, ...options(signal) }), signal))
      yield* pages(first, config, (url) => ask(() => client.request(url, options(signal)), signal))
    },
    async history(type, id, signal) {
      const versions = await unlessAbsent(ask(() => client.history({ resourceType: type, id, ...options(signal) }), signal))
      return versions === undefined ? [] : resourcesOf(bundle(versions)).filter(isResource)
    },
    transact: async (body, signal) => {
      // Our r4 Bundle and the library's resource are the same JSON; its type only adds an index signature.
      const asked = body as unknown as Parameters<Client['transaction']>[0]['body']
      return bundle(await ask(() => client.transaction({ body: asked, ...options(signal) }), signal))
    },
    async probe(signal) {
      const capability = resource(await client.capabilityStatement({ signal }))
      if (capability.resourceType !== 'CapabilityStatement') throw new EmrFailure({ kind: 'not-fhir' })
      bundle(resource(await client.search({ resourceType: 'Organization', searchParams: { _count: '1' }, ...options(signal) })))
    },
  }
}

function guardedClient(baseUrl: string, fetch: GuardedFetch, authorize: Authorizer): Client {
  const client = new Client({ baseUrl })
  client.httpClient.request = async (method, requestUrl, { headers, signal } = {}, body) => {
    if (!(signal instanceof AbortSignal)) throw new Error('a request to an EMR needs a signal')
    const response = await fetch(client.httpClient.expandUrl(requestUrl), {
      method,
      headers: { accept: 'application/fhir+json', ...headers, authorization: await authorize(signal) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    })
    return readAnswer(response.status, await response.text())
  }
  return client
}

/** A FHIR answer, or EmrFailure by status. What the EMR wrote in words never leaves this function. */
function readAnswer(status: number, text: string): Record<string, unknown> & { resourceType: string } {
  const answer = parseJson(text)
  const isResource = typeof answer === 'object' && answer !== null && 'resourceType' in answer && typeof answer.resourceType === 'string'
  if (status < 200 || status > 299)
    throw new EmrFailure({ kind: kindOfStatus(status), status, where: isResource ? plainPath(answer) : undefined })
  if (!isResource) throw new EmrFailure({ kind: 'not-fhir', status })
  return { ...answer, resourceType: String(answer.resourceType) }
}

/** Only a bare path is taken over: an expression may quote a value. */
function plainPath(outcome: object): string | undefined {
  const issues = 'issue' in outcome && Array.isArray(outcome.issue) ? outcome.issue : []
  const paths: unknown[] = issues.flatMap((issue: unknown) =>
    typeof issue === 'object' && issue !== null && 'expression' in issue && Array.isArray(issue.expression) ? issue.expression : [],
  )
  return paths.find((path): path is string => typeof path === 'string' && /^[A-Za-z][A-Za-z0-9.[\]]{0,199}$/.test(path))
}

async function unlessAbsent(question: Promise<Resource>): Promise<Resource | undefined> {
  try {
    return await question
  } catch (cause) {
    if (cause instanceof EmrFailure && cause.kind === 'absent') return undefined
    throw cause
  }
}

async function* pages(first: Bundle, config: FhirRestConfig, follow: (url: string) => Promise<Resource>): AsyncGenerator<Page> {
  const seen = new Set<string>()
  let page = first
  for (let count = 1; ; count++) {
    const next = page.link?.find((link) => link.relation === 'next')?.url
    if (next === undefined) return yield { resources: resourcesOf(page) }
    const cut = refusal(next, seen, count, config)
    if (cut !== undefined) return yield { resources: resourcesOf(page), cut }
    seen.add(next)
    yield { resources: resourcesOf(page) }
    page = bundle(await follow(next))
  }
}

function refusal(next: string, seen: ReadonlySet<string>, count: number, config: FhirRestConfig): string | undefined {
  if (count >= config.maxPages) return 'the EMR has more pages than are followed'
  if (URL.parse(next, `${config.baseUrl}/`)?.origin !== new URL(config.baseUrl).origin) return 'the next page is at another origin'
  return seen.has(next) ? 'the pages of the EMR go round in a circle' : undefined
}

/** Entries with search mode `outcome` are remarks about the search, not results. */
function resourcesOf(page: Bundle): readonly unknown[] {
  return (page.entry ?? []).filter((entry) => entry.search?.mode !== 'outcome').map((entry) => entry.resource)
}

function resource(value: unknown): Resource {
  if (!isResource(value)) throw new EmrFailure({ kind: 'not-fhir' })
  return value
}

function bundle(value: Resource): Bundle {
  if (value.resourceType !== 'Bundle' || !areObjects(value.entry) || !areObjects(value.link)) throw new EmrFailure({ kind: 'not-fhir' })
  return value
}
