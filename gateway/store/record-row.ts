/** A record as it is stored: its columns, and how a row becomes Held. */
import { factsOf, unlabelled, type ContentFacts } from '../../consent/record-facts.ts'
import type { LabelledElement } from '../../consent/redact.ts'
import type { Facts } from '../../consent/types.ts'
import { elementsIn } from './elements.ts'
import { numberOf, numbersOf } from './numbers.ts'
import { peopleTextOf } from './people-text.ts'
import { hold, type Held, type HeldContent } from '../held.ts'
import { octetsOf, type Octets } from '../../fhir-profiles/octets.ts'

export interface RecordKey {
  readonly institution: string
  readonly type: string
  readonly localId: string
}

export interface RecordRow extends RecordKey, ContentFacts {
  readonly id: string
  readonly version: number
  readonly person: string | null
  readonly deleted: boolean
  readonly text: string
  readonly peopleText: string | null
  readonly isNetworkForm: boolean
  readonly updatedMs: number
  readonly sources: readonly string[]
  readonly classes: readonly string[]
  /** it tells its matter in free text */
  readonly isNarrated: boolean
  /** null = none */
  readonly elements: readonly LabelledElement[] | null
  /** network ids it refers to */
  readonly relations: readonly string[]
  readonly parties: readonly string[]
  readonly encounter: string | null
  /** its id was made for this write: nothing can be there, and nobody waits for it */
  readonly isFresh?: boolean
}

/** What a record is and whose. */
interface OwnRow extends Record<string, unknown> {
  id: string
  institution: string
  type: string
  local_id: string
  version: number
  person: string | null
  deleted: boolean
  text: Octets
  /** see `people-text.ts` */
  people_text: Octets | null
  network_form: boolean
  updated_ms: number
  parties: string[]
}

/** And by what it is judged. */
export interface StoredRow extends OwnRow {
  sources: string[]
  classes: string[]
  codes: string[]
  confidentiality: number
  sensitivities: string[]
  relations: string[]
  from_ms: number
  until_ms: number
  elements: string | null
}

/** `varchar`: the texts are passed on, see `column-types.ts`. */
const ownColumns = (text: string, peopleText: string): string =>
  `r.id, r.institution, r.type, r.local_id, r.version, r.person, r.deleted, (${text})::varchar as text, (${peopleText})::varchar as people_text,
   r.network_form, r.updated_ms, r.parties`
const judgedColumns = 'r.sources, r.classes, r.codes, r.confidentiality, r.sensitivities, r.relations, r.from_ms, r.until_ms, r.elements'
export const recordColumns = `${ownColumns('r.text', 'r.people_text')}, ${judgedColumns}`

/** For people, who read network ids: the text in the ids of its institution is brought along only where theirs is made of it (`people-text.ts`). */
export const peopleColumns = `${ownColumns(`case when r.people_text like '{%' then '' else r.text end`, 'r.people_text')}, ${judgedColumns}`

/**
 * For the system of an institution (SQL), which reads its own back as it wrote it: the text in network ids only of what it did not write, and nothing of
 * what others are judged by (`heldOfOwn`).
 */
export function systemColumns(institution: string): string {
  return ownColumns('r.text', `case when r.network_form or r.institution <> ${institution} then r.people_text end`)
}

/** As above, without the texts: for deciding whether a record may be spoken of. */
export const targetColumns = `${ownColumns(`''`, `''`)}, ${judgedColumns}`

/** Where the record of a network id lies: the join that asks one partition only. */
export const lies = `r.shard = n.shard and r.key = ${numberOf('n.id')}`

/** About these persons, whose shard is theirs. One is named alone: a list prunes no partitions. */
export function aboutPersonsSql(alias: string, persons: readonly string[], add: (value: unknown) => string): string {
  const [only, second] = persons
  if (only !== undefined && second === undefined) return `(${alias}.shard = ${numberOf(add(only))} and ${alias}.person = ${add(only)})`
  const all = `${add(persons)}::text[]`
  return `(${alias}.shard = any(${numbersOf(all)}) and ${alias}.person = any(${all}))`
}

export function heldOf(row: StoredRow): Held {
  return hold(contentOf(row, factsOf({ ...row, fromMs: row.from_ms, untilMs: row.until_ms }), elementsIn(row.elements)))
}

/** A record just written, as a later read would give it. */
export function heldOfWritten(row: RecordRow): Held {
  const { localId, version, updatedMs, text, peopleText, parties, deleted, isNetworkForm, elements } = row
  const ownText = octetsOf(text)
  const texts = { text: ownText, peopleText: peopleText === null ? ownText : octetsOf(peopleText) }
  const written = { localId, version: String(version), updatedMs, ...texts, parties, deleted, isNetworkForm }
  return hold({ facts: factsOf(row), ...written, elements: elements ?? [] })
}

const unknown = unlabelled.sensitivities
const { codes, confidentiality, sensitivities, fromMs, untilMs } = unlabelled
const unjudged = { sources: unknown, classes: unknown, codes, confidentiality, sensitivities, relations: unknown, fromMs, untilMs } as const

/** Of `systemColumns`. A system's records are judged by whose they are alone; to whoever else were to judge by it, it is a record nobody labelled. */
export function heldOfOwn(row: OwnRow): Held {
  const { id, type, institution } = row
  return hold(contentOf(row, { id, type, person: row.person ?? '', custodian: institution, ...unjudged }, []))
}

function contentOf(row: OwnRow, facts: Facts, elements: readonly LabelledElement[]): HeldContent {
  return {
    facts,
    localId: row.local_id,
    version: String(row.version),
    updatedMs: row.updated_ms,
    text: row.text,
    peopleText: peopleTextOf(row.text, row.people_text),
    parties: row.parties,
    deleted: row.deleted,
    isNetworkForm: row.network_form,
    elements,
  }
}
