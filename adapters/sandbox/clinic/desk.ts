/** The clinic's front desk over loopback HTTP: what a nurse would click, for demonstrations and tests. It knows its own EMR and nothing else. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Chart } from './chart.ts'
import { answer, inbox, outbox, refer, visit } from './desk-work.ts'
import type { DeskReply } from './desk-work.ts'

const maxBodyBytes = 262_144

export function deskServer(chart: Chart, now: () => Date): Server {
  return createServer((request, response) => {
    serve(request, chart, now)
      .then((reply) => send(response, reply))
      .catch((error: unknown) => {
        // SQLite names tables and columns in its messages, never values.
        process.stderr.write(`clinic desk: ${error instanceof Error ? error.message : 'unknown fault'}\n`)
        send(response, { status: 500, body: { error: 'the desk failed; the chart is unchanged' } })
      })
  })
}

async function serve(request: IncomingMessage, chart: Chart, now: () => Date): Promise<DeskReply> {
  // A page in somebody's browser must not reach the desk under another name of this machine.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return { status: 403, body: { error: 'the desk serves 127.0.0.1 only' } }
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname.split('/').slice(1).map(decodePart)
  if (request.method === 'GET') return read(path, chart)
  if (request.method !== 'POST') return { status: 405, body: { error: 'GET or POST' } }
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    return { status: 415, body: { error: 'application/json only' } }
  const body = await jsonBody(request)
  return 'status' in body ? body : write(path, body.value, chart, now())
}

function read(path: readonly string[], chart: Chart): DeskReply {
  switch (path.join('/')) {
    case 'health':
      return { status: 200, body: { ok: true, patients: chart.rows('SELECT count(*) AS N FROM PTNT_MST')[0]?.['N'] ?? 0 } }
    case 'inbox':
      return { status: 200, body: inbox(chart) }
    case 'outbox':
      return { status: 200, body: outbox(chart) }
    default:
      return { status: 404, body: { error: 'no such place' } }
  }
}

function write(path: readonly string[], body: Readonly<Record<string, unknown>>, chart: Chart, now: Date): DeskReply {
  const [place, id, verb, ...rest] = path
  if (place === 'referrals' && id === undefined) return refer(chart, body, now)
  if (place === 'inbox' && id !== undefined && verb === 'answer' && rest.length === 0) return answer(chart, id, body, now)
  if (place === 'patients' && id !== undefined && verb === 'visits' && rest.length === 0) return visit(chart, id, body, now)
  return { status: 404, body: { error: 'no such place' } }
}

async function jsonBody(request: IncomingMessage): Promise<{ readonly value: Readonly<Record<string, unknown>> } | DeskReply> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > maxBodyBytes) return { status: 413, body: { error: 'the body is too large' } }
    chunks.push(part)
  }
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodePart(part: string): string {
  return /%(?![0-9A-Fa-f]{2})/.test(part) ? part : decodeURIComponent(part)
}

function send(response: ServerResponse, reply: DeskReply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(reply.body))
}
