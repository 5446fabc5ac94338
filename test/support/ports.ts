import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports that no system gives away by itself (Linux from 32768, others from 49152 on): whoever listens on port 0 is never given the port of an EMR that
 * is not there, or was stopped for a while, and so never gets the letters meant for it. Each worker of jest has ports of its own.
 */
const firstPort = 20_000
const portsEach = 1_500
const workers = 8

const worker = Number(process.env['JEST_WORKER_ID'] ?? '0') % workers
let next = randomInt(portsEach)

/** A loopback port that was free a moment ago; give it to a process that cannot choose its own. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < portsEach; tried += 1) {
    next = (next + 1) % portsEach
    const port = firstPort + worker * portsEach + next
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

/** Several free loopback ports, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  while (ports.length < count) ports.push(await freePort())
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const outcome = once(server, 'listening').then(
    () => true,
    (thrown: unknown) => {
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE') return false
      throw thrown
    },
  )
  server.listen(port, '127.0.0.1')
  const isOurs = await outcome
  if (isOurs) await new Promise((resolve) => server.close(resolve))
  return isOurs
}
