/** Released → HTTP. A reply that was not released cannot be sent: the compiler refuses it, and so does this check at run time. */
import type { Response } from 'express'
import { isKnown, type KnownToCaller } from './known.ts'
import { isReleased, type Released } from './released.ts'

/** Writes status, headers and text. Bodies of errors and of resources alike are `application/fhir+json`; cards say that they are JSON. */
export function reply(response: Response, released: Released, request: KnownToCaller): void {
  if (!isReleased(released)) throw new TypeError('a reply must have been released')
  for (const [name, value] of Object.entries(released.headers)) response.setHeader(name, value)
  response.setHeader('cache-control', 'no-store')
  if (isKnown(released, request)) {
    response.status(304).end()
    return
  }
  response.status(released.status)
  if (released.text === '') {
    response.end()
    return
  }
  const bytes = Buffer.from(released.text, 'utf8')
  response.setHeader('content-type', released.headers['content-type'] ?? 'application/fhir+json; charset=utf-8')
  response.setHeader('content-length', bytes.length)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
