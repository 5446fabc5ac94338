/** Mutants that no test can or need notice, by the line they stand on. A survivor that is not here makes the run fail. */
import { readFileSync } from 'node:fs'
import type { Mutant } from './mutations.ts'
import { root } from './syntax.ts'

export interface Survivor {
  /** under consent/ */
  readonly file: string
  /** part of the source line */
  readonly line: string
  /** part of the text replaced */
  readonly was?: string
  readonly put?: string
  readonly why: string
}

export const survivors: readonly Survivor[] = []

/** Why nobody notices; undefined for a mutant that should have been. */
export function whyOf({ file, line, was, put }: Mutant): string | undefined {
  const text = readFileSync(`${root}${file}`, 'utf8').split('\n')[line - 1] ?? ''
  const isMeant = (each: Survivor): boolean =>
    file === `consent/${each.file}` &&
    text.includes(each.line) &&
    (each.was === undefined || was.includes(each.was)) &&
    (each.put === undefined || put === each.put)
  return survivors.find(isMeant)?.why
}

export function isExplained(mutant: Mutant): boolean {
  return whyOf(mutant) !== undefined
}
