import { expect, test } from '@jest/globals'
import { lastLine, tally } from './results.ts'
import type { JestResult } from './results.ts'

const result = (counts: Partial<JestResult>, ...skipped: readonly string[]): JestResult => ({
  numTotalTests: 3,
  numPassedTests: 3,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [{ assertionResults: skipped.map((fullName) => ({ status: 'pending', fullName })) }],
  ...counts,
})

test('a run in which all is well says so in one line', () => {
  expect(lastLine(tally(result({}), 0, true))).toBe('3 passed, 0 failed')
})

test('a suite that does not load counts as failed, and skips are counted apart', () => {
  const counted = tally(result({ numFailedTests: 1, numRuntimeErrorTestSuites: 2 }, 'a (skipped: ../shared absent) b'), 1, true)
  expect(lastLine(counted)).toBe('3 passed, 3 failed, 1 skipped')
  expect(counted.notes).toEqual([])
})

test('in continuous integration, a test skipped for lack of PostgreSQL is a failure; elsewhere it is not', () => {
  const skipping = result({}, 'the database, on PostgreSQL (skipped: PostgreSQL binaries not found) keeps rows')
  expect(tally(skipping, 0, true)).toMatchObject({ failed: 1, skipped: 1 })
  expect(tally(skipping, 0, false)).toMatchObject({ failed: 0, skipped: 1 })
})

test('a jest that dies, finds no test, or ends badly after good tests is a failure', () => {
  expect(tally(undefined, 'SIGKILL', false)).toMatchObject({ passed: 0, failed: 1 })
  expect(tally(result({ numTotalTests: 0, numPassedTests: 0 }), 0, false)).toMatchObject({ failed: 1 })
  expect(tally(result({}), 1, false)).toMatchObject({ passed: 3, failed: 1 })
})
