/** Why we disagree with the reference validator, case by case. */
export const explained: Readonly<Record<string, string>> = {
  'mr-m-cql-library': 'The fault is in a CQL library attached in base64. We do not read CQL.',
  'string-with-coding-async-qr':
    'The value set `jurisdiction` also includes ISO 3166-2, which nobody ships; so the answer is told as not checked (information), not as wrong.',
  'aggregation-apart-good4':
    'The reference contradicts itself: `Encounter.class` is 1..1 in R4, and the same Encounter in a Bundle (`aggregation-bundle-good4`) is an error for it. Its recorded outcome has no findings at all, not even the usual warnings.',
  'aggregation-apart-good4#profile': 'As `aggregation-apart-good4`.',
}
