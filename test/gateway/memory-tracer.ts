/** A tracer provider that keeps spans in memory: what an operator's SDK would export. */
import { randomBytes } from 'node:crypto'
import { type Attributes, type Span, type SpanContext, SpanStatusCode, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'

export interface KeptSpan {
  name: string
  readonly context: SpanContext
  readonly parent: string | undefined
  readonly attributes: Attributes
  isFailed: boolean
  isEnded: boolean
}

export function memoryTracer(): { readonly provider: TracerProvider; readonly spans: readonly KeptSpan[] } {
  const spans: KeptSpan[] = []
  const tracer: Tracer = {
    startSpan(name, options = {}, context) {
      const parent = context === undefined ? undefined : trace.getSpanContext(context)
      const traceId = parent?.traceId ?? randomBytes(16).toString('hex')
      const kept: KeptSpan = {
        name,
        context: { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: 1 },
        parent: parent?.spanId,
        attributes: { ...options.attributes },
        isFailed: false,
        isEnded: false,
      }
      spans.push(kept)
      return spanOver(kept)
    },
    startActiveSpan() {
      throw new Error('the gateway keeps its own context')
    },
  }
  return { provider: { getTracer: () => tracer }, spans }
}

function spanOver(kept: KeptSpan): Span {
  const span: Span = {
    spanContext: () => kept.context,
    isRecording: () => !kept.isEnded,
    setAttribute(key, value) {
      kept.attributes[key] = value
      return span
    },
    setAttributes(values) {
      for (const [key, value] of Object.entries(values)) if (value !== undefined) kept.attributes[key] = value
      return span
    },
    updateName(name) {
      kept.name = name
      return span
    },
    setStatus({ code }) {
      kept.isFailed = code === SpanStatusCode.ERROR
      return span
    },
    end() {
      kept.isEnded = true
    },
    // an event or exception could hold what was sent: the gateway records none
    addEvent: () => refuse(),
    recordException: () => refuse(),
    addLink: () => refuse(),
    addLinks: () => refuse(),
  }
  return span
}

function refuse(): never {
  throw new Error('the gateway records names and attributes only')
}
