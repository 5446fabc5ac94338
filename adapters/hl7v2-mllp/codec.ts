/**
 * MLLP framing: 0x0B, the message, 0x1C 0x0D. Bytes only; what the bytes mean is `charset.ts` and `message.ts`.
 * None of the character sets we take uses these three bytes inside a character, so frames are cut before anything is decoded.
 * Spec: https://www.hl7.org/implement/standards/product_brief.cfm?product_id=55 (Minimal Lower Layer Protocol)
 */

const startBlock = 0x0b
const endBlock = 0x1c
const carriageReturn = 0x0d

export type FrameEvent =
  /** one complete message; empty when the sender framed nothing */
  | { readonly kind: 'frame'; readonly bytes: Buffer }
  /** bytes outside any frame, dropped */
  | { readonly kind: 'garbage'; readonly count: number }
  /** a new start byte came before the end of the frame before it: that one is dropped and was not delivered */
  | { readonly kind: 'restarted'; readonly count: number }
  /** more than `maxFrameBytes` without an end, in a frame or between two; the reader takes nothing more and the connection must be closed */
  | { readonly kind: 'overflow'; readonly where: 'in-frame' | 'between-frames' }

export interface FrameReader {
  /** what the next chunk completes, in order */
  push(chunk: Uint8Array): readonly FrameEvent[]
  /** a frame has begun and not ended: when the stream closes now, its message was never sent */
  readonly isOpen: boolean
}

/** A reader for one connection. It holds at most `maxFrameBytes` of one unfinished frame. */
export function frameReader(maxFrameBytes: number): FrameReader {
  let parts: Uint8Array[] = []
  let held = 0
  let between = 0
  let isOpen = false
  let isDead = false

  function keep(bytes: Uint8Array): FrameEvent[] {
    held += bytes.length
    if (held > maxFrameBytes + 2) return die('in-frame')
    if (bytes.length > 0) parts.push(bytes)
    return []
  }
  function die(where: 'in-frame' | 'between-frames'): FrameEvent[] {
    isDead = true
    parts = []
    return [{ kind: 'overflow', where }]
  }
  function lastHeld(): number | undefined {
    return parts.at(-1)?.at(-1)
  }
  function begin(): void {
    parts = []
    held = 0
    isOpen = true
  }
  function finish(dropLast: number): FrameEvent {
    const whole = Buffer.concat(parts)
    parts = []
    held = 0
    between = 0
    isOpen = false
    return { kind: 'frame', bytes: whole.subarray(0, whole.length - dropLast) }
  }
  /** Reads up to the next thing that happens in `chunk` from `at` on; answers where to go on. */
  function outside(chunk: Uint8Array, at: number, events: FrameEvent[]): number {
    const start = chunk.indexOf(startBlock, at)
    const until = start === -1 ? chunk.length : start
    between += until - at
    if (until > at) events.push({ kind: 'garbage', count: until - at })
    if (between > maxFrameBytes) events.push(...die('between-frames'))
    else if (start !== -1) begin()
    return until + 1
  }
  function inside(chunk: Uint8Array, at: number, events: FrameEvent[]): number {
    // The end may be cut between 0x1C and 0x0D by the chunk border.
    if (at === 0 && chunk[0] === carriageReturn && lastHeld() === endBlock) {
      events.push(finish(1))
      return 1
    }
    const stop = firstStop(chunk, at)
    const until = stop === -1 ? chunk.length : stop
    events.push(...keep(chunk.subarray(at, until)))
    if (stop === -1 || isDead) return chunk.length
    if (chunk[stop] === endBlock) {
      events.push(finish(0))
      return stop + 2
    }
    events.push({ kind: 'restarted', count: held })
    begin()
    return stop + 1
  }

  return {
    get isOpen() {
      return isOpen
    },
    push(chunk) {
      const events: FrameEvent[] = []
      let at = 0
      while (at < chunk.length && !isDead) at = isOpen ? inside(chunk, at, events) : outside(chunk, at, events)
      return events
    },
  }
}

/** The first start byte, or the first end pair that lies whole in this chunk; -1 when neither is there. */
function firstStop(chunk: Uint8Array, from: number): number {
  for (let at = from; at < chunk.length; at += 1) {
    const byte = chunk[at]
    if (byte === startBlock || (byte === endBlock && chunk[at + 1] === carriageReturn)) return at
  }
  return -1
}

/** One message in its envelope. */
export function frame(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(startBlock), message, Buffer.of(endBlock, carriageReturn)])
}
