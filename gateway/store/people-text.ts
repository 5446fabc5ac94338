/**
 * What people read of a record differs from what its custodian wrote in ids alone, as a rule: it is kept as those strings that differ. Between its
 * quotation marks JSON is a list of pieces, and the two texts have as many; where they have not (a corrected code stands beside what was
 * sent), the whole text is kept. Pure.
 */

import { Octets } from '../../fhir-profiles/octets.ts'

const quote = '"'

/** As it is stored: null where both are one text. Begins with `[` where it is what differs, and with `{` where it is a text. */
export function storedPeopleText(text: string, peopleText: string | null): string | null {
  if (peopleText === null || peopleText === text) return null
  const [from, to] = [text.split(quote), peopleText.split(quote)]
  if (from.length !== to.length) return peopleText
  const edits: (number | string)[] = []
  for (let at = 0; at < to.length; at += 1) {
    const piece = to[at] ?? ''
    if (piece !== from[at]) edits.push(at, piece)
  }
  const stored = JSON.stringify(edits)
  return stored.length < peopleText.length ? stored : peopleText
}

/** The text people read, of a record's text and what is stored beside it. Throws TypeError for what this program did not store. */
export function peopleTextOf(text: Octets, stored: Octets | null): Octets {
  if (stored === null) return text
  if (!stored.chars.startsWith('[')) return stored
  // its pieces stay octets: what JSON escapes is ASCII
  const edits: unknown = JSON.parse(stored.chars)
  if (!Array.isArray(edits)) throw new TypeError('what differs between two texts is a list')
  const { chars } = text
  let told = ''
  // where the piece of this number begins, and up to where the text is told
  let [number, begins, until] = [0, 0, 0]
  for (let at = 0; at + 1 < edits.length; at += 2) {
    const place: unknown = edits[at]
    const piece: unknown = edits[at + 1]
    if (typeof place !== 'number' || typeof piece !== 'string') throw misfit()
    for (; number < place; number += 1) {
      begins = chars.indexOf(quote, begins) + 1
      if (begins === 0) throw misfit()
    }
    if (number !== place) throw misfit()
    told += chars.slice(until, begins) + piece
    const ends = chars.indexOf(quote, begins)
    until = ends < 0 ? chars.length : ends
  }
  return new Octets(told + chars.slice(until))
}

function misfit(): TypeError {
  return new TypeError('what differs between two texts does not fit the text')
}
