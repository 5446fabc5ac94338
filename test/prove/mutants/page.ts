/** docs/mutants.md from what was tried. */
import type { Mutant } from './mutations.ts'
import { keyOf, type Result } from './plan.ts'
import { whyOf } from './survivors.ts'

export interface Page {
  readonly page: string
  /** who survived without a word about why */
  readonly unexplained: readonly Mutant[]
}

/** @param made how many mutants there are of each file */
export function pageOf(mutants: readonly Mutant[], results: ReadonlyMap<string, Result>, made: ReadonlyMap<string, number>): Page {
  const fateOf = (mutant: Mutant) => results.get(keyOf(mutant))?.fate
  const tried = mutants.filter((mutant) => !['invalid', undefined].includes(fateOf(mutant)))
  const survived = tried.filter((mutant) => fateOf(mutant) === 'survived')
  const rows = [...Map.groupBy(tried, ({ file }) => file)].map(([file, all]) => {
    const left = all.filter((mutant) => fateOf(mutant) === 'survived').length
    return `| \`${file}\` | ${all.length} of ${made.get(file) ?? 0} | ${all.length - left} | ${left} | ${percent(all.length - left, all.length)} |`
  })
  const total = `| **all** | ${tried.length} | ${tried.length - survived.length} | ${survived.length} | **${percent(tried.length - survived.length, tried.length)}** |`
  const told = survived.map((mutant) => ({ mutant, why: whyOf(mutant) }))
  const page = `# Mutants of \`consent/\`

Written by \`node test/prove/mutants/mutants.ts\` (see docs/decisions/064-mutants.md). Each mutant is one small change to one file of \`consent/\`:
a condition negated, forced true or false, \`&&\` and \`||\`, \`some\` and \`every\`, \`min\` and \`max\` exchanged, a comparison turned or moved by one, a
number moved by one, a boolean turned, an element or a spread member removed, a code emptied, an early exit removed. It is killed when a test of
\`test/consent/\` fails on it. Of the files that only make words for people and cells for $explain a part is tried, chosen by hash ("of").

| file | tried | killed | survived | score |
|---|---|---|---|---|
${rows.join('\n')}
${total}

## Who survived, and why

| where | change | why no test notices |
|---|---|---|
${told.map(({ mutant, why }) => `| \`${mutant.file.slice('consent/'.length)}:${mutant.line}\` | ${cell(mutant.was)} → ${cell(mutant.put)} | ${why ?? '**not explained**'} |`).join('\n')}
`
  return { page, unexplained: told.filter(({ why }) => why === undefined).map(({ mutant }) => mutant) }
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`
}

function cell(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return short === '' ? '(nothing)' : `\`${short.replaceAll('|', '\\|').replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``
}
