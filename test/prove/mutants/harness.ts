/** What our tests use of `@jest/globals`, without jest: a test file is imported, then its tests run one after another until one fails. */
import { createRequire } from 'node:module'

type Body = (...values: readonly unknown[]) => unknown
interface Collected {
  readonly title: string
  readonly body: () => unknown
}
interface Suite {
  readonly before: (() => unknown)[]
  readonly after: (() => unknown)[]
  readonly members: (Collected | Suite)[]
}

const jest = createRequire(import.meta.resolve('@jest/globals'))
// the package that `@jest/globals` hands out as its own
export const { expect } = jest('expect') as { readonly expect: unknown }

export interface Settings {
  /** whether suites run that start something before their tests */
  readonly hasDatabase: boolean
  /** without the tests that go through a whole domain */
  readonly isQuick: boolean
}

const wholeDomains = /^they agree on every small consent/

const empty = (): Suite => ({ before: [], after: [], members: [] })
let open = empty()

function eachOf(add: (title: string, body: Body) => void) {
  return (rows: readonly unknown[]) => (title: string, body: Body) =>
    rows.forEach((row, index) => add(`${title} [${index}]`, () => (Array.isArray(row) ? body(...row) : body(row))))
}

const addTest = (title: string, body: Body): void => void open.members.push({ title, body: () => body() })
function addSuite(_title: string, body: Body): void {
  const above = open
  const suite = empty()
  above.members.push(suite)
  open = suite
  body()
  open = above
}
const nothing = (): void => undefined

export const test = Object.assign(addTest, { each: eachOf(addTest), skip: nothing })
export const it = test
export const describe = Object.assign(addSuite, { each: eachOf(addSuite), skip: nothing })
export const beforeAll = (body: () => unknown): void => void open.before.push(body)
export const afterAll = (body: () => unknown): void => void open.after.push(body)

/**
 * Runs what was collected since the last call; Returns the title of the first test that failed, with why.
 */
export async function runCollected(settings: Settings): Promise<{ readonly ran: number; readonly failed?: string }> {
  const suite = open
  open = empty()
  return run(suite, settings)
}

async function run(suite: Suite, settings: Settings): Promise<{ readonly ran: number; readonly failed?: string }> {
  let ran = 0
  if (!settings.hasDatabase && suite.before.length > 0) return { ran }
  try {
    for (const before of suite.before) await before()
    for (const member of suite.members) {
      if ('title' in member) {
        if (settings.isQuick && wholeDomains.test(member.title)) continue
        ran += 1
        const failed = await failureOf(member)
        if (failed !== undefined) return { ran, failed }
        continue
      }
      const inner = await run(member, settings)
      ran += inner.ran
      if (inner.failed !== undefined) return { ran, failed: inner.failed }
    }
  } finally {
    for (const after of suite.after) await after()
  }
  return { ran }
}

async function failureOf({ title, body }: Collected): Promise<string | undefined> {
  try {
    await body()
    return undefined
  } catch (fault) {
    return `${title}: ${fault instanceof Error ? (fault.message.split('\n')[0] ?? '') : String(fault)}`
  }
}
