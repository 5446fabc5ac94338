/**
 * A FHIR NPM package (a gzipped tar) → the definitions it holds. Pure and bounded: a fault is a value.
 * Spec: https://hl7.org/fhir/packages.html (Packages), https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */
import { Buffer } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import { parseJson } from '../json.ts'
import { recordOf, textOf, textsOf } from '../definitions/read-json.ts'
import type { Json } from '../definitions/read-json.ts'

export interface ProfilePackage {
  readonly name: string
  readonly version: string
  /** StructureDefinitions, value sets, code systems and concept maps, without their narrative */
  readonly resources: readonly Json[]
}

export type ReadPackage = { readonly ok: ProfilePackage } | { readonly fault: string }

const maxBytes = 512 * 1024 * 1024
const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 200 }
const kept: ReadonlySet<string> = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem', 'ConceptMap'])

export function readPackage(bytes: Buffer): ReadPackage {
  const files = filesIn(bytes)
  if (typeof files === 'string') return { fault: files }
  const head = files.get('package/package.json')
  const about = head === undefined ? undefined : jsonOf(head)
  const [name = '', version = ''] = [textOf(about?.['name']), textOf(about?.['version'])]
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/i.test(name) || !/^[\w.+-]{1,50}$/.test(version))
    return { fault: 'no `package/package.json` with a name and a version: this is no FHIR package' }
  const versions = [...textsOf(about?.['fhirVersions']), ...textsOf(about?.['fhir-version-list'])]
  if (versions.length > 0 && !versions.some((each) => /^4\.0(\.|$)/.test(each)))
    return { fault: 'a package for another version than R4 (4.0)' }
  const resources: Json[] = []
  for (const [path, content] of files) {
    // examples and other material lie in folders below
    if (!/^package\/[^/]+\.json$/.test(path) || /\/(package|\.index)\.json$/.test(path)) continue
    const resource = jsonOf(content)
    if (resource === undefined) return { fault: `\`${path}\` is not JSON` }
    if (kept.has(textOf(resource['resourceType']) ?? '') && textOf(resource['url']) !== undefined)
      resources.push(withoutNarrative(resource))
  }
  return { ok: { name, version, resources } }
}

function withoutNarrative(resource: Json): Json {
  return Object.fromEntries(Object.entries(resource).filter(([key]) => key !== 'text'))
}

function jsonOf(content: Buffer): Json | undefined {
  const parsed = parseJson(content, limits)
  return parsed.ok ? recordOf(parsed.value) : undefined
}

const block = 512

/** path → content; or what is wrong */
function filesIn(bytes: Buffer): ReadonlyMap<string, Buffer> | string {
  const tar = unpacked(bytes)
  if (tar === undefined) return 'not a gzipped file, or larger than 512 MB'
  const files = new Map<string, Buffer>()
  let longName: string | undefined
  for (let at = 0; at + block <= tar.length && tar[at] !== 0;) {
    const text = (from: number, length: number): string => endOf(tar.toString('utf8', at + from, at + from + length))
    const size = Number.parseInt(text(124, 12).trim(), 8)
    if (!Number.isSafeInteger(size) || size < 0 || at + block + size > tar.length) return 'the tar file is cut off or not one'
    const content = tar.subarray(at + block, at + block + size)
    const [kind, prefix] = [text(156, 1), text(257, 5) === 'ustar' ? text(345, 155) : '']
    const path = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`)
    longName = kind === 'x' ? pathOfPax(content) : kind === 'L' ? endOf(content.toString('utf8')) : undefined
    if (kind === '0' || kind === '') files.set(path.replace(/^\.\//, ''), content)
    at += block + Math.ceil(size / block) * block
  }
  return files
}

/** Text up to the first NUL. */
function endOf(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

function pathOfPax(content: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1]
}

function unpacked(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    // zlib's own faults have a code
    if (typeof error === 'object' && error !== null && 'code' in error) return undefined
    throw error
  }
}
