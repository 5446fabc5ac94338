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
  return new Reader(maxFrameBytes)
}

class Reader implements FrameReader {
  readonly #maxFrameBytes: number
  readonly #held = growingBytes()
  #between = 0
  #isOpen = false
  #isDead = false

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  push(chunk: Uint8Array): readonly FrameEvent[] {
    const events: FrameEvent[] = []
    let at = this.#isDead ? chunk.length : 0
    while (at < chunk.length) at = this.#isOpen ? this.#inside(chunk, at, events) : this.#outside(chunk, at, events)
    return events
  }

  /** Skips to the next start byte; answers where to go on. */
  #outside(chunk: Uint8Array, at: number, events: FrameEvent[]): number {
    const start = chunk.indexOf(startBlock, at)
    const until = start === -1 ? chunk.length : start
    this.#between += until - at
    if (until > at) events.push({ kind: 'garbage', count: until - at })
    if (this.#between > this.#maxFrameBytes) return this.#die('between-frames', chunk, events)
    if (start !== -1) this.#begin()
    return until + 1
  }

  /** Keeps what belongs to the open frame, up to its end or a new start; answers where to go on. */
  #inside(chunk: Uint8Array, at: number, events: FrameEvent[]): number {
    // The end may be cut between 0x1C and 0x0D by the chunk border.
    if (at === 0 && chunk[0] === carriageReturn && this.#held.last() === endBlock) {
      this.#held.dropLast()
      events.push(this.#finish())
      return 1
    }
    const stop = firstStop(chunk, at)
    // Looked at before it is kept: a frame that is too large is never held.
    if (this.#held.size() + stop - at > this.#maxFrameBytes + 1) return this.#die('in-frame', chunk, events)
    this.#held.add(chunk.subarray(at, stop))
    if (stop === chunk.length) return stop
    if (chunk[stop] === endBlock) {
      events.push(this.#finish())
      return stop + 2
    }
    events.push({ kind: 'restarted', count: this.#held.size() })
    this.#begin()
    return stop + 1
  }

  #begin(): void {
    this.#held.clear()
    this.#isOpen = true
  }

  #finish(): FrameEvent {
    this.#between = 0
    this.#isOpen = false
    return { kind: 'frame', bytes: this.#held.take() }
  }

  #die(where: 'in-frame' | 'between-frames', chunk: Uint8Array, events: FrameEvent[]): number {
    this.#isDead = true
    this.#held.clear()
    events.push({ kind: 'overflow', where })
    return chunk.length
  }
}

/** The first start byte, or the first end pair that lies whole in this chunk; the chunk's length when neither is there. */
function firstStop(chunk: Uint8Array, from: number): number {
  for (let at = from; at < chunk.length; at += 1) {
    const byte = chunk[at]
    if (byte === startBlock || (byte === endBlock && chunk[at + 1] === carriageReturn)) return at
  }
  return chunk.length
}

/** One growing buffer, so that a sender who drips single bytes costs bytes and not objects. */
function growingBytes() {
  let store = Buffer.alloc(0)
  let used = 0
  return {
    size: () => used,
    last: () => (used === 0 ? undefined : store[used - 1]),
    dropLast: () => {
      used -= 1
    },
    clear: () => {
      store = Buffer.alloc(0)
      used = 0
    },
    add: (bytes: Uint8Array) => {
      if (used + bytes.length > store.length) {
        const larger = Buffer.alloc(Math.max(1024, 2 * store.length, used + bytes.length))
        store.copy(larger, 0, 0, used)
        store = larger
      }
      store.set(bytes, used)
      used += bytes.length
    },
    take: () => {
      const whole = store.subarray(0, used)
      store = Buffer.alloc(0)
      used = 0
      return whole
    },
  }
}

/** One message in its envelope. */
export function frame(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(startBlock), message, Buffer.of(endBlock, carriageReturn)])
}
