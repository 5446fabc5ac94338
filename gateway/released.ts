/**
 * What may leave. `Released` is a class with a private field that is not exported; `mint` makes the only instances, and only the
 * `release*.ts` files may import it (architecture test). `reply.ts` checks an instance again at run time.
 */
class ReleasedReply {
  readonly #released = true
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string

  constructor(status: number, headers: Readonly<Record<string, string>>, text: string) {
    this.status = status
    this.headers = Object.freeze({ ...headers })
    this.text = text
    Object.freeze(this)
  }

  static is(value: unknown): value is ReleasedReply {
    return typeof value === 'object' && value !== null && #released in value && value.#released
  }
}

export type Released = ReleasedReply

/** Whether a value was minted here; `reply.ts` asks before it writes a byte. */
export function isReleased(value: unknown): value is Released {
  return ReleasedReply.is(value)
}

/** Only after judging, and after the ledger row is committed. */
export function mint(status: number, headers: Readonly<Record<string, string>>, text: string): Released {
  return new ReleasedReply(status, headers, text)
}
