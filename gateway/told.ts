/** An event for each subscription whose topic a new version is about, in the transaction that writes the version: both or neither. */
import { topicsOf } from './logic/subscription.ts'
import type { Prepared } from './prepare.ts'
import type { Tables } from './store/store.ts'

/** Most writes are about no topic, which is seen without asking the database. */
export async function tellSubscribers(tables: Tables, prepared: readonly Prepared[], atMs: number): Promise<void> {
  const changes = prepared.flatMap(({ row }) =>
    topicsOf(row.type, row.classes).map((topic) => ({ topic, record: row.id, type: row.type, version: row.version })),
  )
  await tables.subscriptions.tell(changes, atMs)
}
