/**
 * What profiles are judged by: our guide and KR Core's facts, as committed, and the FHIR packages that the operator put in
 * (`carenet profiles add`), one file each in the data folder. Definitions only: no patient data is in them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { recordsOf, textOf } from '../../fhir-profiles/definitions/read-json.ts'
import type { Json } from '../../fhir-profiles/definitions/read-json.ts'
import type { ProfilePackage } from '../../fhir-profiles/package/read-package.ts'

const root = new URL('../../fhir-profiles/', import.meta.url)
const ending = '.package'

/** Our guide: profiles, code systems and value sets. */
export function guideResources(): readonly Json[] {
  const folder = new URL('ig/package/', root)
  const names = readdirSync(folder).filter((name) => /^(StructureDefinition|CodeSystem|ValueSet)-.*\.json$/.test(name))
  return recordsOf(names.map((name): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))))
}

/** KR Core's profiles, as far as they judge a record. */
export function koreanResources(): readonly Json[] {
  return recordsOf(JSON.parse(readFileSync(new URL('kr-core/definitions.json', root), 'utf8')))
}

function folderOf(dataDir: string): string {
  return join(dataDir, 'profiles')
}

/** Puts a package in the place of another version of it; a crash leaves the old or the new, whole. */
export function keepPackage(dataDir: string, pack: ProfilePackage): void {
  const folder = folderOf(dataDir)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${pack.name}${ending}`)
  const text = [{ name: pack.name, version: pack.version, count: pack.resources.length }, ...pack.resources].map((each) =>
    JSON.stringify(each),
  )
  const bytes = brotliCompressSync(text.join('\n'), { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
  writeFileSync(`${file}.new`, bytes, { flush: true })
  renameSync(`${file}.new`, file)
}

/** False where there was none. */
export function dropPackage(dataDir: string, name: string): boolean {
  const file = filesIn(dataDir).find((each) => each === `${name}${ending}`)
  if (file === undefined) return false
  rmSync(join(folderOf(dataDir), file))
  return true
}

/** The packages that are put in, by name. */
export function installedPackages(dataDir: string): readonly ProfilePackage[] {
  return filesIn(dataDir).map((file) => {
    const lines = brotliDecompressSync(readFileSync(join(folderOf(dataDir), file)))
      .toString('utf8')
      .split('\n')
    const [head, ...resources] = recordsOf(lines.map((line): unknown => JSON.parse(line)))
    return { name: textOf(head?.['name']) ?? file, version: textOf(head?.['version']) ?? '', resources }
  })
}

function filesIn(dataDir: string): readonly string[] {
  const folder = folderOf(dataDir)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
}
