/** Who holds copies of what, and what let each pass. Nothing is ever taken out: a recalled copy was delivered all the same. */
import { factsOf } from '../../consent/record-facts.ts'
import type { Facts } from '../../consent/types.ts'
import type { Delivery } from '../logic/recall.ts'
import type { Sql } from './pool.ts'

export interface SentCopy {
  readonly record: string
  /** the institution whose view let it pass, and what that view was asked about */
  readonly judgedFor: string
  readonly facts: Facts
}

interface StoredGround extends Record<string, unknown> {
  parcel: string
  receiver: string
  record: string
  judged_for: string
  judged: string
  type: string
  custodian: string
  sources: string[]
  classes: string[]
  codes: string[]
  confidentiality: number
  sensitivities: string[]
  relations: string[]
  from_ms: number
  until_ms: number
}

export interface Sent {
  readonly parcel: string
  readonly receiver: string
  /** `queued`: not known to have arrived, and tried again */
  readonly state: string
  readonly patient: { readonly system: string; readonly value: string } | undefined
}

export function deliveries(sql: Sql) {
  return {
    /**
     * Until the transaction ends, what is decided about this person's copies is decided one after the other: a parcel is either seen by the
     * withdrawal, or judged after it.
     */
    async takeTurn(person: string): Promise<void> {
      await sql.query('select id from person where id = $1 for no key update', [person])
    },
    /** Adds to what an earlier try of the same parcel may have brought. */
    async remember(
      delivery: { parcel: string; person: string; receiver: string; patient: Sent['patient']; atMs: number },
      copies: readonly SentCopy[],
    ): Promise<void> {
      const { parcel, person, receiver, patient, atMs } = delivery
      await sql.query(
        `insert into delivery (parcel, person, receiver, patient_system, patient_value, at_ms) values ($1, $2, $3, $4, $5, $6)
         on conflict (parcel) do update set patient_system = coalesce(delivery.patient_system, excluded.patient_system),
           patient_value = coalesce(delivery.patient_value, excluded.patient_value)`,
        [parcel, person, receiver, patient?.system ?? null, patient?.value ?? null, atMs],
      )
      const rows = copies.map(({ record, judgedFor, facts }) => ({ ...facts, record, judgedFor, judged: facts.id }))
      await sql.query(
        `insert into delivery_ground (parcel, record, judged_for, judged, type, custodian, sources, classes,
           codes, confidentiality, sensitivities, relations, from_ms, until_ms)
         select $1, record, "judgedFor", judged, type, custodian, sources, classes, codes, confidentiality, sensitivities, relations, "fromMs", "untilMs"
         from jsonb_to_recordset($2::jsonb) as k(record text, "judgedFor" text, judged text, type text, custodian text, sources text[], classes text[],
           codes text[], confidentiality int, sensitivities text[], relations text[], "fromMs" bigint, "untilMs" bigint)
         on conflict do nothing`,
        [parcel, JSON.stringify(rows)],
      )
    },
    /** Everything ever delivered about these ids of one person; the facts name the person as `as`. */
    async about(persons: readonly string[], as: string): Promise<readonly Delivery[]> {
      const found = await sql.query<StoredGround>(
        `select d.parcel, d.receiver, g.record, g.judged_for, g.judged, g.type, g.custodian, g.sources, g.classes,
           g.codes, g.confidentiality, g.sensitivities, g.relations, g.from_ms, g.until_ms
         from delivery d join delivery_ground g on g.parcel = d.parcel
         where d.person = any($1::text[]) order by d.at_ms, d.parcel, g.record`,
        [persons],
      )
      return [...Map.groupBy(found.rows, (row) => row.parcel)].map(([parcel, rows]) => ({
        parcel,
        receiver: rows[0]?.receiver ?? '',
        copies: [...Map.groupBy(rows, (row) => row.record).values()].map((grounds) =>
          grounds.map((row) => ({
            judgedFor: row.judged_for,
            facts: factsOf({ ...row, id: row.judged, person: as, institution: row.custodian, fromMs: row.from_ms, untilMs: row.until_ms }),
          })),
        ),
      }))
    },
    /** What became of these parcels. */
    async sent(parcels: readonly string[]): Promise<readonly Sent[]> {
      const found = await sql.query<{
        parcel: string
        receiver: string
        state: string
        patient_system: string | null
        patient_value: string | null
      }>(
        `select d.parcel, d.receiver, p.state, d.patient_system, d.patient_value from delivery d join parcel p on p.id = d.parcel
         where d.parcel = any($1::text[]) order by d.at_ms desc, d.parcel`,
        [parcels],
      )
      return found.rows.map((row) => ({
        parcel: row.parcel,
        receiver: row.receiver,
        state: row.state,
        patient:
          row.patient_system === null || row.patient_value === null ? undefined : { system: row.patient_system, value: row.patient_value },
      }))
    },
  }
}
