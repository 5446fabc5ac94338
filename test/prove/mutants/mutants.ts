/**
 * `nice -n 10 node test/prove/mutants/mutants.ts [--all] [--quick] [--keep FILE] [--survivors] [WORD…]`: tries the mutants of consent/ (or of the files
 * that hold a word) and writes docs/mutants.md. `--all`: none is left out; `--quick`: the first round only; `--keep`: verdicts are kept in FILE, and
 * what was killed before is not tried again while its source stands; `--survivors`: only those that FILE names as survivors.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Mutant } from './mutations.ts'
import { pageOf } from './page.ts'
import { keyOf, mutantsOfConsent, needsDatabase, testsFor, type Result } from './plan.ts'
import { tryAll } from './pool.ts'
import { root } from './syntax.ts'

const { values, positionals: words } = parseArgs({
  options: { all: { type: 'boolean' }, keep: { type: 'string' }, quick: { type: 'boolean' }, survivors: { type: 'boolean' } },
  allowPositionals: true,
})
/** Most mutants fall to the written tests and a few generated cases; who survives meets all of the tests, and more of the cases. */
const quick = { fraction: 0.04, isQuick: true, timeoutMs: 40_000 }
const thorough = { fraction: 0.25, isQuick: false, timeoutMs: 240_000 }
const rounds = values.quick === true ? [quick] : [quick, thorough]

const { mutants, made } = mutantsOfConsent(values.all === true)
const placeOf = ({ file }: Mutant): number => words.findIndex((word) => file.includes(word))
const wanted = mutants
  .filter((mutant) => words.length === 0 || placeOf(mutant) >= 0)
  .sort((a, b) => placeOf(a) - placeOf(b) || (keyOf(a) < keyOf(b) ? -1 : 1))
const results = new Map<string, Result>()
if (values.keep !== undefined && existsSync(values.keep))
  // written below
  for (const [key, result] of JSON.parse(readFileSync(values.keep, 'utf8')) as [string, Result][]) results.set(key, result)

const isKilled = (mutant: Mutant): boolean => !['survived', undefined].includes(results.get(keyOf(mutant))?.fate)

const share = ({ file }: Mutant, fraction: number) =>
  needsDatabase(file) ? { fraction: 1, hasDatabase: true } : { fraction, hasDatabase: false }

for (const { fraction, isQuick, timeoutMs } of rounds) {
  const trials = wanted
    .filter((mutant) => !isKilled(mutant) && (values.survivors !== true || results.has(keyOf(mutant))))
    .map((mutant, id) => ({ id, mutant, tests: testsFor(mutant.file), isQuick, ...share(mutant, fraction) }))
  let tried = 0
  await tryAll(trials, {
    processes: 2,
    timeoutMs,
    onVerdict({ id, fate, by }) {
      tried += 1
      const mutant = trials[id]?.mutant
      if (mutant === undefined) return
      results.set(keyOf(mutant), { fate, by })
      if (fate === 'survived')
        console.log(`${tried}/${trials.length} ${mutant.file}:${mutant.line} ${mutant.kind}: ${mutant.was} → ${mutant.put}`)
      if (values.keep !== undefined && (tried % 50 === 0 || tried === trials.length))
        writeFileSync(values.keep, JSON.stringify([...results]))
    },
  })
}

const { page, unexplained } = pageOf(mutants, results, made)
if (words.length === 0 || values.keep !== undefined) writeFileSync(join(root, 'docs', 'mutants.md'), page)
for (const mutant of unexplained) console.log(`unexplained ${mutant.file}:${mutant.line} ${mutant.kind}: ${mutant.was} → ${mutant.put}`)
process.exitCode = unexplained.length === 0 ? 0 : 1
