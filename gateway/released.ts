/**
 * What may leave. `Released` is a class with a private field that is not exported; `mint` makes the only instances, and only the
 * `release*.ts` files may import it (architecture test). `reply.ts` checks an instance again at run time.
 */
import { octetsOf, textOf, type Octets } from '../fhir-profiles/octets.ts'

class ReleasedReply {
  readonly #released = true
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Octets

  constructor(status: number, headers: Readonly<Record<string, string>>, body: Octets) {
    this.status = status
    this.headers = Object.freeze({ ...headers })
    this.body = body
    Object.freeze(this)
  }

  /** the body, for who has to read it */
  get text(): string {
    return textOf(this.body)
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
export function mint(status: number, headers: Readonly<Record<string, string>>, body: Octets | string): Released {
  return new ReleasedReply(status, headers, typeof body === 'string' ? octetsOf(body) : body)
}
