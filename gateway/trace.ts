/**
 * The trace one request or delivery belongs to, kept beside the running work, and spans for an operator who brings an OpenTelemetry SDK
 * (`node --import`). Without one the trace is passed on all the same and a span costs next to nothing.
 * Invariant: names and attributes are ours, counted on one's fingers: route templates, institutions, kinds. Never an id or word of a patient.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import * as otel from '@opentelemetry/api'
import { readTrace, writeTrace, type TraceContext } from './logic/trace-context.ts'

interface Frame {
  readonly trace: () => TraceContext
  readonly requestId: string
  readonly context: otel.Context
}

/** The only attributes there are. */
export interface SpanAttributes {
  readonly institution?: string
  readonly kind?: string
  readonly method?: string
  readonly route?: string
  readonly status?: number
}

export interface TraceStart {
  readonly name: string
  readonly kind: 'server' | 'consumer'
  /** as the headers, or a stored parcel, say it */
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  /** '' for what answers no request */
  readonly requestId: string
}

export interface OpenTrace {
  run<T>(work: () => T): T
  /** once, when the work is over */
  end(name: string, attributes: SpanAttributes, isFailed: boolean): void
}

const frames = new AsyncLocalStorage<Frame>()
const tracer = otel.trace.getTracer('care-network')
const attributeNames = {
  institution: 'carenet.institution',
  kind: 'carenet.kind',
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
} as const satisfies Record<keyof SpanAttributes, string>

/** Goes on with a trace that came from elsewhere, or begins one. */
export function openTrace(start: TraceStart): OpenTrace {
  const remote = readTrace(start.traceparent, start.tracestate)
  const kind = start.kind === 'server' ? otel.SpanKind.SERVER : otel.SpanKind.CONSUMER
  const from = remote === undefined ? otel.ROOT_CONTEXT : otel.trace.setSpanContext(otel.ROOT_CONTEXT, remoteSpan(remote))
  const span = tracer.startSpan(start.name, { kind }, from)
  const frame = { trace: once(() => ownStep(span, remote)), requestId: start.requestId, context: otel.trace.setSpan(from, span) }
  return {
    run: (work) => frames.run(frame, () => otel.context.with(frame.context, work)),
    end(name, attributes, isFailed) {
      if (!span.isRecording()) return
      span.updateName(name).setAttributes(named(attributes))
      if (isFailed) span.setStatus({ code: otel.SpanStatusCode.ERROR })
      span.end()
    },
  }
}

/** A trace around work that answers no request: a delivery, a message that came in. */
export async function inTrace<T>(start: TraceStart, attributes: SpanAttributes, work: () => Promise<T>): Promise<T> {
  const opened = openTrace(start)
  let isFailed = true
  try {
    const result = await opened.run(work)
    isFailed = false
    return result
  } finally {
    opened.end(start.name, attributes, isFailed)
  }
}

/** One step of the running trace; outside of any trace, and without an SDK, just the work. */
export async function inSpan<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T> {
  const step = openSpan(name, attributes)
  if (step === undefined) return work()
  try {
    return await step.run(work)
  } catch (thrown) {
    step.fail(thrown)
    throw thrown
  } finally {
    step.end()
  }
}

/** The same for work in pieces, such as a stream that is read one item at a time. */
export async function* inSpanned<T>(name: string, attributes: SpanAttributes, items: AsyncIterable<T>): AsyncGenerator<T> {
  const step = openSpan(name, attributes)
  const run = <R>(work: () => R): R => (step === undefined ? work() : step.run(work))
  const iterator = items[Symbol.asyncIterator]()
  let isOver = false
  try {
    for (;;) {
      const next = await run(() => iterator.next())
      if (next.done === true) {
        isOver = true
        return
      }
      yield next.value
    }
  } catch (thrown) {
    isOver = true
    step?.fail(thrown)
    throw thrown
  } finally {
    // who stops reading early lets the source clean up, as `for await` would
    if (!isOver) await run(async () => iterator.return?.())
    step?.end()
  }
}

interface Step {
  run<T>(work: () => T): T
  fail(thrown: unknown): void
  end(): void
}

function openSpan(name: string, attributes: SpanAttributes): Step | undefined {
  const frame = frames.getStore()
  if (frame === undefined) return undefined
  const span = tracer.startSpan(name, {}, frame.context)
  if (!span.isRecording()) return undefined
  span.setAttributes(named(attributes))
  const inner = { ...frame, trace: once(() => ownStep(span, frame.trace())), context: otel.trace.setSpan(frame.context, span) }
  return {
    run: (work) => frames.run(inner, () => otel.context.with(inner.context, work)),
    fail(thrown) {
      // the class of an error, never its message, which may quote what was sent
      span.setAttribute('error.type', thrown instanceof Error ? thrown.name : 'unknown').setStatus({ code: otel.SpanStatusCode.ERROR })
    },
    end: () => span.end(),
  }
}

/** What the next one down the wire is told; nothing outside of a trace. */
export function traceHeaders(): { readonly traceparent?: string; readonly tracestate?: string } {
  const trace = frames.getStore()?.trace()
  if (trace === undefined) return {}
  return { traceparent: writeTrace(trace), ...(trace.state === '' ? {} : { tracestate: trace.state }) }
}

/** What every line of the log says of the work it comes from. */
export function traceFields(): { readonly traceId?: string; readonly requestId?: string } {
  const frame = frames.getStore()
  if (frame === undefined) return {}
  return { traceId: frame.trace().traceId, ...(frame.requestId === '' ? {} : { requestId: frame.requestId }) }
}

/** Most steps are told to nobody: what names them is made when it is asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function remoteSpan({ traceId, spanId, isSampled, state }: TraceContext): otel.SpanContext {
  const traceFlags = isSampled ? otel.TraceFlags.SAMPLED : otel.TraceFlags.NONE
  return { traceId, spanId, traceFlags, isRemote: true, ...(state === '' ? {} : { traceState: otel.createTraceState(state) }) }
}

/** With an SDK our step is its span; without one the API hands the caller's back, and the step is named by us. */
function ownStep(span: otel.Span, before: TraceContext | undefined): TraceContext {
  const made = span.spanContext()
  const state = before?.state ?? ''
  if (otel.isSpanContextValid(made) && made.spanId !== before?.spanId) {
    const isSampled = (made.traceFlags & otel.TraceFlags.SAMPLED) !== 0
    return { traceId: made.traceId, spanId: made.spanId, isSampled, state }
  }
  const traceId = before?.traceId ?? randomBytes(16).toString('hex')
  return { traceId, spanId: randomBytes(8).toString('hex'), isSampled: before?.isSampled ?? false, state }
}

function named(attributes: SpanAttributes): otel.Attributes {
  const { institution, kind, method, route, status } = attributes
  return {
    [attributeNames.institution]: institution,
    [attributeNames.kind]: kind,
    [attributeNames.method]: method,
    [attributeNames.route]: route,
    [attributeNames.status]: status,
  }
}
