/**
 * A process that tries mutants: the files of test/consent run in it, against the mutated source, until one test fails. No jest: a mutant costs
 * what its tests cost. The parent ends it when a mutant hangs.
 */
import fc from 'fast-check'
import { runCollected, type Settings } from './harness.ts'
import { importFresh, install, plant } from './loader.ts'
import type { Mutant } from './mutations.ts'
import { fraction } from './share.ts'

export interface Trial {
  readonly id: number
  /** undefined = the sources as they are */
  readonly mutant: Mutant | undefined
  readonly tests: readonly string[]
  readonly fraction: number
  /** without the tests that go through a whole domain */
  readonly isQuick: boolean
  /** also the suites that start something before their tests */
  readonly hasDatabase: boolean
}

export interface Verdict {
  readonly id: number
  readonly fate: 'killed' | 'survived' | 'invalid'
  /** the test that noticed */
  readonly by: string
  readonly ran: number
  /** milliseconds per test file */
  readonly took: Readonly<Record<string, number>>
}

// a counterexample is enough, the smallest one is for people
fc.configureGlobal({ endOnFailure: true })
install()

async function attempt({ id, mutant, tests, fraction: share, hasDatabase, isQuick }: Trial): Promise<Verdict> {
  fraction.tried = share
  const settings = { hasDatabase, isQuick }
  const took: Record<string, number> = {}
  if (!plant(mutant)) return { id, fate: 'invalid', by: '', ran: 0, took }
  let ran = 0
  for (const file of tests) {
    const startedAt = performance.now()
    const outcome = await attemptFile(file, settings)
    took[file] = Math.round(performance.now() - startedAt)
    ran += outcome.ran
    if (outcome.failed !== undefined) return { id, fate: 'killed', by: `${file}: ${outcome.failed}`, ran, took }
  }
  return { id, fate: 'survived', by: '', ran, took }
}

async function attemptFile(file: string, settings: Settings) {
  try {
    await importFresh(file)
  } catch (fault) {
    await runCollected(settings)
    return { ran: 0, failed: `does not load: ${String(fault)}` }
  }
  return runCollected(settings)
}

process.on('message', (trial: Trial) => {
  void attempt(trial).then((verdict) => process.send?.(verdict))
})
process.on('disconnect', () => process.exit(0))
