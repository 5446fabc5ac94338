/** Why we disagree with the recorded verdict of the reference validator, case by case. */
export interface Explanation {
  readonly why: string
  /** the reference validator itself, run by us on this file (6.9.4, docs/ig.md), says what we say and not what is recorded */
  readonly isRecordRefuted?: boolean
}

export const explained: Readonly<Record<string, Explanation>> = {
  'mr-m-cql-library': { why: 'The fault is in a CQL library attached in base64. We do not read CQL.' },
  'string-with-coding-async-qr': {
    why: 'The value set `jurisdiction` also includes ISO 3166-2, which nobody ships; so the answer is told as not checked (information), not as wrong.',
  },
  'aggregation-apart-good4': {
    why: '`Encounter.class` is 1..1 in R4 and is missing. The recorded outcome is empty, without even the usual warnings; the same Encounter in a Bundle (`aggregation-bundle-good4`) is recorded as an error, and the reference validator 6.9.4, run on this very file, answers `Encounter.class: minimum required = 1, but only found 0`.',
    isRecordRefuted: true,
  },
  'aggregation-apart-good4#profile': { why: 'As `aggregation-apart-good4`.', isRecordRefuted: true },
}
