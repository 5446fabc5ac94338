/**
 * Are two records of one person? A false merge shows a stranger's chart, so a weak match never merges: everything short of
 * certain waits for a person. The table below is the whole rule; `compare` only fills in its columns.
 */
import { isHangul } from './demographics.ts'
import type { Demographics } from './demographics.ts'

export { demographics, matchKeys } from './demographics.ts'
export type { Demographics } from './demographics.ts'

export const fields = ['name', 'birthDate', 'gender', 'phone', 'address', 'postalCode', 'identifier'] as const
export type Field = (typeof fields)[number]
export type Grade = 'agree' | 'disagree' | 'missing'

/** One record of a known person; a person with several records is given several times. */
export interface Candidate {
  readonly person: string
  readonly demographics: Demographics
}

export interface Comparison {
  readonly grade: 'certain' | 'possible' | 'none'
  /** the row of the table that decided */
  readonly row: string
  readonly fields: Readonly<Record<Field, Grade>>
  readonly score01: number
}

export interface GradedCandidate {
  readonly person: string
  readonly fields: Readonly<Record<Field, Grade>>
  readonly score01: number
}

export type Match =
  | ({ readonly grade: 'certain' } & GradedCandidate)
  | { readonly grade: 'possible'; readonly candidates: readonly GradedCandidate[] }
  | { readonly grade: 'none' }

/** `near` is a disagreement that a slip of the pen explains. */
type Evidence = Grade | 'near'
/** `strong` = a phone, a full address or a number of the same issuer: agrees if any does, else disagrees if any does */
type Column = 'name' | 'birthDate' | 'gender' | 'identifier' | 'strong'

interface Row {
  readonly name: string
  readonly grade: 'certain' | 'possible'
  readonly when: Readonly<Partial<Record<Column, readonly Evidence[]>>>
}

/** The first row whose columns all hold decides; no row = none. A column that is not named may hold anything. */
export const matchTable: readonly Row[] = [
  {
    name: 'same-person',
    grade: 'certain',
    when: { name: ['agree'], birthDate: ['agree'], gender: ['agree'], strong: ['agree'], identifier: ['agree', 'missing'] },
  },
  // Two Kim Min-juns of one day; or one person of whom too little is known. Only a human can tell.
  { name: 'same-name-and-birth-date', grade: 'possible', when: { name: ['agree'], birthDate: ['agree'] } },
  { name: 'same-number-and-name', grade: 'possible', when: { identifier: ['agree'], name: ['agree'] } },
  { name: 'same-number-and-birth-date', grade: 'possible', when: { identifier: ['agree'], birthDate: ['agree', 'near'] } },
  // Registered and real birth dates differ for many older Koreans; an unconscious patient may have none at all.
  { name: 'birth-date-wrong-or-unknown', grade: 'possible', when: { name: ['agree'], gender: ['agree', 'missing'], strong: ['agree'] } },
  { name: 'slip-in-birth-date', grade: 'possible', when: { name: ['agree'], birthDate: ['near'], gender: ['agree'], strong: ['missing'] } },
  // A changed name and a same-sex twin look alike: same day, same home, same phone. Hence never certain.
  {
    name: 'changed-name-or-twin',
    grade: 'possible',
    when: { name: ['disagree', 'missing'], birthDate: ['agree'], gender: ['agree'], strong: ['agree'] },
  },
]

/** Orders candidates for the person who decides; it never decides by itself. Sums to 1. */
const weight01: Readonly<Record<Field, number>> = {
  name: 0.3,
  birthDate: 0.25,
  gender: 0.05,
  phone: 0.15,
  address: 0.1,
  postalCode: 0.05,
  identifier: 0.1,
}

/**
 * Whose record is this? Certain only for exactly one person; several certain persons are a question, not an answer.
 * A person with several records is certain when one of them is and none of them contradicts in gender or in a number of the same issuer.
 */
export function match(record: Demographics, candidates: readonly Candidate[]): Match {
  const persons = [...new Set(candidates.map((candidate) => candidate.person))].sort()
  const graded = persons.map((person) => ({ person, ...bestOf(record, candidates, person) }))
  const certain = graded.filter((candidate) => candidate.grade === 'certain')
  const [only, second] = certain
  if (only !== undefined && second === undefined) return { grade: 'certain', ...shown(only) }
  const possible = graded.filter((candidate) => candidate.grade !== 'none').sort((a, b) => b.score01 - a.score01)
  return possible.length === 0 ? { grade: 'none' } : { grade: 'possible', candidates: possible.map(shown) }
}

const rank = { certain: 2, possible: 1, none: 0 } as const

function bestOf(record: Demographics, candidates: readonly Candidate[], person: string): Comparison {
  const own = candidates.filter((candidate) => candidate.person === person).map((candidate) => compare(record, candidate.demographics))
  const best = own.reduce((a, b) => (rank[b.grade] > rank[a.grade] || (rank[b.grade] === rank[a.grade] && b.score01 > a.score01) ? b : a))
  const contradicted = own.some((one) => one.fields.gender === 'disagree' || one.fields.identifier === 'disagree')
  return best.grade === 'certain' && contradicted ? { ...best, grade: 'possible', row: 'contradicted-by-another-record' } : best
}

function shown(candidate: GradedCandidate): GradedCandidate {
  return { person: candidate.person, fields: candidate.fields, score01: candidate.score01 }
}

