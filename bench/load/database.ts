/** What the measurements ask the databases of their targets themselves. */
import pg from 'pg'

/** Statistics of every table, as autovacuum would have made them by the next day. */
export async function analyze(url: string): Promise<void> {
  await on(url, (sql) => sql.query('vacuum analyze'))
}

/** Patient ids of the institution → the persons of the network. */
export async function personsOf(url: string, institution: string): Promise<ReadonlyMap<string, string>> {
  const found = await on(url, (sql) =>
    sql.query<{ local_id: string; person: string }>('select local_id, person from identity where institution = $1', [institution]),
  )
  return new Map(found.rows.map((row) => [row.local_id, row.person]))
}

/** Bytes of the whole database for each stored resource. */
export async function bytesPerRecord(url: string): Promise<number> {
  const found = await on(url, (sql) =>
    sql.query<{ bytes: number }>(
      'select (pg_database_size(current_database()) / greatest(1, (select count(*) from record)))::float8 as bytes',
    ),
  )
  return found.rows[0]?.bytes ?? 0
}

async function on<T>(connectionString: string, work: (sql: pg.Client) => Promise<T>): Promise<T> {
  const sql = new pg.Client({ connectionString })
  await sql.connect()
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}
