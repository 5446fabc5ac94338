/** A PostgreSQL database of its own: 200 persons with 50 records each at three institutions, every fifth of them with refusals. */
import { compile } from '../consent/compile.ts'
import type { Facts, ProvisionRow } from '../consent/types.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { ConsentProvision } from '../fhir-profiles/r4.ts'
import { migrate } from '../gateway/store/migrate.ts'
import { openDatabase, type Database } from '../gateway/store/pool.ts'
import { createStore, type Store } from '../gateway/store/store.ts'
import { createDatabase, postgresUrl, startPostgres, stopPostgres } from '../test/support/postgres.ts'
import { coded, consentOf, department, directory, forPurpose, labelled, named, organization, records } from './corpus.ts'

const personCount = 200
const recordsEach = 50

export const persons: readonly string[] = Array.from({ length: personCount }, (_, at) => `person-${at}`)

const refusals: readonly ConsentProvision[] = [
  { type: 'deny', actor: [named('CST', department('03'))] },
  { type: 'deny', securityLabel: labelled('PSY') },
  { type: 'deny', code: coded('B20') },
]

export interface BenchStore {
  readonly database: Database
  readonly store: Store
  close(): Promise<void>
}

export async function openBenchStore(): Promise<BenchStore> {
  const server = await startPostgres()
  const database = await openDatabase({ databaseUrl: postgresUrl(server, await createDatabase(server)) })
  await migrate(database)
  const store = createStore(database)
  for (const [at, person] of persons.entries()) {
    await database.sql.query(insertRecords, [JSON.stringify(recordsOf(person, at))])
    await store.consents.replace(`consent-of-${person}`, consentRows(person, at % 5 === 0 ? refusals : []))
  }
  await database.sql.query(insertIndex, [system.loinc])
  await database.sql.query(
    'insert into network_id (id, institution, type, local_id, shard) select id, institution, type, local_id, shard from record',
  )
  await database.sql.query('analyze', [])
  return {
    database,
    store,
    async close() {
      await database.close()
      await stopPostgres(server)
    },
  }
}

function consentRows(person: string, exceptions: readonly ConsentProvision[]): readonly ProvisionRow[] {
  const actor = [named('IRCP', organization('network'))]
  const provision = {
    type: 'permit',
    actor,
    purpose: forPurpose('TREAT'),
    ...(exceptions.length === 0 ? {} : { provision: [...exceptions] }),
  } as const
  const consent = consentOf(`consent-of-${person}`, person, provision)
  return compile(consent, { version: '1', person, directory, timeZone: 'Asia/Seoul', signedByGuardian: false }).rows
}

/** As long as a laboratory result usually is. */
const padding = 'x'.repeat(1_200)

function recordsOf(person: string, number: number): readonly object[] {
  return Array.from({ length: recordsEach }, (_, at) => {
    const facts: Facts | undefined = records[(number * 7 + at) % records.length]
    const id = `${person}-${at}`
    return {
      ...facts,
      person,
      id,
      text: JSON.stringify({ resourceType: facts?.type, id, note: [{ text: padding }] }),
      updatedMs: 1_767_225_600_000 + at,
    }
  })
}

const insertRecords = `
  insert into record (shard, key, id, institution, type, local_id, version, person, deleted, text, network_form, updated_ms, sources, classes, parties, codes,
    confidentiality, sensitivities, relations, from_ms, until_ms, labeller)
  select hashtextextended(person, 0), hashtextextended(id, 0), id, custodian, type, id, 1, person, false, text, true, "updatedMs", sources, classes, '{}', codes, confidentiality, sensitivities, relations,
    "fromMs", "untilMs", 1
  from jsonb_to_recordset($1::jsonb) as k(id text, custodian text, type text, person text, text text, "updatedMs" bigint, sources text[], classes text[],
    codes text[], confidentiality integer, sensitivities text[], relations text[], "fromMs" bigint, "untilMs" bigint)`

/** Each record coded one of ten ways and dated. */
const insertIndex = `
  insert into record_index (shard, record, about, kind, system, code, from_ms, until_ms)
  select shard, key, hashtext(type || '.code'), 't', hashtextextended($1, 0), 'code-' || (abs(hashtext(id)) % 10), null, null from record
  union all select shard, key, hashtext(type || '.date'), 'd', null, null, from_ms, until_ms from record`
