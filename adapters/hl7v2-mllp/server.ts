/** The listening side: TCP connections, frames, one message after the other, an acknowledgement for each. */
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { frame, frameReader, type FrameEvent } from './codec.ts'
import type { HostPort } from './config.ts'
import { handleMessage, type HandlePorts } from './handle.ts'

/** Resolves when `signal` aborts, after the messages under way are answered. Rejects when the port cannot be had. */
export async function serve(at: HostPort, ports: HandlePorts, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const open = new Map<Conversation, Promise<void>>()
  // A sender may close its side after the last byte and still wait for the acknowledgement.
  const server = createServer({ allowHalfOpen: true, keepAlive: true, noDelay: true }, (socket) => {
    const conversation: Conversation = { socket, isBusy: false }
    open.set(
      conversation,
      converse(conversation, ports, signal).finally(() => open.delete(conversation)),
    )
  })
  server.maxConnections = ports.config.maxConnections
  server.on('drop', () => ports.log('hl7v2.connection-dropped', { reason: 'too many connections' }))
  await listening(server, at)
  ports.log('hl7v2.listening', { port: portOf(server) })
  await aborted(signal)
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // What is being stored is answered; whoever waits for more bytes is cut off.
  for (const { socket, isBusy } of open.keys()) if (!isBusy) socket.destroy()
  await Promise.all([...open.values(), closed])
}

interface Conversation {
  readonly socket: Socket
  /** a message is being stored */
  isBusy: boolean
}

function listening(server: Server, at: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** listen() on a host and port gives an address with a port; only pipes have none. */
function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** One connection. Reading waits while a message is stored, so order is kept and a fast sender is slowed by TCP itself. */
async function converse(conversation: Conversation, ports: HandlePorts, signal: AbortSignal): Promise<void> {
  const { socket } = conversation
  const { config, log } = ports
  const reader = frameReader(config.maxFrameBytes)
  const watch = deadlines(socket, ports)
  if (signal.aborted) socket.destroy()
  try {
    watch.idle()
    for await (const chunk of socket) {
      watch.stop()
      for (const event of reader.push(bytesOf(chunk))) {
        if (event.kind === 'frame') watch.frameEnded()
        conversation.isBusy = true
        const goesOn = await onEvent(event, socket, ports)
        conversation.isBusy = false
        if (!goesOn || signal.aborted) return
      }
      if (reader.isOpen) watch.frame()
      else watch.idle()
    }
    if (reader.isOpen) log('hl7v2.frame-cut', { reason: 'the connection closed inside a frame; its message was not delivered' })
  } catch (cause) {
    if (!signal.aborted) log('hl7v2.connection-failed', { reason: codeOf(cause) })
  } finally {
    watch.stop()
    socket.destroySoon()
  }
}

/** False when the connection must end. */
async function onEvent(event: FrameEvent, socket: Socket, ports: HandlePorts): Promise<boolean> {
  switch (event.kind) {
    case 'frame': {
      const answer = await handleMessage(event.bytes, ports)
      return write(socket, frame(answer))
    }
    case 'garbage':
      ports.log('hl7v2.garbage-skipped', { bytes: event.count })
      return true
    case 'restarted':
      ports.log('hl7v2.frame-restarted', {
        bytes: event.count,
        reason: 'a new frame began before the end of the one before; that one was not delivered',
      })
      return true
    case 'overflow':
      ports.log('hl7v2.connection-closed', {
        reason: `more than ${ports.config.maxFrameBytes} bytes ${event.where === 'in-frame' ? 'in one frame' : 'between frames'}`,
      })
      return false
    default:
      return event satisfies never
  }
}

/** Waits until the peer can take more; false when it is gone. */
function write(socket: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (!socket.writable) resolve(false)
    else socket.write(bytes, (error) => resolve(error === undefined || error === null))
  })
}

/** A frame that never ends and a connection on which nothing comes are both closed, each with its reason in the log. */
function deadlines(socket: Socket, { config, log }: HandlePorts) {
  let timer: NodeJS.Timeout | undefined
  let frameSince: number | undefined
  const close = (reason: string): void => {
    log('hl7v2.connection-closed', { reason })
    socket.destroy()
  }
  return {
    stop: () => clearTimeout(timer),
    frameEnded: () => {
      frameSince = undefined
    },
    idle: () => {
      timer = setTimeout(() => close(`nothing came for ${config.idleDeadlineMs} ms`), config.idleDeadlineMs)
    },
    /** counts from the first chunk of the frame: dripping bytes does not buy time */
    frame: () => {
      frameSince ??= performance.now()
      const leftMs = Math.max(0, config.frameDeadlineMs - (performance.now() - frameSince))
      timer = setTimeout(() => close(`a frame did not end within ${config.frameDeadlineMs} ms`), leftMs)
    },
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('a socket without encoding yields bytes')
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause
    ? String(cause.code)
    : cause instanceof Error
      ? cause.name
      : 'unknown'
}
