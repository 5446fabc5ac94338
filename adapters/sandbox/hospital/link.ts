/** One MLLP connection to the peer, kept open and reopened when it breaks. */
import { connect, type Socket } from 'node:net'
// An EMR has its own MLLP; only to save lines does this one borrow the adapter's framing. It shares nothing else with the gateway.
import { frame, frameReader } from '../../hl7v2-mllp/codec.ts'
import { part, readSegments, segmentNamed, words } from './hl7-text.ts'

export type Answer =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'ack'; readonly code: string; readonly condition: string; readonly place: string; readonly text: string }

export interface Link {
  /** One message at a time. Never rejects. */
  send(message: Buffer, controlId: string): Promise<Answer>
  close(): void
}

const maxAckBytes = 65_536

export function openLink(peer: { readonly host: string; readonly port: number }, ackDeadlineMs: number): Link {
  let socket: Socket | undefined
  const drop = (): void => {
    socket?.destroy()
    socket = undefined
  }
  const dial = (): Socket => {
    const made = connect({ ...peer, noDelay: true, keepAlive: true })
    // A connection that breaks while nobody waits is replaced by the next send.
    made.on('error', () => made.destroy())
    made.once('close', () => {
      if (socket === made) socket = undefined
    })
    return made
  }
  return {
    send: async (message, controlId) => {
      socket ??= dial()
      const answer = await converse(socket, message, controlId, ackDeadlineMs)
      if (answer.kind === 'none') drop()
      return answer
    },
    close: drop,
  }
}

function converse(socket: Socket, message: Buffer, controlId: string, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const reader = frameReader(maxAckBytes)
    const finish = (answer: Answer): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', onError).off('close', onClose)
      resolve(answer)
    }
    const onError = (error: Error): void => finish({ kind: 'none', reason: 'code' in error ? String(error.code) : error.name })
    const onClose = (): void => finish({ kind: 'none', reason: 'the connection closed' })
    const onData = (chunk: Buffer): void => {
      for (const event of reader.push(chunk)) {
        if (event.kind === 'overflow') return finish({ kind: 'none', reason: 'the acknowledgement is too large' })
        const answer = event.kind === 'frame' ? readAck(event.bytes, controlId) : undefined
        if (answer !== undefined) return finish(answer)
      }
    }
    const timer = setTimeout(() => finish({ kind: 'none', reason: 'no acknowledgement' }), deadlineMs)
    socket.on('data', onData).on('error', onError).on('close', onClose)
    if (socket.destroyed) finish({ kind: 'none', reason: 'the connection is closed' })
    else socket.write(frame(message))
  })
}

/** Undefined for an acknowledgement of some other message. Codes and our own English texts are ASCII in every charset. */
function readAck(bytes: Buffer, controlId: string): Answer | undefined {
  const message = readSegments(bytes.toString('latin1'))
  const [msa, err] = [segmentNamed(message, 'MSA'), segmentNamed(message, 'ERR')]
  if (part(msa, 2) !== controlId) return undefined
  const place = [part(err, 2), part(err, 2, 2), part(err, 2, 3)].filter((item) => item !== '').join('.')
  return { kind: 'ack', code: part(msa, 1), condition: part(err, 3), place, text: words(err, 8) }
}
