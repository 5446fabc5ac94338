/** Records: what institutions sent (own partition) and what the network keeps (Task, Consent). Everything leaves here Held. */
import { labellerVersion } from '../../consent/label.ts'
import { factsOf, type ContentFacts } from '../../consent/record-facts.ts'
import type { LabelledElement } from '../../consent/redact.ts'
import { indexerVersion } from '../../fhir-profiles/search-parameters.ts'
import { elementsIn } from './elements.ts'
import { hold, type Held, type HeldContent } from '../held.ts'
import { keyText } from '../logic/record-key.ts'
import { writeIndex, type IndexRow } from './index-rows.ts'
import type { Sql } from './pool.ts'

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
}

interface StoredRow extends Record<string, unknown> {
  id: string
  institution: string
  type: string
  local_id: string
  version: number
  person: string | null
  deleted: boolean
  text: string
  people_text: string | null
  network_form: boolean
  updated_ms: number
  sources: string[]
  classes: string[]
  codes: string[]
  confidentiality: number
  sensitivities: string[]
  relations: string[]
  from_ms: number
  until_ms: number
  parties: string[]
  encounter: string | null
  elements: string | null
}

export const recordColumns =
  'r.id, r.institution, r.type, r.local_id, r.version, r.person, r.deleted, r.text, r.people_text, r.network_form, r.updated_ms, r.sources, r.classes, r.parties, r.encounter, r.codes, r.confidentiality, r.sensitivities, r.relations, r.from_ms, r.until_ms, r.elements'

/** As above, without the texts: for deciding whether a record may be spoken of. */
const targetColumns = recordColumns.replace('r.text, r.people_text,', `'' as text, '' as people_text,`)

export function heldOf(row: StoredRow): Held {
  return hold(contentOf(row))
}

function contentOf(row: StoredRow): HeldContent {
  return {
    facts: factsOf({ ...row, fromMs: row.from_ms, untilMs: row.until_ms }),
    localId: row.local_id,
    version: String(row.version),
    updatedMs: row.updated_ms,
    text: row.text,
    peopleText: row.people_text ?? row.text,
    parties: row.parties,
    deleted: row.deleted,
    isNetworkForm: row.network_form,
    elements: elementsIn(row.elements),
  }
}

