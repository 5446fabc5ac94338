/**
 * The statements that write records, each with its index rows, the version before it, its network id and the ledger entries that tell of it:
 * one round trip. Values travel as one list for each column.
 */
import { labellerVersion } from '../../consent/label.ts'
import { indexerVersion } from '../../fhir-profiles/search-parameters.ts'
import { arrayLiteral } from './array-literal.ts'
import { indexValues, insertIndex, widthOf, type Placed, type Width } from './index-rows.ts'
import { enqueuedSql, type LedgerEntry } from './ledger.ts'
import { storedPeopleText } from './people-text.ts'
import { numberOf } from './numbers.ts'
import type { RecordRow } from './record-row.ts'

interface Column<Row = RecordRow> {
  readonly name: string
  /** `json`: a text that is JSON, which has no control sign in it and need not be escaped; `name`: kept as its number (`numbers.ts`) */
  readonly type: 'text' | 'name' | 'json' | 'int' | 'bigint' | 'boolean' | 'text[]' | 'jsonb'
  readonly value: (row: Row) => string | number | boolean | null
}

/** Where a record lies: with the person it is about, or with its institution (docs/decisions/070). */
export function shardOf({ person, institution }: Pick<RecordRow, 'person' | 'institution'>): string {
  return person ?? institution
}

const list = (name: string, of: (row: RecordRow) => readonly string[]): Column => ({
  name,
  type: 'text[]',
  value: (row) => arrayLiteral(of(row)),
})

/** What a record keeps through all its versions. */
const lasting: readonly Column[] = [
  { name: 'shard', type: 'name', value: shardOf },
  { name: 'id', type: 'text', value: ({ id }) => id },
  { name: 'institution', type: 'text', value: ({ institution }) => institution },
  { name: 'type', type: 'text', value: ({ type }) => type },
  { name: 'local_id', type: 'text', value: ({ localId }) => localId },
  { name: 'person', type: 'text', value: ({ person }) => person },
]
const changing: readonly Column[] = [
  { name: 'version', type: 'int', value: ({ version }) => version },
  { name: 'deleted', type: 'boolean', value: ({ deleted }) => deleted },
  { name: 'text', type: 'json', value: ({ text }) => text },
  { name: 'people_text', type: 'json', value: ({ text, peopleText }) => storedPeopleText(text, peopleText) },
  { name: 'network_form', type: 'boolean', value: ({ isNetworkForm }) => isNetworkForm },
  { name: 'updated_ms', type: 'bigint', value: ({ updatedMs }) => updatedMs },
  list('sources', ({ sources }) => sources),
  list('classes', ({ classes }) => classes),
  list('parties', ({ parties }) => parties),
  { name: 'encounter', type: 'name', value: ({ encounter }) => encounter },
  list('codes', ({ codes }) => codes),
  { name: 'confidentiality', type: 'int', value: ({ confidentiality }) => confidentiality },
  list('sensitivities', ({ sensitivities }) => sensitivities),
  list('relations', ({ relations }) => relations),
  { name: 'from_ms', type: 'bigint', value: ({ fromMs }) => fromMs },
  { name: 'until_ms', type: 'bigint', value: ({ untilMs }) => untilMs },
  list('label_basis', ({ labelBasis }) => labelBasis),
  { name: 'is_narrated', type: 'boolean', value: ({ isNarrated }) => isNarrated },
  { name: 'elements', type: 'jsonb', value: ({ elements }) => (elements === null ? null : JSON.stringify(elements)) },
]
const columns = [...lasting, ...changing]
const names = columns.map(({ name }) => name).join(', ')
const made = 'labeller, indexer'
const kept = `key, ${names}`

/** Between texts of JSON; an empty one stands for null. */
const separator = '\u001e'

/** One parameter, a column of values, as the server takes it apart. */
function listSql({ type }: Pick<Column, 'type'>, at: number): string {
  return type === 'json' ? `string_to_array($${at}, E'\\x1e', '')` : `$${at}::${isTextual({ type }) ? 'text' : type}[]`
}

function listValue<Row>({ type, value }: Column<Row>, rows: readonly Row[]): string {
  const values = rows.map(value)
  return type === 'json' ? values.map((text) => text ?? '').join(separator) : arrayLiteral(values)
}

const isTextual = ({ type }: Pick<Column, 'type'>): boolean => type === 'text[]' || type === 'jsonb' || type === 'name'
const keptSql = ({ name, type }: Column): string =>
  type === 'name' ? `${numberOf(name)} as ${name}` : isTextual({ type }) ? `${name}::${type}` : name
const lists = columns.map((column, at) => listSql(column, at + 1))
const given = `k as materialized (
    select ${numberOf('id')} as key, ${columns.map(keptSql).join(', ')}
    from unnest(${lists.join(', ')}) as k(${names}))`

