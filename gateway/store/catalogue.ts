/** What the database says of its own tables: for backup and restore, which must miss none that a later schema brings. */
import type { Sql } from './pool.ts'

/** the bookkeeping of `migrate.ts`; a restore writes its own */
const bookkeeping = 'schema_version'

export interface TableShape {
  readonly name: string
  /** in their order */
  readonly columns: readonly string[]
}

/** Every table whole, whatever its partitions, but the bookkeeping of the schema, by name. */
export async function tablesIn(sql: Sql): Promise<readonly TableShape[]> {
  const { rows } = await sql.query<{ name: string; columns: string[] }>(
    `select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> $1
     group by c.relname order by c.relname collate "C"`,
    [bookkeeping],
  )
  return rows
}

/** Columns that number their rows, each with the last number given out (0 = none yet). */
export async function identityColumns(sql: Sql): Promise<readonly { table: string; column: string; last: number }[]> {
  const { rows } = await sql.query<{ table: string; column: string; sequence: string }>(
    `select c.relname::text as table, a.attname::text as column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attidentity <> '' order by 1, 2`,
  )
  const found: { table: string; column: string; last: number }[] = []
  for (const { table, column, sequence } of rows) {
    // `sequence` is what the database quoted itself
    const asked = await sql.query<{ last: number }>(`select case when is_called then last_value else 0 end as last from ${sequence}`)
    found.push({ table, column, last: asked.rows[0]?.last ?? 0 })
  }
  return found
}

/** Foreign keys, as `table` and constraint. */
export async function foreignKeys(sql: Sql): Promise<readonly { table: string; constraint: string }[]> {
  const { rows } = await sql.query<{ table: string; constraint: string }>(
    `select c.relname::text as table, k.conname::text as constraint from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.contype = 'f' and c.relnamespace = current_schema()::regnamespace order by 1, 2`,
  )
  return rows
}

/** Where our tables are; `public` unless the operator set a search path. */
export async function schemaName(sql: Sql): Promise<string> {
  const { rows } = await sql.query<{ name: string }>('select current_schema()::text as name')
  return rows[0]?.name ?? 'public'
}

/** A name as SQL writes it; for names that the catalogue gave, never for what somebody sent. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
