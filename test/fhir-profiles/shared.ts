/** The cases beside the repository, where they are checked out; without them the suites that use them skip by name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from '@jest/globals'
import { parseJson } from '../../fhir-profiles/json.ts'

const root = fileURLToPath(new URL('../../../shared/cases', import.meta.url))

/** `describe`, or a skip whose name says why. */
export function describeShared(name: string, body: () => void): void {
  const present = existsSync(root)
  const run = present ? describe : describe.skip
  run(present ? name : `${name} (skipped: ../shared absent)`, body)
}

export interface SharedFile {
  readonly name: string
  readonly bytes: Buffer
}

/** Paths of the files of one folder of cases, by name; empty where the cases are absent. */
export function sharedPaths(folder: string, ending = '.json'): readonly string[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  const names = readdirSync(path).filter((name) => name.endsWith(ending))
  return names.toSorted().map((name) => join(path, name))
}

/** The same files, read. */
export function sharedFiles(folder: string, ending = '.json'): readonly SharedFile[] {
  return sharedPaths(folder, ending).map((path) => ({ name: basename(path), bytes: readFileSync(path) }))
}

/** The resources of one folder of cases; files that are not sound JSON are left out. */
export function sharedResources(folder: string): readonly { readonly name: string; readonly value: unknown }[] {
  return sharedFiles(folder).flatMap(({ name, bytes }) => {
    const parsed = parseJson(bytes, { maxDepth: 64, maxBytes: 20_000_000 })
    return parsed.ok ? [{ name, value: parsed.value }] : []
  })
}
