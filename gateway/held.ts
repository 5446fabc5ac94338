/**
 * What came from the store or an adapter and has not been judged. Opaque in the type and at run time: it has no readable member,
 * and logged by accident it prints `{}`. Only `release.ts`, `intake.ts` and `deliver.ts` may import `open` (architecture test).
 */
import { inspect } from 'node:util'
import type { LabelledElement } from '../consent/redact.ts'
import type { Facts } from '../consent/types.ts'
import type { Octets } from '../fhir-profiles/octets.ts'

export interface HeldContent {
  readonly facts: Facts
  /** the id its custodian knows it by */
  readonly localId: string
  readonly version: string
  readonly updatedMs: number
  /** exact JSON text as its custodian wrote it, with id and meta of the custodian's id space */
  readonly text: Octets
  /** the same text with network ids throughout; equal to `text` when nothing differs */
  readonly peopleText: Octets
  /** institutions that may read it as a party of its referral, whatever consent says */
  readonly parties: readonly string[]
  readonly deleted: boolean
  /** `text` is already written in network ids (made in the network, not by an EMR) */
  readonly isNetworkForm: boolean
  /** judged on their own: the facts are of what is left without them */
  readonly elements: readonly LabelledElement[]
  /** what a live institution answered along with it and the record refers to: nothing else knows of those */
  readonly near?: readonly HeldContent[]
  /** the texts are of an earlier version than the facts */
  readonly isPast?: boolean
}

let contentIn: (held: Held) => HeldContent
let closed: (content: HeldContent) => Held

export class Held {
  readonly #content: HeldContent

  static {
    contentIn = (held) => held.#content
    closed = (content) => new Held(content)
  }

  // only `hold` makes one
  private constructor(content: HeldContent) {
    this.#content = content
  }

  static is(value: unknown): value is Held {
    return typeof value === 'object' && value !== null && #content in value
  }

  toJSON(): Record<string, never> {
    return {}
  }

  [inspect.custom](): string {
    return '{}'
  }
}

/** Closes content. The store and the wrap around the adapters call this; nobody else has anything to close. */
export function hold(content: HeldContent): Held {
  return closed(content)
}

/** Opens content for judging. Import is restricted, see above. */
export function open(held: Held): HeldContent {
  if (!Held.is(held)) throw new TypeError('this object was not made by hold()')
  return contentIn(held)
}
