/** Counts what jest's JSON says, for the last line of `npm test`. */

export interface JestResult {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly numFailedTests: number
  /** suites that could not even be loaded */
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly { readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** why something beyond a test counts as failed */
  readonly notes: readonly string[]
}

/** `result` is undefined when jest died before it wrote one; `code` is its exit code; `isCi` forbids skips for lack of PostgreSQL. */
export function tally(result: JestResult | undefined, code: number | string | null, isCi: boolean): Tally {
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0, notes: [`jest ended with ${code} and without a result`] }
  const skipped = result.testResults
    .flatMap((suite) => suite.assertionResults)
    .filter((each) => each.status === 'pending' || each.status === 'todo' || each.status === 'disabled')
  const withoutPostgres = skipped.filter((each) => each.fullName.includes('skipped: PostgreSQL')).length
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  const notes = [
    ...(failed === 0 && code !== 0 ? [`jest ended with ${code} although no test failed`] : []),
    ...(result.numTotalTests === 0 && failed === 0 ? ['there was no test to run'] : []),
    ...(isCi && withoutPostgres > 0 ? [`CI=true and ${withoutPostgres} tests were skipped for lack of PostgreSQL: install it`] : []),
  ]
  return { passed: result.numPassedTests, failed: failed + notes.length, skipped: skipped.length, notes }
}

/** The last line: `N passed, N failed`, and `, N skipped` when there are any. */
export function lastLine({ passed, failed, skipped }: Omit<Tally, 'notes'>): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
