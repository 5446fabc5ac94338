/**
 * Releases under licence that the operator put in (`carenet terminology add`), compiled, one file each in the data folder. A file is read when
 * its code system is first asked for. Lists only: no patient data is in them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listKinds } from '../../fhir-profiles/terminology/release/korean-list.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { Head } from '../../fhir-profiles/terminology/bundle.ts'
import type { CodeTable } from '../../fhir-profiles/terminology/code-table.ts'
import { compiledTable, headOfCompiled } from '../../fhir-profiles/terminology/compiled.ts'
import type { Source } from '../../fhir-profiles/terminology/source.ts'

const ending = '.terms'
/** the code system of each kind, hence of each file */
const systems: ReadonlyMap<string, string> = new Map([
  ...Object.entries(listKinds).map(([kind, { url }]) => [kind, url] as const),
  ['loinc', system.loinc],
  ['snomed', system.snomed],
])

export function releaseFolder(dataDir: string): string {
  return join(dataDir, 'terminology')
}

/** Puts a compiled release in the place of the one before; a crash leaves the old or the new, whole. */
export function keepRelease(dataDir: string, kind: string, bytes: Buffer): void {
  const folder = releaseFolder(dataDir)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${kind}${ending}`)
  writeFileSync(`${file}.new`, bytes, { flush: true })
  renameSync(`${file}.new`, file)
}

/** False where there was none. */
export function dropRelease(dataDir: string, kind: string): boolean {
  const file = join(releaseFolder(dataDir), `${kind}${ending}`)
  const was = existsSync(file)
  rmSync(file, { force: true })
  return was
}

export interface InstalledRelease {
  readonly kind: string
  readonly head: Head
  readonly size: number
}

/** What is put in, by kind. Throws RangeError for a file that is not what we wrote. */
export function listReleases(dataDir: string): readonly InstalledRelease[] {
  return kindsIn(dataDir).map((kind) => ({ kind, ...headOfCompiled(readFileSync(join(releaseFolder(dataDir), `${kind}${ending}`))) }))
}

function kindsIn(dataDir: string): readonly string[] {
  const folder = releaseFolder(dataDir)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .filter((kind) => systems.has(kind))
    .sort()
}

/** The releases that are there now; one that is put in later is seen after a restart. */
export function installedReleases(dataDir: string): Source {
  const kinds = new Map(kindsIn(dataDir).map((kind) => [systems.get(kind) ?? '', kind]))
  const tables = new Map<string, CodeTable>()
  const tableOf = (url: string): CodeTable | undefined => {
    const known = tables.get(url)
    const kind = kinds.get(url)
    if (known !== undefined || kind === undefined) return known
    const table = compiledTable(readFileSync(join(releaseFolder(dataDir), `${kind}${ending}`)))
    tables.set(url, table)
    return table
  }
  return {
    system: tableOf,
    valueSet: () => undefined,
    maps: () => [],
    heads: (type) =>
      type === 'CodeSystem' ? [...kinds.keys()].flatMap((url) => [tableOf(url)?.head].filter((head) => head !== undefined)) : [],
    oids: () => new Map(),
  }
}
