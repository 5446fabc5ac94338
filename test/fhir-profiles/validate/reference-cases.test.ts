import { describe, expect, test } from '@jest/globals'
import { hasKrCore, runExamples } from './cases/kr-core.ts'
import { explained } from './cases/explained.ts'
import { hasCases, runCase, scoredCases } from './cases/run.ts'

const skipped = '(skipped: ../shared absent)'

;(hasCases ? describe : describe.skip)(`the reference validator's cases ${hasCases ? '' : skipped}`, () => {
  const outcomes = hasCases ? scoredCases().map((each) => runCase(each)) : []
  const wrong = outcomes.filter(({ case: { expected }, verdict }) => verdict !== expected)

  test('at least 95 % of the verdicts agree, and at most 1 % of all are false alarms', () => {
    expect(1 - wrong.length / outcomes.length).toBeGreaterThanOrEqual(0.95)
    expect(wrong.filter(({ verdict }) => verdict === 'invalid').length / outcomes.length).toBeLessThanOrEqual(0.01)
  })

  test('every disagreement is explained in docs/validator-cases.md', () => {
    expect(wrong.map((outcome) => outcome.case.id).filter((id) => explained[id] === undefined)).toEqual([])
  })
})

;(hasKrCore ? describe : describe.skip)(`the examples for KR Core ${hasKrCore ? '' : skipped}`, () => {
  test('all 71 are judged as expected', () => {
    const examples = hasKrCore ? runExamples() : []
    expect(examples).toHaveLength(71)
    expect(examples.filter(({ expected, verdict }) => expected !== verdict).map(({ file }) => file)).toEqual([])
  })
})