export function records(sql: Sql) {
  return {
    /**
     * Network ids of the given keys; unknown ones are given a new id from `newId`. Locks the rows, so that two writers of one record
     * take turns. `given`: ids chosen beforehand (a create keeps its network id as its local id).
     */
    async networkIds(
      keys: readonly (RecordKey & { readonly given?: string | undefined })[],
      newId: () => string,
    ): Promise<Map<string, string>> {
      if (keys.length === 0) return new Map()
      const wanted = keys.map((key) => ({ id: key.given ?? newId(), institution: key.institution, type: key.type, local_id: key.localId }))
      // Ordered, so that two transactions over the same keys never wait for each other crosswise.
      wanted.sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1))
      await sql.query(
        `insert into network_id (id, institution, type, local_id)
         select k.id, k.institution, k.type, k.local_id from jsonb_to_recordset($1::jsonb) as k(id text, institution text, type text, local_id text)
         on conflict (institution, type, local_id) do nothing`,
        [JSON.stringify(wanted)],
      )
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        `select n.id, n.institution, n.type, n.local_id from network_id n
         join jsonb_to_recordset($1::jsonb) as k(institution text, type text, local_id text)
           on n.institution = k.institution and n.type = k.type and n.local_id = k.local_id
         order by n.institution, n.type, n.local_id for update of n`,
        [JSON.stringify(wanted)],
      )
      return new Map(found.rows.map((row) => [keyText(row), row.id]))
    },

    /** Network id of a key that was mentioned before; undefined when it never was. */
    async idOf(key: RecordKey): Promise<string | undefined> {
      const found = await sql.query<{ id: string }>('select id from network_id where institution = $1 and type = $2 and local_id = $3', [
        key.institution,
        key.type,
        key.localId,
      ])
      return found.rows[0]?.id
    },

    /** Network ids of one partition's local id, as each of these types it was mentioned as. */
    async idsOfLocal(institution: string, types: readonly string[], localId: string): Promise<readonly { id: string; type: string }[]> {
      const found = await sql.query<{ id: string; type: string }>(
        'select id, type from network_id where institution = $1 and type = any($2::text[]) and local_id = $3',
        [institution, types, localId],
      )
      return found.rows
    },

    /** Makes every other writer of this record wait until the transaction ends. */
    async lock(id: string): Promise<void> {
      await sql.query('select id from network_id where id = $1 for update', [id])
    },

    /** Local ids of one partition's records with this identifier; at most two, since one more than one is already too many. */
    async byIdentifier(ask: { institution: string; type: string; system: string; value: string }): Promise<readonly string[]> {
      const found = await sql.query<{ local_id: string }>(
        `select distinct r.local_id from record_index i join record r on r.id = i.record
         where i.type = $1 and i.param = 'identifier' and i.system = $2 and i.code = $3 and r.institution = $4 and not r.deleted limit 2`,
        [ask.type, ask.system, ask.value, ask.institution],
      )
      return found.rows.map((row) => row.local_id)
    },

    /** The own-partition key of a network id, whoever holds it; undefined when no such id was ever given out. */
    async keyOf(id: string): Promise<(RecordKey & { readonly id: string }) | undefined> {
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        'select id, institution, type, local_id from network_id where id = $1',
        [id],
      )
      const row = found.rows[0]
      return row && { id: row.id, institution: row.institution, type: row.type, localId: row.local_id }
    },

    async keysOf(ids: readonly string[]): Promise<readonly (RecordKey & { readonly id: string })[]> {
      if (ids.length === 0) return []
      const found = await sql.query<{ id: string; institution: string; type: string; local_id: string }>(
        'select id, institution, type, local_id from network_id where id = any($1::text[])',
        [ids],
      )
      return found.rows.map((row) => ({ id: row.id, institution: row.institution, type: row.type, localId: row.local_id }))
    },

    async byId(type: string, id: string): Promise<Held | undefined> {
      const found = await sql.query<StoredRow>(`select ${recordColumns} from record r where r.id = $1 and r.type = $2`, [id, type])
      return found.rows[0] && heldOf(found.rows[0])
    },

    async byIds(ids: readonly string[]): Promise<readonly Held[]> {
      if (ids.length === 0) return []
      const found = await sql.query<StoredRow>(`select ${recordColumns} from record r where r.id = any($1::text[]) and not r.deleted`, [
        ids,
      ])
      return found.rows.map(heldOf)
    },

    /** What these network ids stand for: their type, and the record where one is stored, deleted ones too. Ids nobody gave out are left out. */
    async targets(ids: readonly string[]): Promise<readonly { id: string; type: string; held: Held | undefined }[]> {
      const found = await sql.query<StoredRow & { target: string; target_type: string; stored: boolean }>(
        `select n.id as target, n.type as target_type, r.id is not null as stored, ${targetColumns} from network_id n left join record r on r.id = n.id
         where n.id = any($1::text[])`,
        [ids],
      )
      return found.rows.map((row) => ({ id: row.target, type: row.target_type, held: row.stored ? heldOf(row) : undefined }))
    },

    /** Every record of one partition that refers to this one: all of them judge it, so there is no bound. */
    async pointingTo(id: string, institution: string): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r
         where r.institution = $2 and not r.deleted and r.id in (select i.record from record_index i where i.param = '_reference' and i.code = $1)`,
        [id, institution],
      )
      return found.rows.map(heldOf)
    },

    async byKey(key: RecordKey): Promise<Held | undefined> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r where r.institution = $1 and r.type = $2 and r.local_id = $3`,
        [key.institution, key.type, key.localId],
      )
      return found.rows[0] && heldOf(found.rows[0])
    },

    /** All stored records about a person, newest first, bounded. `types` empty = every type; `but` = never these. */
    async ofPerson(person: string, types: readonly string[], limit: number, but: readonly string[] = []): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `select ${recordColumns} from record r
         where r.person = $1 and not r.deleted and (cardinality($2::text[]) = 0 or r.type = any($2::text[])) and r.type <> all($4::text[])
         order by r.updated_ms desc, r.id limit $3`,
        [person, types, limit, but],
      )
      return found.rows.map(heldOf)
    },

    /** One partition's record of a person, with the records outside the patient compartment it refers to (organizations, practitioners …). */
    async ownRecordOf(ask: { institution: string; person: string; types: readonly string[]; limit: number }): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(
        `with own as (select r.id from record r where r.institution = $1 and r.person = $2 and not r.deleted),
           near as (select distinct i.code as id from record_index i where i.param = '_reference' and i.record in (select id from own)),
           far as (select distinct i.code as id from record_index i where i.param = '_reference' and i.record in (select id from near))
         select ${recordColumns} from record r
         where r.institution = $1 and not r.deleted and (cardinality($3::text[]) = 0 or r.type = any($3::text[]))
           and (r.person = $2 or (r.person is null and (r.id in (select id from near) or r.id in (select id from far))))
         order by (r.type = 'Patient') desc, r.updated_ms, r.id limit $4`,
        [ask.institution, ask.person, ask.types, ask.limit],
      )
      return found.rows.map(heldOf)
    },

    /** Records of one partition that these network ids refer to or are: for the recompute of what depends on an Encounter. */
    async withEncounter(encounter: string, limit: number): Promise<readonly Held[]> {
      const found = await sql.query<StoredRow>(`select ${recordColumns} from record r where r.encounter = $1 and not r.deleted limit $2`, [
        encounter,
        limit,
      ])
      return found.rows.map(heldOf)
    },

    async versionText(
      id: string,
      version: string,
    ): Promise<{ text: string; peopleText: string; deleted: boolean; updatedMs: number } | undefined> {
      if (!/^\d{1,9}$/.test(version)) return undefined
      const found = await sql.query<{ text: string; people_text: string | null; deleted: boolean; updated_ms: number }>(
        'select text, people_text, deleted, updated_ms from record_version where id = $1 and version = $2',
        [id, Number(version)],
      )
      const row = found.rows[0]
      return row && { text: row.text, peopleText: row.people_text ?? row.text, deleted: row.deleted, updatedMs: row.updated_ms }
    },

    async versionsOf(
      id: string,
      limit: number,
    ): Promise<readonly { version: number; text: string; peopleText: string; deleted: boolean; updatedMs: number }[]> {
      const found = await sql.query<{ version: number; text: string; people_text: string | null; deleted: boolean; updated_ms: number }>(
        'select version, text, people_text, deleted, updated_ms from record_version where id = $1 order by version desc limit $2',
        [id, limit],
      )
      return found.rows.map((row) => ({
        version: row.version,
        text: row.text,
        peopleText: row.people_text ?? row.text,
        deleted: row.deleted,
        updatedMs: row.updated_ms,
      }))
    },

    /** Writes current rows, their history rows and their index, set-wise. Versions were decided under the lock of `networkIds`. */
    async write(rows: readonly RecordRow[], index: readonly IndexRow[]): Promise<void> {
      if (rows.length === 0) return
      const json = JSON.stringify(rows)
      const shape = `jsonb_to_recordset($1::jsonb) as k(id text, institution text, type text, "localId" text, version int, person text, deleted boolean, text text,
        "peopleText" text, "isNetworkForm" boolean, "updatedMs" bigint, sources text[], classes text[], parties text[], encounter text,
        codes text[], confidentiality int, sensitivities text[], relations text[], "fromMs" bigint, "untilMs" bigint,
        "labelBasis" text[], "isNarrated" boolean, elements jsonb)`
      await sql.query(
        `insert into record (id, institution, type, local_id, version, person, deleted, text, people_text, network_form, updated_ms, sources, classes, parties, encounter,
           codes, confidentiality, sensitivities, relations, from_ms, until_ms, labeller, label_basis, is_narrated, elements, indexer)
         select id, institution, type, "localId", version, person, deleted, text, "peopleText", "isNetworkForm", "updatedMs", sources, classes, parties, encounter,
           codes, confidentiality, sensitivities, relations, "fromMs", "untilMs", ${labellerVersion}, "labelBasis", "isNarrated", nullif(elements, 'null'::jsonb), ${indexerVersion} from ${shape}
         on conflict (id) do update set version = excluded.version, person = excluded.person, deleted = excluded.deleted, text = excluded.text,
           people_text = excluded.people_text, network_form = excluded.network_form, updated_ms = excluded.updated_ms, sources = excluded.sources,
           classes = excluded.classes, parties = excluded.parties, encounter = excluded.encounter, codes = excluded.codes,
           confidentiality = excluded.confidentiality, sensitivities = excluded.sensitivities, relations = excluded.relations,
           from_ms = excluded.from_ms, until_ms = excluded.until_ms, labeller = excluded.labeller,
           label_basis = excluded.label_basis, is_narrated = excluded.is_narrated, elements = excluded.elements,
           indexer = excluded.indexer`,
        [json],
      )
      await sql.query(
        `insert into record_version (id, version, text, people_text, deleted, updated_ms)
         select id, version, text, "peopleText", deleted, "updatedMs" from ${shape}`,
        [json],
      )
      await writeIndex(
        sql,
        rows.map((row) => row.id),
        index,
      )
    },

    /** Current versions by network id; absent = never written. Call after `networkIds`, which holds the lock. */
    async currentVersions(ids: readonly string[]): Promise<Map<string, { version: number; deleted: boolean; text: string }>> {
      const found = await sql.query<{ id: string; version: number; deleted: boolean; text: string }>(
        'select id, version, deleted, text from record where id = any($1::text[])',
        [ids],
      )
      return new Map(found.rows.map((row) => [row.id, { version: row.version, deleted: row.deleted, text: row.text }]))
    },

    /** The current version, locked until the transaction ends; undefined when there is nothing or it is deleted. */
    async lockVersion(key: RecordKey): Promise<number | undefined> {
      const found = await sql.query<{ version: number }>(
        'select version from record where institution = $1 and type = $2 and local_id = $3 and not deleted for update',
        [key.institution, key.type, key.localId],
      )
      return found.rows[0]?.version
    },

    /** A new, deleted version; undefined when there was nothing to delete. History stays. */
    async markDeleted(key: RecordKey, atMs: number): Promise<{ id: string; version: number; person: string | null } | undefined> {
      const done = await sql.query<{ id: string; version: number; person: string | null }>(
        `update record set deleted = true, version = version + 1, updated_ms = $4
         where institution = $1 and type = $2 and local_id = $3 and not deleted returning id, version, person`,
        [key.institution, key.type, key.localId, atMs],
      )
      const row = done.rows[0]
      if (row === undefined) return undefined
      await sql.query(
        `insert into record_version (id, version, text, people_text, deleted, updated_ms) select id, version, text, people_text, true, updated_ms from record where id = $1`,
        [row.id],
      )
      await sql.query('delete from record_index where record = $1', [row.id])
      return row
    },

    async addParties(ids: readonly string[], parties: readonly string[]): Promise<void> {
      await sql.query(
        `update record set parties = (select array(select distinct p from unnest(parties || $2::text[]) p order by p)) where id = any($1::text[])`,
        [ids, parties],
      )
    },
  }
}
