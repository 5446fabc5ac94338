/**
 * Modules of ours are loaded anew for every turn (a `?turn=` in their URL), the mutated one with its mutated text; packages, node's own
 * modules and fhir-profiles stay. Types are stripped once per file. Nothing is written to disk.
 */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import type { Mutant } from './mutations.ts'

const home = new URL('../../../', import.meta.url).href
const ownFolder = new URL('./', import.meta.url).href
const stayingFolders = ['node_modules/', 'fhir-profiles/'].map((folder) => home + folder)
const standIns: ReadonlyMap<string, string> = new Map([[`${home}test/support/proof.ts`, `${ownFolder}scale.ts`]])

const stripped = new Map<string, string>()
let turn = 0
let planted: Mutant | undefined

/** From now on imports see this mutant, or with undefined the sources as they are. Returns whether it can be parsed. */
export function plant(mutant: Mutant | undefined): boolean {
  turn += 1
  planted = mutant
  if (mutant === undefined) return true
  try {
    sourceOf(home + mutant.file)
    return true
  } catch {
    // the compiler's complaint about text that is no TypeScript; the caller reports the mutant as invalid
    return false
  }
}

/** @param file relative to the repository */
export async function importFresh(file: string): Promise<void> {
  await import(`${home}${file}?turn=${turn}`)
}

function sourceOf(url: string): string {
  if (planted !== undefined && url === home + planted.file) {
    const source = readFileSync(new URL(url), 'utf8')
    return stripTypeScriptTypes(source.slice(0, planted.start) + planted.put + source.slice(planted.end))
  }
  const known = stripped.get(url)
  if (known !== undefined) return known
  const source = stripTypeScriptTypes(readFileSync(new URL(url), 'utf8'))
  stripped.set(url, source)
  return source
}

function isFresh(url: string): boolean {
  if (!url.startsWith(home) || !url.endsWith('.ts')) return false
  return url === standIns.get(`${home}test/support/proof.ts`) || ![ownFolder, ...stayingFolders].some((folder) => url.startsWith(folder))
}

export function install(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === '@jest/globals') return { url: `${ownFolder}harness.ts`, shortCircuit: true }
      const resolved = next(specifier, context)
      const url = standIns.get(resolved.url) ?? resolved.url
      return isFresh(url) ? { ...resolved, url: `${url}?turn=${turn}` } : resolved
    },
    load(url, context, next) {
      const [file = url, query] = url.split('?turn=')
      if (query === undefined) return next(url, context)
      return { format: 'module', source: sourceOf(file), shortCircuit: true }
    },
  })
}
