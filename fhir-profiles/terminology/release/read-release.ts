/** The kinds of release a user can put in, by the name the command line takes. */
import type { Release } from '../compiled.ts'
import { listKinds, readList, type ListKind } from './korean-list.ts'
import { readLoinc } from './loinc.ts'
import type { Lines } from './records.ts'
import { readSnomed } from './snomed.ts'

export const releaseKinds = [...Object.keys(listKinds), 'loinc', 'snomed'] as const

/** Throws RangeError, with what is missing, where the files are not what the kind says. */
export async function readRelease(kind: string, files: readonly Lines[], version: string): Promise<Release> {
  if (kind === 'snomed') return readSnomed(files, version)
  const [only, ...more] = files
  if (only === undefined || more.length > 0) throw new RangeError('give exactly one file')
  if (kind === 'loinc') return readLoinc(only, version)
  const list = listKindOf(kind)
  if (list === undefined) throw new RangeError(`no such kind; there are ${releaseKinds.join(', ')}`)
  return readList(list, only, version)
}

function listKindOf(kind: string): ListKind | undefined {
  return Object.entries(listKinds).find(([name]) => name === kind)?.[1]
}
