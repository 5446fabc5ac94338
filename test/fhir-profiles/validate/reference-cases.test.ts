import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { explained } from './cases/explained.ts'
import { hasKrCore, runExamples } from './cases/kr-core.ts'
import { casesPage, falseAlarms, unrefuted } from './cases/page.ts'
import { hasCases, runCase, scoredCases } from './cases/run.ts'

const skipped = '(skipped: ../shared absent)'
const file = new URL('../../../docs/validator-cases.md', import.meta.url)

const outcomes = hasCases ? scoredCases().map((each) => runCase(each)) : []
const examples = hasKrCore ? runExamples() : []

;(hasCases ? describe : describe.skip)(`the reference validator's cases ${hasCases ? '' : skipped}`, () => {
  const wrong = outcomes.filter(({ case: { expected }, verdict }) => verdict !== expected)
  const valid = outcomes.filter(({ case: { expected } }) => expected === 'valid')

  test('at least 95 % of the verdicts agree, and at most 1 % of all are false alarms', () => {
    expect(1 - wrong.length / outcomes.length).toBeGreaterThanOrEqual(0.95)
    expect(falseAlarms(outcomes).length / outcomes.length).toBeLessThanOrEqual(0.01)
  })

  test('of the valid ones at most 1 % are refused, those left out that the reference validator refuses too when it is run', () => {
    expect(unrefuted(falseAlarms(outcomes)).length / valid.length).toBeLessThanOrEqual(0.01)
  })

  test('every disagreement is explained, and nothing is explained that agrees', () => {
    expect(wrong.map((outcome) => outcome.case.id).toSorted()).toEqual(Object.keys(explained).toSorted())
  })
})

;(hasKrCore ? describe : describe.skip)(`the examples for KR Core ${hasKrCore ? '' : skipped}`, () => {
  test('all 71 are judged as expected', () => {
    expect(examples).toHaveLength(71)
    expect(examples.filter(({ expected, verdict }) => expected !== verdict).map(({ file }) => file)).toEqual([])
  })
})

;(hasCases && hasKrCore ? test : test.skip)(`docs/validator-cases.md says what comes out ${hasCases ? '' : skipped}`, () => {
  const page = casesPage(outcomes, examples)
  if (process.env['WRITE_TABLES'] === '1') writeFileSync(file, page)
  expect(readFileSync(file, 'utf8')).toBe(page)
})
