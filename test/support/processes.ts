/** Child processes of tests: started with node, waited for by a line of output, ended by pid. */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { runFolder } from './run-folder.ts'

export interface TestProcess {
  readonly pid: number
  /** everything printed so far, stdout and stderr together */
  output(): string
  /** resolves to the first whole line that matches; rejects with the output when the process ends or `deadlineMs` (30 s) passes first */
  line(pattern: RegExp, deadlineMs?: number): Promise<string>
  /** sends the signal (SIGTERM) and waits for the end */
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>
  /** waits for the end */
  ended: Promise<ProcessEnd>
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Starts `node ...args`; the environment is ours without CARENET_*, DATABASE_URL and PORT, plus `env`. */
export function startNode(args: readonly string[], options: ProcessOptions = {}): TestProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CARENET_.*|DATABASE_URL|PORT)$/.test(name))
  const child = spawn(process.execPath, args, {
    // what one process compiled the next one need not; a killed one writes nothing there
    env: { ...Object.fromEntries(inherited), NODE_COMPILE_CACHE: join(runFolder(), 'compiled'), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return watch(child)
}

/** Runs `node ...args` to its end. */
export async function runNode(args: readonly string[], options: ProcessOptions = {}): Promise<ProcessEnd & { readonly output: string }> {
  const started = startNode(args, options)
  const end = await started.ended
  return { ...end, output: started.output() }
}

function watch(child: ChildProcessByStdio<null, Readable, Readable>): TestProcess {
  if (child.pid === undefined) throw new Error('the process did not start')
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  let end: ProcessEnd | undefined
  // `close`, not `exit`: by then all output has been read
  const ended = once(child, 'close').then(() => (end = { code: child.exitCode, signal: child.signalCode }))
  return {
    pid: child.pid,
    output: () => text,
    ended,
    async line(pattern, deadlineMs = 90_000) {
      const deadline = performance.now() + deadlineMs
      for (;;) {
        const isOver = end !== undefined
        const found = text
          .split('\n')
          .slice(0, isOver ? undefined : -1)
          .find((line) => pattern.test(line))
        if (found !== undefined) return found
        if (isOver || performance.now() > deadline) throw new Error(`no line ${String(pattern)} in:\n${text}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return await ended
    },
  }
}
