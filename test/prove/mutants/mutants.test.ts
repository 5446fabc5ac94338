/** The tests of the consent law notice when the law is changed: a handful of mutants here, one in a hundred in `npm run prove`, all by hand. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { cases, seedOr } from '../../support/proof.ts'
import type { Mutant } from './mutations.ts'
import { keyOf, mutantsOfConsent, needsDatabase, testsFor } from './plan.ts'
import { tryAll } from './pool.ts'
import { isExplained, survivors } from './survivors.ts'
import { root } from './syntax.ts'

const { mutants } = mutantsOfConsent(false)
const settings = { processes: 2, timeoutMs: 120_000 }

/** Holes a reader of consents could make without noticing, each by its file, a part of its line and what is put there. */
const known: readonly (readonly [string, string, string])[] = [
  ['combine.ts', "for (const value of ['deny', 'permit', 'withhold'] as const)", ''],
  ['rules/index.ts', "truth(row.type === 'deny')", '!=='],
  ['compile.ts', 'const isVerificationVoid', '&&'],
  ['law/bounds.ts', 'statute.person !== person', '==='],
]

function chosen(): readonly Mutant[] {
  if (cases(1) > 1) return mutants.filter((mutant) => (Number.parseInt(keyOf(mutant).slice(8, 14), 16) + seedOr(0)) % 100 === 0)
  return known.map(([file, line, put]) => {
    const lines = readFileSync(`${root}consent/${file}`, 'utf8').split('\n')
    const found = mutants.find((each) => each.file === `consent/${file}` && each.put === put && lines[each.line - 1]?.includes(line))
    if (found === undefined) throw new Error(`no mutant of ${file} puts \`${put}\` into \`${line}\``)
    return found
  })
}

test('the unchanged law passes every test, so that what fails is the mutant', async () => {
  const tests =
    cases(1) > 1 ? testsFor('consent/types.ts').concat(testsFor('consent/instant.ts')) : testsFor('consent/law/bounds.ts').slice(0, 3)
  const [verdict] = await tryAll([{ id: 0, mutant: undefined, tests, fraction: 0.04, isQuick: true, hasDatabase: false }], settings)
  expect(verdict).toMatchObject({ fate: 'survived', by: '' })
  expect(verdict?.ran).toBeGreaterThan(20)
})

test('every mutant that is tried is noticed, or named with the reason why it cannot be', async () => {
  const trials = chosen().map((mutant, id) => ({
    id,
    mutant,
    tests: testsFor(mutant.file),
    fraction: needsDatabase(mutant.file) ? 1 : 0.1,
    isQuick: cases(1) === 1,
    hasDatabase: needsDatabase(mutant.file),
  }))
  const verdicts = await tryAll(trials, settings)
  expect(verdicts.length).toBe(trials.length)
  const unnoticed = verdicts.filter(({ fate }) => fate === 'survived').flatMap(({ id }) => trials[id]?.mutant ?? [])
  expect(unnoticed.filter((mutant) => !isExplained(mutant))).toEqual([])
}, 2_400_000)

test('whoever is named as a survivor still stands in the source', () => {
  const gone = survivors.filter(({ file, line }) => !readFileSync(`${root}consent/${file}`, 'utf8').includes(line))
  expect(gone).toEqual([])
})
