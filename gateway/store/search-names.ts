/** What a system's own ids stand for in a search, asked together by all who search at once. */
import { grouped } from './grouped.ts'
import type { Sql } from './pool.ts'

export interface LocalName {
  readonly institution: string
  /** what the id may be of */
  readonly types: readonly string[]
  readonly localId: string
}

export interface NamesOfLocal {
  /** network ids, as each of the types it was mentioned as */
  readonly found: readonly { readonly id: string; readonly type: string }[]
  /** whose patient number it is */
  readonly persons: readonly string[]
}

async function namesOfLocals(sql: Sql, asks: readonly LocalName[]): Promise<readonly NamesOfLocal[]> {
  const { rows } = await sql.query<{ at: number; id: string; type: string | null }>(
    `with asked as materialized (select * from json_to_recordset($1::json) as a(at int, institution text, types text[], "localId" text))
     select a.at, n.id, n.type from asked a join network_id n on n.institution = a.institution and n.type = any(a.types) and n.local_id = a."localId"
     union all select a.at, d.person, null from asked a join identity d on d.institution = a.institution and d.local_id = a."localId"`,
    [JSON.stringify(asks.map((ask, at) => ({ at, ...ask })))],
  )
  const of = Map.groupBy(rows, ({ at }) => at)
  return asks.map((_, at) => {
    const own = of.get(at) ?? []
    return {
      found: own.flatMap(({ id, type }) => (type === null ? [] : [{ id, type }])),
      persons: own.flatMap(({ id, type }) => (type === null ? [id] : [])),
    }
  })
}

export function searchNames(sql: Sql) {
  return {
    async ofLocal(name: LocalName): Promise<NamesOfLocal> {
      return (await namesOfLocals(sql, [name]))[0] ?? { found: [], persons: [] }
    },
  }
}

/** The same outside of a transaction: who asks while another statement of this kind is under way is answered by the next. */
export function searchNamesTogether(sql: Sql): { ofLocal: (name: LocalName) => Promise<NamesOfLocal> } {
  return { ofLocal: grouped((asks: readonly LocalName[]) => namesOfLocals(sql, asks)) }
}