const entryColumns: readonly Column<LedgerEntry>[] = [
  { name: 'id', type: 'text', value: ({ id }) => id },
  { name: 'at_ms', type: 'bigint', value: ({ atMs }) => atMs },
  { name: 'persons', type: 'text[]', value: ({ persons }) => arrayLiteral(persons) },
  { name: 'institution', type: 'text', value: ({ institution }) => institution },
  { name: 'kind', type: 'text', value: ({ kind }) => kind },
  { name: 'body', type: 'json', value: ({ head, rest }) => head + rest },
]
const entryNames = entryColumns.map(({ name }) => name).join(', ')

const written = `insert into record (${kept}, ${made}) select ${kept}, ${labellerVersion}, ${indexerVersion} from k`
const updated = `${written} on conflict (shard, key) do update set
    ${[...changing.map(({ name }) => name), 'labeller', 'indexer'].map((name) => `${name} = excluded.${name}`).join(', ')}`

const identified = 'insert into network_id (id, institution, type, local_id, shard) select id, institution, type, local_id, shard from k'
const placedAnew = `${identified}
    on conflict (id) do update set shard = excluded.shard where network_id.shard is distinct from excluded.shard`

const versionColumns = 'shard, id, institution, type, version, text, people_text, deleted, updated_ms'
const past = (of: string, shard: string): string =>
  `past as (insert into record_version (${versionColumns})
    select ${versionColumns.replaceAll(/\w+/g, 'r.$&')} from ${of} o join record r on r.shard = o.${shard} and r.key = o.key)`

export interface WriteStatements {
  /** Where every id was made for this very write: nothing of it can be there, and nothing is looked for. */
  readonly fresh: string
  /** Where what was there lies in the same shard: index rows that say the same stay, those marked so go. */
  readonly inPlace: string
  /** Wherever it was. Answers the records that lay elsewhere until now, with the numbers of both shards: their old row and index are gone, their history has still to follow. */
  readonly anywhere: string
}

function statementsFor(width: Width): WriteStatements {
  const { sql: indexed, next: entriesAt } = insertIndex(columns.length + 1, width)
  const goneAt = entriesAt + entryColumns.length
  const entryLists = entryColumns.map((column, at) => listSql(column, entriesAt + at)).join(', ')
  const along = `indexed as (${indexed}),
  entry as (
    insert into ledger (${entryNames}) select ${entryNames.replace('persons', 'persons::text[]')} from unnest(${entryLists}) as e(${entryNames})
    returning seq, body),
  waiting as (${enqueuedSql})`
  const fresh = `
  with ${given}, known as (${identified}), written as (${written}), ${along}
  select id, '' as "from", '' as "into" from k where false`
  const inPlace = `
  with ${given}, known as (${placedAnew}), ${past('k', 'shard')},
  unindexed as (
    delete from record_index i using (select shard, record, marks::bigint[] as marks from unnest($${goneAt}::text[], $${goneAt + 1}::text[], $${goneAt + 2}::text[]) as g(shard, record, marks)) g
    where i.shard = ${numberOf('g.shard')} and i.record = ${numberOf('g.record')} and (i.mark is null or i.mark = any(g.marks))),
  written as (${updated}), ${along}
  select id, '' as "from", '' as "into" from k where false`
  const anywhere = `
  with ${given},
  old as materialized (select n.id, k.key, n.shard as "from", k.shard as "into" from k join network_id n on n.id = k.id where n.shard is not null),
  known as (${placedAnew}), ${past('old', '"from"')},
  unindexed as (delete from record_index i using old where i.shard = old."from" and i.record = old.key),
  gone as (delete from record r using old where r.shard = old."from" and r.key = old.key and old."from" <> old."into"),
  written as (${updated}), ${along}
  select id, "from"::text as "from", "into"::text as "into" from old where "from" <> "into"`
  return { fresh, inPlace, anywhere }
}

const statements: Readonly<Record<Width, WriteStatements>> = { usual: statementsFor('usual'), all: statementsFor('all') }

/** The statements for these index rows, and the values of `fresh` and `anywhere`; with `goneValues` behind them of `inPlace`. */
export function writing(
  rows: readonly RecordRow[],
  index: readonly Placed[],
  entries: readonly LedgerEntry[],
): WriteStatements & { readonly values: readonly string[] } {
  const width = widthOf(index)
  const values = [
    ...columns.map((column) => listValue(column, rows)),
    ...indexValues(index, width),
    ...entryColumns.map((column) => listValue(column, entries)),
  ]
  return { ...statements[width], values }
}

/** Marks of index rows that go, by record. */
export interface Gone {
  readonly shard: string
  readonly record: string
  readonly marks: readonly number[]
}

export function goneValues(gone: readonly Gone[]): readonly string[] {
  return [
    arrayLiteral(gone.map(({ shard }) => shard)),
    arrayLiteral(gone.map(({ record }) => record)),
    arrayLiteral(gone.map(({ marks }) => arrayLiteral(marks))),
  ]
}
