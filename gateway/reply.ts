/** Released → HTTP. A reply that was not released cannot be sent: the compiler refuses it, and so does this check at run time. */
import type { ServerResponse } from 'node:http'
import { isKnown, type KnownToCaller } from './known.ts'
import { isReleased, type Released } from './released.ts'

/** Writes status, headers (and those that are `always` told) and text. Bodies of errors and of resources alike are `application/fhir+json`; cards say that they are JSON. */
export function reply(
  response: ServerResponse,
  released: Released,
  request: KnownToCaller,
  always: Readonly<Record<string, string>> = {},
): void {
  if (!isReleased(released)) throw new TypeError('a reply must have been released')
  const { status, headers, body } = released
  const told = { ...always, ...headers, 'cache-control': 'no-store' }
  if (isKnown(released, request)) {
    response.writeHead(304, told).end()
    return
  }
  if (body.size === 0) {
    response.writeHead(status, told).end()
    return
  }
  const type = headers['content-type'] ?? 'application/fhir+json; charset=utf-8'
  response.writeHead(status, { ...told, 'content-type': type, 'content-length': body.size })
  if (request.method === 'HEAD') response.end()
  else response.end(body.chars, 'latin1')
}
