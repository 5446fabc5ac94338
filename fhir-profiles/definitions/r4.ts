/**
 * The R4 definitions (4.0.1: types, resources, the specification's own profiles and extensions), from the committed packed file
 * (`tools/definitions/build.mjs`). Unpacked when first asked for, parsed one by one.
 */
import { Buffer } from 'node:buffer'
import { brotliDecompressSync } from 'node:zlib'
import type { Definition } from './definition.ts'
import packed from './r4-packed.json' with { type: 'json' }

interface Unpacked {
  readonly lines: readonly string[]
  /** url → line */
  readonly at: ReadonlyMap<string, number>
}

let unpacked: Unpacked | undefined
const parsed = new Map<string, Definition>()

function unpack(): Unpacked {
  const lines = brotliDecompressSync(Buffer.from(packed.brotli, 'base64')).toString('utf8').split('\n')
  // written by our own tool: the first line lists the urls of the others in their order
  const urls = JSON.parse(lines[0] ?? '[]') as readonly string[]
  return { lines, at: new Map(urls.map((url, index) => [url, index + 1])) }
}

/** The R4 definition of a canonical url without version; undefined when R4 has none. */
export function r4Definition(url: string): Definition | undefined {
  const known = parsed.get(url)
  if (known !== undefined) return known
  unpacked ??= unpack()
  const line = unpacked.lines[unpacked.at.get(url) ?? 0]
  if (line === undefined || !unpacked.at.has(url)) return undefined
  // as above: our own tool wrote it in this form
  const definition = JSON.parse(line) as Definition
  parsed.set(url, definition)
  return definition
}

/** The canonical urls of all definitions of R4. */
export function r4Urls(): Iterable<string> {
  unpacked ??= unpack()
  return unpacked.at.keys()
}
