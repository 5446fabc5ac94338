/**
 * The only outbound HTTP of the adapters: exact origins, no redirects, one deadline for connecting, waiting and reading, and a bound
 * on the body that holds while it streams. Its errors name a cause and never an address, so that they can be logged and shown.
 */
import type { GuardedRequest } from './contract.ts'

export interface FetchLimits {
  /** origins that may be called, e.g. `https://emr.example.kr`; compared whole, never by prefix */
  readonly allowOrigins: readonly string[]
  /** for one request, from connecting to the last byte of the body */
  readonly deadlineMs: number
  /** of the body as decoded; one byte more fails the read */
  readonly maxBytes: number
  /** what carries the request; another guarded fetch when limits are nested, else the runtime's own */
  readonly via?: GuardedFetch
  /** headers every request carries as well, asked for anew each time: the trace it belongs to */
  readonly headersNow?: () => Readonly<Record<string, string>>
}

export type GuardedFetch = (url: string, init: GuardedRequest) => Promise<Response>

export type FetchFailureKind = 'not-allowed' | 'timeout' | 'aborted' | 'refused' | 'cut' | 'redirected' | 'too-large'

const meaning: Readonly<Record<FetchFailureKind, string>> = {
  'not-allowed': 'the address is not on the list of allowed origins',
  timeout: 'no complete answer within the deadline',
  aborted: 'the caller gave up',
  refused: 'no connection could be made',
  cut: 'the connection broke before the answer was complete',
  redirected: 'the answer was a redirect, which is not followed',
  'too-large': 'the answer is larger than the bound',
}

/** What went wrong on the wire. The message depends on the kind only, so it cannot carry an address or a body. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure'
  readonly kind: FetchFailureKind

  constructor(kind: FetchFailureKind, options?: ErrorOptions) {
    super(meaning[kind], options)
    this.kind = kind
  }
}

/**
 * A fetch that can go nowhere but to `allowOrigins`. The promise and every read of the body reject with FetchFailure.
 * Throws at once when the limits themselves make no sense: that is a fault of the configuration.
 */
export function guardedFetch(limits: FetchLimits): GuardedFetch {
  const origins = new Set(limits.allowOrigins.map(exactOrigin))
  if (!(limits.deadlineMs > 0) || !(limits.maxBytes > 0)) throw new Error('`deadlineMs` and `maxBytes` must be above zero')
  return async (url, init) => {
    if (!mayCall(url, origins)) throw new FetchFailure('not-allowed')
    const deadline = startDeadline(limits.deadlineMs, init.signal)
    try {
      const response = await (limits.via ?? plainFetch)(url, {
        ...init,
        headers: { ...init.headers, ...limits.headersNow?.() },
        signal: deadline.signal,
      })
      if (isRedirect(response.status)) throw new FetchFailure('redirected')
      if (Number(response.headers.get('content-length') ?? 0) > limits.maxBytes) throw new FetchFailure('too-large')
      return boundedResponse(response, limits.maxBytes, deadline)
    } catch (cause) {
      const failure = deadline.explain(cause, neverConnected(cause) ? 'refused' : 'cut')
      deadline.abandon()
      throw failure
    }
  }
}

/** Invariant: `redirect` stays `manual`, because a followed redirect would leave the allow-list behind. */
async function plainFetch(url: string, { method, headers, body, signal }: GuardedRequest): Promise<Response> {
  return fetch(url, { method: method ?? 'GET', headers: { ...headers }, body: body ?? null, signal, redirect: 'manual' })
}

function exactOrigin(text: string): string {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '')
  if (!isOrigin) throw new Error('an allowed origin is a scheme, a host and perhaps a port, nothing else')
  return url.origin
}

function mayCall(text: string, origins: ReadonlySet<string>): boolean {
  const url = URL.parse(text)
  return url !== null && origins.has(url.origin) && url.username === '' && url.password === ''
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304
}

const connectCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']

/** Name lookup, routing or the handshake failed, so nothing reached the other side. */
function neverConnected(cause: unknown): boolean {
  const code = String(property(property(cause, 'cause'), 'code'))
  return connectCodes.includes(code) || /^(ERR_TLS|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)
}

function isTimeout(reason: unknown): boolean {
  return property(reason, 'name') === 'TimeoutError'
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

interface Deadline {
  readonly signal: AbortSignal
  /** the failure behind an error: an abort is told apart as deadline or caller, anything else is `otherwise` */
  explain(cause: unknown, otherwise: FetchFailureKind): FetchFailure
  /** the answer is complete: the clock stops */
  finish(): void
  /** the answer is given up: whatever still runs is torn down */
  abandon(): void
}

function startDeadline(deadlineMs: number, caller: AbortSignal): Deadline {
  const controller = new AbortController()
  let ended: 'timeout' | 'aborted' | undefined
  const end = (how: 'timeout' | 'aborted') => {
    ended ??= how
    finish()
    controller.abort()
  }
  // A caller's own deadline is a deadline: whoever waits longest, the institution was too slow.
  const onAbort = () => end(isTimeout(caller.reason) ? 'timeout' : 'aborted')
  const timer = setTimeout(() => end('timeout'), deadlineMs)
  const finish = () => {
    clearTimeout(timer)
    caller.removeEventListener('abort', onAbort)
  }
  if (caller.aborted) onAbort()
  else caller.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    explain: (cause, otherwise) => {
      if (ended !== undefined) return new FetchFailure(ended, { cause })
      return cause instanceof FetchFailure ? cause : new FetchFailure(otherwise, { cause })
    },
    finish,
    abandon: () => {
      finish()
      controller.abort()
    },
  }
}

/** The same answer with a body that counts itself. The decoded body no longer has the length and encoding the headers spoke of. */
function boundedResponse(response: Response, maxBytes: number, deadline: Deadline): Response {
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  headers.delete('content-encoding')
  const init = { status: response.status, statusText: response.statusText, headers }
  if (response.body === null) {
    deadline.finish()
    return new Response(null, init)
  }
  return new Response(boundedStream(response.body, maxBytes, deadline), init)
}

function boundedStream(body: ReadableStream<Uint8Array>, maxBytes: number, deadline: Deadline): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          deadline.finish()
          return controller.close()
        }
        bytes += value.byteLength
        if (bytes > maxBytes) throw new FetchFailure('too-large')
        controller.enqueue(value)
      } catch (cause) {
        controller.error(deadline.explain(cause, 'cut'))
        deadline.abandon()
      }
    },
    cancel() {
      deadline.abandon()
    },
  })
}
