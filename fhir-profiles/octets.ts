/**
 * Text that is only passed on, as the bytes of its UTF-8: one character of `chars` for each. What comes from the database leaves by HTTP in the
 * same bytes; made a text in between it would be decoded, kept in two bytes for each character where one is Hangul, and encoded again. A class,
 * so that neither the compiler nor a template takes one for the other.
 */
export class Octets {
  /** Only what is ASCII may be looked for in it, and only ASCII or other octets be put into it. */
  readonly chars: string

  constructor(chars: string) {
    this.chars = chars
  }

  /** how many bytes */
  get size(): number {
    return this.chars.length
  }

  toString(): never {
    throw new TypeError('octets are no text: say `textOf`')
  }
}

export const noOctets = new Octets('')

export function octetsOf(text: string): Octets {
  return new Octets(charsOf(text))
}

/** Of a text to be joined with octets. */
export function charsOf(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

export function textOf({ chars }: Octets): string {
  return Buffer.from(chars, 'latin1').toString()
}

/** What its JSON says. Throws SyntaxError where it is none. */
export function valueOf(octets: Octets): unknown {
  return JSON.parse(textOf(octets))
}
