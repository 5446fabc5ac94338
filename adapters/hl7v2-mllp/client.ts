/** The sending side: one connection, one message, one acknowledgement, within one deadline. */
import { connect, type Socket } from 'node:net'
import { frame, frameReader } from './codec.ts'
import type { HostPort } from './config.ts'

export type Exchange =
  | { readonly kind: 'answered'; readonly bytes: Buffer }
  /** nothing is known of what became of the message; the same one may be sent again */
  | { readonly kind: 'no-answer'; readonly reason: string }

export interface ExchangeLimits {
  /** from connecting to the last byte of the answer */
  readonly deadlineMs: number
  readonly maxAckBytes: number
  readonly signal: AbortSignal
}

/** Never rejects. `isAnswer` decides which of the frames that come back is the one waited for; others are skipped. */
export function exchange(to: HostPort, message: Buffer, isAnswer: (bytes: Buffer) => boolean, limits: ExchangeLimits): Promise<Exchange> {
  if (limits.signal.aborted) return Promise.resolve({ kind: 'no-answer', reason: 'the caller gave up' })
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: to.host, port: to.port, noDelay: true })
    const reader = frameReader(limits.maxAckBytes)
    const finish = (outcome: Exchange): void => {
      clearTimeout(timer)
      limits.signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(outcome)
    }
    const onAbort = (): void => finish({ kind: 'no-answer', reason: 'the caller gave up' })
    const timer = setTimeout(
      () => finish({ kind: 'no-answer', reason: `no acknowledgement within ${limits.deadlineMs} ms` }),
      limits.deadlineMs,
    )
    limits.signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => socket.write(frame(message)))
    socket.on('data', (chunk) => {
      for (const event of reader.push(chunk)) {
        if (event.kind === 'overflow')
          return finish({ kind: 'no-answer', reason: `the acknowledgement is larger than ${limits.maxAckBytes} bytes` })
        if (event.kind === 'frame' && isAnswer(event.bytes)) return finish({ kind: 'answered', bytes: event.bytes })
      }
    })
    socket.once('error', (error) =>
      finish({ kind: 'no-answer', reason: `the connection failed (${'code' in error ? String(error.code) : error.name})` }),
    )
    socket.once('close', () => finish({ kind: 'no-answer', reason: 'the connection closed before the acknowledgement' }))
  })
}

/** Whether anybody listens there; undefined = yes. */
export function reachable(to: HostPort, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.host, port: to.port })
    const finish = (reason: string | undefined): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(reason)
    }
    const onAbort = (): void => finish('no connection before the deadline')
    if (signal.aborted) return finish('the caller gave up')
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => finish(undefined))
    socket.once('error', (error) => finish(`no connection (${'code' in error ? String(error.code) : error.name})`))
  })
}
