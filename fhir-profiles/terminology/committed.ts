/**
 * The committed lists: HL7's of R4 4.0.1 (`r4.json`, packed by `tools/definitions/build.mjs`) and KR Core 2.0.0's (`korea.json`, facts of a
 * CC0 guide). Nothing is unpacked before it is asked for.
 */
import { brotliDecompressSync } from 'node:zlib'
import koreanLists from './korea.json' with { type: 'json' }
import packedLists from './r4.json' with { type: 'json' }
import type { Bundle } from './bundle.ts'
import { lazily } from './source.ts'

type Sections = { readonly [K in keyof Bundle]: () => Bundle[K] }

export const r4: Sections = {
  systems: section('systems'),
  details: section('details'),
  sets: section('sets'),
  maps: section('maps'),
}

function section<K extends keyof Bundle>(name: K): () => Bundle[K] {
  // The file is our own build's output, of exactly this shape; a test builds it anew and compares.
  return lazily(() => JSON.parse(brotliDecompressSync(Buffer.from(packedLists[name], 'base64')).toString()) as Bundle[K])
}

// The compiler reads the rows of the file as arrays of any length; a test holds them against the shape and the guide.
const lists = koreanLists as unknown as Bundle

export const korean: Sections = {
  systems: () => lists.systems,
  details: () => lists.details,
  sets: () => lists.sets,
  maps: () => [],
}
