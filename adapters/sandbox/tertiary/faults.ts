/** Ways in which a hospital's server is known to fail, played on demand. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BundleEntry } from '../../../fhir-profiles/r4.ts'

const modes = ['none', 'hang', 'drip', 'garbage', 'error', 'redirect', 'other-patient', 'flood', 'endless', 'stray-link'] as const

export type FaultMode = (typeof modes)[number]

export function isFaultMode(value: unknown): value is FaultMode {
  return modes.some((mode) => mode === value)
}

/** true = the fault has answered (or never will) and the request is not to be served */
export function playFault(mode: FaultMode, base: string, request: IncomingMessage, response: ServerResponse): boolean {
  switch (mode) {
    case 'hang':
      return true
    case 'drip':
      return drip(response)
    case 'garbage':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>점검 중입니다 T-0001</body></html>')
      return true
    case 'error':
      response.writeHead(500, { 'content-type': 'application/fhir+json' }).end(
        JSON.stringify({
          resourceType: 'OperationOutcome',
          issue: [{ severity: 'fatal', code: 'exception', diagnostics: 'ORA-00600 on row T-0001' }],
        }),
      )
      return true
    case 'redirect':
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
      return true
    case 'flood':
    case 'endless':
    case 'stray-link':
      return flood(mode, base, request, response)
    case 'none':
    case 'other-patient':
      return false
    default:
      return mode satisfies never
  }
}

/** An answer that begins at once and never ends. */
function drip(response: ServerResponse): boolean {
  response.writeHead(200, { 'content-type': 'application/fhir+json' })
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
  return true
}

/** Ten thousand resources in one answer, pages without end, or a next page at another origin; only searches by patient are touched. */
function flood(mode: 'flood' | 'endless' | 'stray-link', base: string, request: IncomingMessage, response: ServerResponse): boolean {
  const url = new URL(request.url ?? '/', base)
  const patient = url.searchParams.get('patient')
  const type = url.pathname.split('/').at(-1) ?? ''
  if (patient === null) return false
  const offset = Number(url.searchParams.get('_offset') ?? 0)
  const count = mode === 'flood' ? 10_000 : 50
  const entry = Array.from({ length: count }, (_, index) => madeUp(type, patient, offset + index))
  const next = mode === 'endless' ? `${base}/${type}?patient=${patient}&_offset=${offset + count}` : `http://127.0.0.1:1/fhir/${type}`
  const link = mode === 'flood' ? [] : [{ relation: 'next', url: next }]
  response.writeHead(200, { 'content-type': 'application/fhir+json' })
  response.end(JSON.stringify({ resourceType: 'Bundle', type: 'searchset', link, entry }))
  return true
}

function madeUp(type: string, patient: string, index: number): BundleEntry {
  const reference = { reference: `Patient/${patient.replace(/^Patient\//, '')}` }
  const resource = { resourceType: type, id: `${type.toLowerCase()}-${index}`, status: 'final', subject: reference, patient: reference }
  // A stand-in for any type: only what names its type and its patient is filled in.
  return { resource: resource as unknown as NonNullable<BundleEntry['resource']>, search: { mode: 'match' } }
}
