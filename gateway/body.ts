/** What a request brings and what its sender can read, by their media types. Spec: http://hl7.org/fhir/R4/http.html#mime-type */
import type { IncomingMessage } from 'node:http'
import { parseJson } from '../fhir-profiles/json.ts'
import type { CallBody, Context } from './context.ts'
import { Problem } from './problem.ts'

/**
 * Reads a body as far as it is taken: what is announced or turns out larger is refused there and then, and the rest of it is never read.
 * Throws Problem: too-large (413), unsupported-media (415), invalid (400) for one that ended early.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { headers } = request
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding.toLowerCase() !== 'identity')
    throw new Problem('unsupported-media', 'compressed bodies are not taken', { id: 'content-encoding', headers: { connection: 'close' } })
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  // without either there is no body: https://www.rfc-editor.org/rfc/rfc9112#section-6.3
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return noBytes
  return bytesUpTo(request, maxBytes)
}

const noBytes = Buffer.alloc(0)

function bytesUpTo(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let bytes = 0
    const done = (settle: () => void): void => {
      request.off('data', take).off('end', ended).off('close', broken).off('error', broken)
      settle()
    }
    const take = (part: Buffer): void => {
      bytes += part.length
      if (bytes <= maxBytes) parts.push(part)
      else {
        request.pause()
        done(() => reject(tooLarge()))
      }
    }
    const ended = (): void => done(() => resolve(Buffer.concat(parts)))
    const broken = (): void => done(() => reject(new Problem('invalid', 'the body ended early', { id: 'body-incomplete' })))
    request.on('data', take).on('end', ended).on('close', broken).on('error', broken)
  })
}

/** The connection ends with the answer: what is still on its way would be read as the next request. */
function tooLarge(): Problem {
  return new Problem('too-large', 'the body is larger than this gateway takes; send it in parts', {
    id: 'body-too-large',
    headers: { connection: 'close' },
  })
}

/** A search by POST is a form; anything else would be read as a search for nothing. */
export function formOf({ headers }: IncomingMessage, bytes: Buffer): readonly (readonly [string, string])[] {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  if (bytes.length > 0 && type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new Problem('unsupported-media', 'a search by POST is sent as application/x-www-form-urlencoded', { id: 'media-type' })
  }
  return [...new URLSearchParams(bytes.toString('utf8'))]
}

const jsonTypes = new Set(['application/fhir+json', 'application/json'])

export function bodyOf(context: Context, request: IncomingMessage, bytes: Buffer): CallBody {
  if (bytes.length === 0 || request.method === 'GET' || request.method === 'HEAD') return { kind: 'none' }
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase())
  const isPatch = type === 'application/json-patch+json'
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  const version = parameters.find((parameter) => parameter.startsWith('fhirversion='))?.slice(12)
  if ((!jsonTypes.has(type) && !isPatch) || (charset !== undefined && charset !== 'utf-8') || !isOurVersion(version)) {
    throw new Problem('unsupported-media', 'send application/fhir+json in UTF-8, or application/json-patch+json for a patch', {
      id: 'media-type',
    })
  }
  const { maxDepth, maxBodyBytes } = context.config.limits
  const parsed = parseJson(bytes, { maxDepth, maxBytes: maxBodyBytes })
  if (!parsed.ok) {
    const { kind, diagnostics, where } = parsed.fault
    throw new Problem(kind === 'too-large' ? 'too-large' : 'invalid', `${diagnostics} (${where})`, { id: `json-${kind}` })
  }
  return { kind: isPatch ? 'patch' : 'json', value: parsed.value, ...(isPatch ? {} : { text: () => bytes.toString('utf8') }) }
}

/** R4 in its two spellings; absent = R4. Spec: http://hl7.org/fhir/R4/http.html#version-parameter */
function isOurVersion(version: string | undefined): boolean {
  return version === undefined || /^"?4\.0(\.\d+)?"?$/.test(version)
}

const formats: ReadonlySet<string> = new Set(['json', 'application/json', 'application/fhir+json', 'text/json'])
/** of the files of an export, and of nothing else */
const lineFormats: ReadonlySet<string> = new Set(['application/fhir+ndjson', 'application/ndjson', 'ndjson'])

/** JSON only; a client that can read nothing else is told so. `_format` says more than Accept. */
export function requireAcceptable(request: IncomingMessage, address: URL): void {
  const format = parameterOf(address, '_format')
  const accepted = format ?? request.headers.accept ?? '*/*'
  if (accepted === 'application/fhir+json') return
  const isFile = address.pathname.includes('/$export-file/')
  const offered = isFile ? new Set([...formats, ...lineFormats]) : formats
  if (accepted.split(',').some((each) => isReadable(each.trim().toLowerCase(), { offered, isFormat: format !== undefined }))) return
  throw new Problem(
    'not-acceptable',
    'only JSON is written here, in FHIR R4; ask for `application/fhir+json` by Accept or `_format=json`, XML is not offered',
    { id: 'format' },
  )
}

/** `+` of an address is read as a space: `_format=application/fhir+json` means what it says. */
function isReadable(range: string, { offered, isFormat }: { readonly offered: ReadonlySet<string>; readonly isFormat: boolean }): boolean {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
  const version = parameters.find((parameter) => parameter.startsWith('fhirversion='))?.slice(12)
  if (!isOurVersion(version) || parameters.includes('q=0')) return false
  return offered.has(type.replace(' ', '+')) || (!isFormat && (type === '*/*' || type === 'application/*'))
}

/** `_pretty=true`: http://hl7.org/fhir/R4/http.html#parameters */
export function wantsLines(address: URL): boolean {
  return parameterOf(address, '_pretty') === 'true'
}

function parameterOf({ search, searchParams }: URL, name: string): string | undefined {
  return search === '' ? undefined : (searchParams.get(name) ?? undefined)
}

/** What decides whether the caller has the answer already. */
export function askedBy({ method = '', headers }: IncomingMessage) {
  return { method, ifNoneMatch: headers['if-none-match'] ?? '', ifModifiedSince: headers['if-modified-since'] ?? '' }
}
