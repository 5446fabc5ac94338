/**
 * `nice -n 10 node test/prove/mutants/mutants.ts [--keep FILE] [WORD…]`: tries every mutant of consent/ (or of the files that hold a word) and
 * writes docs/mutants.md. With `--keep` verdicts are kept in FILE: what was killed before and whose source has not changed since is not tried again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutations.ts'
import { pageOf } from './page.ts'
import { keyOf, mutantsOfConsent, needsDatabase, testsFor, type Result } from './plan.ts'
import { tryAll } from './pool.ts'
import { root } from './syntax.ts'

const { values, positionals: words } = parseArgs({ options: { keep: { type: 'string' } }, allowPositionals: true })
/** first few of the generated cases; who survives those meets a fifth of them */
const rounds = [
  { fraction: 0.03, timeoutMs: 60_000 },
  { fraction: 0.2, timeoutMs: 240_000 },
]

const { mutants, sampled } = mutantsOfConsent()
const wanted = mutants.filter(({ file }) => words.length === 0 || words.some((word) => file.includes(word)))
const results = new Map<string, Result>()
if (values.keep !== undefined && existsSync(values.keep))
  // written below
  for (const [key, result] of JSON.parse(readFileSync(values.keep, 'utf8')) as [string, Result][]) results.set(key, result)

const isKilled = (mutant: Mutant): boolean => !['survived', undefined].includes(results.get(keyOf(mutant))?.fate)

const share = ({ file }: Mutant, fraction: number) =>
  needsDatabase(file) ? { fraction: 1, hasDatabase: true } : { fraction, hasDatabase: false }

for (const { fraction, timeoutMs } of rounds) {
  const trials = wanted
    .filter((mutant) => !isKilled(mutant))
    .map((mutant, id) => ({ id, mutant, tests: testsFor(mutant.file), ...share(mutant, fraction) }))
  let tried = 0
  await tryAll(trials, {
    processes: 2,
    timeoutMs,
    onVerdict({ id, fate, by }) {
      tried += 1
      const mutant = trials[id]?.mutant
      if (mutant === undefined) return
      results.set(keyOf(mutant), { fate, by })
      if (fate === 'survived') console.log(`${tried}/${trials.length} ${mutant.file}:${mutant.line} ${mutant.kind}: ${mutant.was} → ${mutant.put}`)
      if (values.keep !== undefined && (tried % 50 === 0 || tried === trials.length)) writeFileSync(values.keep, JSON.stringify([...results]))
    },
  })
}

const { page, unexplained } = pageOf(mutants, results, sampled)
if (words.length === 0 || values.keep !== undefined) writeFileSync(join(root, 'docs', 'mutants.md'), page)
for (const mutant of unexplained) console.log(`unexplained ${mutant.file}:${mutant.line} ${mutant.kind}: ${mutant.was} → ${mutant.put}`)
process.exitCode = unexplained.length === 0 ? 0 : 1