/** Two records, order irrelevant: `compare(a, b)` equals `compare(b, a)`. */
export function compare(a: Demographics, b: Demographics): Comparison {
  const evidence: Readonly<Record<Field, Evidence>> = {
    name: compareNames(a.names, b.names),
    birthDate: compareDates(a.birthDate, b.birthDate),
    gender: compareSets(listed(a.gender), listed(b.gender), same),
    phone: compareSets(a.phones, b.phones, same),
    address: compareSets(a.addresses, b.addresses, sameBuilding),
    postalCode: comparePostalCodes(a.postalCodes, b.postalCodes),
    identifier: compareIdentifiers(a.identifiers, b.identifiers),
  }
  const columns = { ...evidence, strong: strongest([evidence.phone, evidence.address, evidence.identifier]) }
  const row = matchTable.find(({ when }) => holds(when, columns))
  return {
    grade: row?.grade ?? 'none',
    row: row?.name ?? 'no-row',
    fields: {
      name: reported(evidence.name),
      birthDate: reported(evidence.birthDate),
      gender: reported(evidence.gender),
      phone: reported(evidence.phone),
      address: reported(evidence.address),
      postalCode: reported(evidence.postalCode),
      identifier: reported(evidence.identifier),
    },
    score01: score(evidence),
  }
}

const columnNames: readonly Column[] = ['name', 'birthDate', 'gender', 'identifier', 'strong']

function holds(when: Row['when'], columns: Readonly<Record<Column, Evidence>>): boolean {
  return columnNames.every((column) => when[column]?.includes(columns[column]) ?? true)
}

function strongest(strong: readonly Evidence[]): Evidence {
  if (strong.includes('agree')) return 'agree'
  return strong.includes('disagree') ? 'disagree' : 'missing'
}

function reported(evidence: Evidence): Grade {
  return evidence === 'near' ? 'disagree' : evidence
}

const worth01: Readonly<Record<Evidence, number>> = { agree: 1, near: 0.5, missing: 0, disagree: -0.5 }

function score(evidence: Readonly<Record<Field, Evidence>>): number {
  const sum = fields.reduce((total, field) => total + weight01[field] * worth01[evidence[field]], 0)
  return Math.min(1, Math.max(0, Math.round(sum * 100) / 100))
}

/**
 * Hangul is compared with hangul. Romanised spellings are lossy both ways (전 and 정, Kang and Gang), so they count only between two
 * people of whom no hangul name is known; otherwise the name is missing.
 */
function compareNames(a: readonly string[], b: readonly string[]): Evidence {
  const [hangulA, hangulB] = [a.filter(isHangul), b.filter(isHangul)]
  if (hangulA.length > 0 && hangulB.length > 0) return compareSets(hangulA, hangulB, same)
  return hangulA.length === 0 && hangulB.length === 0 ? compareSets(a, b, same) : 'missing'
}

function compareDates(a: string | undefined, b: string | undefined): Evidence {
  if (a === undefined || b === undefined) return 'missing'
  if (a === b) return 'agree'
  return isSlip(a, b) ? 'near' : 'disagree'
}

/** One wrong digit, two neighbouring digits swapped, or day and month exchanged. */
function isSlip(a: string, b: string): boolean {
  const [x, y] = [a.replaceAll('-', ''), b.replaceAll('-', '')]
  const differing = [0, 1, 2, 3, 4, 5, 6, 7].filter((index) => x[index] !== y[index])
  const [first = 0, second = 0] = differing
  if (differing.length === 1) return true
  if (differing.length === 2 && second === first + 1 && x[first] === y[second] && x[second] === y[first]) return true
  return x.slice(0, 4) === y.slice(0, 4) && x.slice(4, 6) === y.slice(6) && x.slice(6) === y.slice(4, 6)
}

/** Five-digit codes replaced six-digit ones in 2015: the two kinds cannot be compared. */
function comparePostalCodes(a: readonly string[], b: readonly string[]): Evidence {
  return compareSets(
    a.filter((code) => b.some((other) => other.length === code.length)),
    b.filter((code) => a.some((other) => other.length === code.length)),
    same,
  )
}

/** An issuer gives one person one number: two different numbers of one issuer speak against, whatever else is shared. */
function compareIdentifiers(a: Demographics['identifiers'], b: Demographics['identifiers']): Evidence {
  const shared = [...new Set(a.map((one) => one.system))].filter((system) => b.some((other) => other.system === system))
  const verdicts = shared.map((system) => compareSets(valuesOf(a, system), valuesOf(b, system), same))
  if (verdicts.includes('disagree')) return 'disagree'
  return verdicts.includes('agree') ? 'agree' : 'missing'
}

function valuesOf(identifiers: Demographics['identifiers'], system: string): string[] {
  return identifiers.filter((one) => one.system === system).map((one) => one.value)
}

function compareSets(a: readonly string[], b: readonly string[], equal: (x: string, y: string) => boolean): Grade {
  if (a.length === 0 || b.length === 0) return 'missing'
  return a.some((x) => b.some((y) => equal(x, y))) ? 'agree' : 'disagree'
}

function same(a: string, b: string): boolean {
  return a === b
}

/** One may lack the flat: `향교로11` is the building of `향교로11|101동1001호`, but not of `향교로110`, `향교로11-2`, `향교로11번길5`. */
function sameBuilding(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (!long.startsWith(short)) return false
  return /^($|\||(?!가\d)[^\d번길-])/.test(long.slice(short.length))
}

function listed(value: string | undefined): string[] {
  return value === undefined ? [] : [value]
}
