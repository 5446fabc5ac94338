/** The hospital's desk over loopback HTTP: what staff would click, for demonstrations and tests. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Chart } from './chart.ts'
import { answerRecall, recalls } from './desk-recall.ts'
import { addResult, answerReferral, health, isVerb, outbox, refer, referrals, resend, type DeskInput, type DeskReply } from './desk-work.ts'

const maxBodyBytes = 262_144

export interface DeskPorts {
  readonly chart: Chart
  readonly now: () => Date
  /** something was queued */
  readonly wake: () => void
}

export function deskServer(ports: DeskPorts): Server {
  return createServer((request, response) => {
    serve(request, ports)
      .then((reply) => send(response, reply))
      .catch(() => send(response, { status: 500, body: { error: 'the desk failed; the chart is unchanged' } }))
  })
}

async function serve(request: IncomingMessage, ports: DeskPorts): Promise<DeskReply> {
  // A page in somebody's browser must not reach the desk under another name of this machine.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return { status: 403, body: { error: 'the desk serves 127.0.0.1 only' } }
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname.split('/').slice(1).map(decodePart)
  if (request.method === 'GET') return read(path, ports.chart)
  if (request.method !== 'POST') return { status: 405, body: { error: 'GET or POST' } }
  const body = await jsonBody(request)
  if ('status' in body) return body
  const reply = write(path, body.value, ports)
  ports.wake()
  return reply
}

const nowhere: DeskReply = { status: 404, body: { error: 'no such place' } }

function read([place, ...rest]: readonly string[], chart: Chart): DeskReply {
  if (rest.length > 0) return nowhere
  switch (place) {
    case 'health':
      return health(chart)
    case 'referrals':
      return referrals(chart)
    case 'recalls':
      return recalls(chart)
    case 'outbox':
      return outbox(chart)
    default:
      return nowhere
  }
}

function write([place, id, verb, ...rest]: readonly string[], input: DeskInput, { chart, now }: DeskPorts): DeskReply {
  if (rest.length > 0) return nowhere
  if (place === 'referrals' && id === undefined) return refer(chart, input, now())
  if (id === undefined) return nowhere
  if (place === 'referrals' && isVerb(verb)) return answerReferral(chart, id, verb, input, now())
  if (place === 'recalls' && (verb === 'acknowledge' || verb === 'refuse')) return answerRecall(chart, id, verb, input, now())
  if (place === 'patients' && verb === 'results') return addResult(chart, id, input, now())
  return place === 'outbox' && verb === 'resend' ? resend(chart, id) : nowhere
}

async function jsonBody(request: IncomingMessage): Promise<{ readonly value: DeskInput } | DeskReply> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > maxBodyBytes) return { status: 413, body: { error: 'the body is too large' } }
    chunks.push(part)
  }
  if (bytes === 0) return { value: {} }
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    return { status: 415, body: { error: 'application/json only' } }
  const value = parsed(Buffer.concat(chunks).toString('utf8'))
  return isRecord(value) ? { value } : { status: 400, body: { error: 'the body must be a JSON object' } }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON is one of the answers of this function; the caller replies 400.
    return undefined
  }
}

function isRecord(value: unknown): value is DeskInput {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodePart(part: string): string {
  return /%(?![0-9A-Fa-f]{2})/.test(part) ? part : decodeURIComponent(part)
}

function send(response: ServerResponse, reply: DeskReply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(reply.body))
}
