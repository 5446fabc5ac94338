/** All tables behind one object: bound to the pool for single statements, to a transaction for what must hold together. */
import { consents } from './consents.ts'
import { deliveries } from './deliveries.ts'
import { bulkExports } from './exports.ts'
import { identities, personsNamedTogether } from './identities.ts'
import { ledger, ledgerTogether } from './ledger.ts'
import { ledgerExpiry } from './ledger-expiry.ts'
import { ledgerLog } from './ledger-log.ts'
import { messages } from './messages.ts'
import { pages } from './pages.ts'
import { dues, parcels, type TraceNow } from './parcels.ts'
import type { Database, Sql } from './pool.ts'
import { personReads, personReadsTogether } from './person-reads.ts'
import { policies, policiesTogether } from './policy.ts'
import { quarantine } from './quarantine.ts'
import { raised } from './raised.ts'
import { byKeyTogether, records } from './records.ts'
import { relations } from './relations.ts'
import { subscriptions } from './subscriptions.ts'
import { includedRecords, type IncludeInput } from './search-include.ts'
import { recordsOfPerson, searchPersons, searchRecords, type PersonRecords, type SearchInput } from './search.ts'
import { versions } from './versions.ts'
import { writes } from './writes.ts'

function bind(sql: Sql, traceNow?: TraceNow) {
  return {
    sql,
    records: records(sql),
    writes: writes(sql),
    versions: versions(sql),
    raised: raised(sql),
    identities: identities(sql),
    consents: consents(sql),
    ledger: ledger(sql),
    log: ledgerLog(sql),
    expiry: ledgerExpiry(sql),
    policies: policies(sql),
    persons: personReads(sql),
    relations: relations(sql),
    pages: pages(sql),
    exports: bulkExports(sql),
    subscriptions: subscriptions(sql),
    parcels: parcels(sql, traceNow),
    deliveries: deliveries(sql),
    dues: dues(sql),
    messages: messages(sql),
    quarantine: quarantine(sql),
    search: (input: SearchInput) => searchRecords(sql, input),
    searchPersons: (input: SearchInput) => searchPersons(sql, input),
    included: (input: IncludeInput) => includedRecords(sql, input),
    recordsOfPerson: (input: PersonRecords) => recordsOfPerson(sql, input),
  }
}

/** The tables inside one transaction or on the pool. */
export type Tables = ReturnType<typeof bind>

export interface Store extends Tables {
  /** Serialises by row locks; retried by the pool on deadlock. Only `tables` may be used inside. */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  /** One snapshot for several reads: data and consent as of the same instant. */
  snapshot<T>(work: (tables: Tables) => Promise<T>): Promise<T>
}

/** `traceNow`: what a new parcel remembers of the request that made it. */
export function createStore(database: Database, traceNow?: TraceNow): Store {
  const tables = bind(database.sql, traceNow)
  return {
    ...tables,
    ledger: { ...tables.ledger, append: ledgerTogether(database.sql) },
    identities: { ...tables.identities, personsNamed: personsNamedTogether(database.sql) },
    policies: policiesTogether(database.sql),
    persons: personReadsTogether(database.sql),
    records: { ...tables.records, byKey: byKeyTogether(database.sql) },
    transaction: (work) => database.transaction((tx) => work(bind(tx, traceNow))),
    snapshot: (work) => database.transaction((tx) => work(bind(tx, traceNow)), { isolation: 'repeatable read', readOnly: true }),
  }
}
