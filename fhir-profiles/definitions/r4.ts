/**
 * The R4 definitions (4.0.1: types, resources, the specification's own profiles and extensions), from the committed packed file
 * (`tools/definitions/build.mjs`). Unpacked when first asked for, parsed one by one.
 */
import { Buffer } from 'node:buffer'
import { brotliDecompressSync } from 'node:zlib'
import type { Definition } from './definition.ts'
import packed from './r4-packed.json' with { type: 'json' }

/** Their bytes: as text they would take twice the memory, for the few letters in them that are not Latin. */
interface Unpacked {
  readonly bytes: Buffer
  /** url → where its line begins and ends */
  readonly at: ReadonlyMap<string, readonly [from: number, end: number]>
}

let unpacked: Unpacked | undefined
const parsed = new Map<string, Definition>()

const lineEnd = 0x0a

function unpack(): Unpacked {
  const bytes = brotliDecompressSync(Buffer.from(packed.brotli, 'base64'))
  const endOf = (from: number): number => {
    const found = bytes.indexOf(lineEnd, from)
    return found === -1 ? bytes.length : found
  }
  let end = endOf(0)
  // written by our own tool: the first line lists the urls of the others in their order
  const urls = JSON.parse(bytes.toString('utf8', 0, end)) as readonly string[]
  const at = new Map<string, readonly [number, number]>()
  for (const url of urls) {
    const from = end + 1
    end = endOf(from)
    at.set(url, [from, end])
  }
  return { bytes, at }
}

/** The R4 definition of a canonical url without version; undefined when R4 has none. */
export function r4Definition(url: string): Definition | undefined {
  const known = parsed.get(url)
  if (known !== undefined) return known
  unpacked ??= unpack()
  const line = unpacked.at.get(url)
  if (line === undefined) return undefined
  // as above: our own tool wrote it in this form
  const definition = JSON.parse(unpacked.bytes.toString('utf8', ...line)) as Definition
  parsed.set(url, definition)
  return definition
}

/** The canonical urls of all definitions of R4. */
export function r4Urls(): Iterable<string> {
  unpacked ??= unpack()
  return unpacked.at.keys()
}
