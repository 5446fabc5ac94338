/** Two processes that try mutants one after another; one that hangs is ended, which counts as noticed. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Trial, Verdict } from './killers.ts'

/** modules of past turns stay in memory: begin a new process after this many */
const turnsPerProcess = 120

export interface PoolSettings {
  readonly processes: number
  readonly timeoutMs: number
  readonly onVerdict?: (verdict: Verdict) => void
}

/** In the order of the trials. */
export async function tryAll(trials: readonly Trial[], settings: PoolSettings): Promise<readonly Verdict[]> {
  const waiting = trials.values()
  const verdicts = new Map<number, Verdict>()
  const worker = async (): Promise<void> => {
    let child = startKiller()
    let turns = 0
    for (const trial of waiting) {
      if (turns === turnsPerProcess) {
        child.kill('SIGKILL')
        child = startKiller()
        turns = 0
      }
      turns += 1
      const verdict = await tryOne(child, trial, settings.timeoutMs)
      if (verdict.by === hung) turns = turnsPerProcess
      verdicts.set(trial.id, verdict)
      settings.onVerdict?.(verdict)
    }
    child.kill('SIGKILL')
  }
  await Promise.all(Array.from({ length: settings.processes }, worker))
  return trials.flatMap(({ id }) => verdicts.get(id) ?? [])
}

const hung = 'hangs or ends the process'

function startKiller(): ChildProcess {
  return fork(fileURLToPath(new URL('killers.ts', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=1500'],
  })
}

function tryOne(child: ChildProcess, trial: Trial, timeoutMs: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const done = (verdict: Verdict): void => {
      clearTimeout(timer)
      child.removeAllListeners()
      resolve(verdict)
    }
    const gone = (): void => done({ id: trial.id, fate: 'killed', by: hung, ran: 0, took: {} })
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      gone()
    }, timeoutMs)
    // our own process, which sends nothing else
    child.once('message', (message) => done(message as Verdict))
    child.once('exit', gone)
    child.send(trial)
  })
}
