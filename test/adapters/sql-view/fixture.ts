/** A clinic in a temporary folder, the ports an adapter is given, and a gateway that takes parcels idempotently. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AdapterPorts, Parcel, Receipt } from '../../../adapters/contract.ts'
import { uuid } from '../../../adapters/sql-view/identity.ts'
import type { MapContext } from '../../../adapters/sql-view/map-row.ts'
import { readMapping } from '../../../adapters/sql-view/mapping-faults.ts'
import type { Mapping } from '../../../adapters/sql-view/mapping.ts'

export const institution = { id: 'clinic', number: '31100001', name: '해맑은의원' } as const

const mappingFile = new URL('../../../adapters/sandbox/clinic/mapping.json', import.meta.url)

/** The sandbox clinic's mapping, as JSON to be changed by a test. */
export function mappingJson(): Record<string, unknown> {
  const json: unknown = JSON.parse(readFileSync(mappingFile, 'utf8'))
  if (typeof json !== 'object' || json === null) throw new Error('the mapping file is no object')
  return { ...json }
}

export function clinicMapping(): Mapping {
  const reading = readMapping(mappingJson())
  if (!reading.ok) throw new Error(reading.faults.join('\n'))
  return reading.mapping
}

export function mapContext(mapping: Mapping = clinicMapping()): MapContext {
  return { mapping, institution, uuid }
}

export interface TestPorts extends AdapterPorts {
  readonly kept: Map<string, string>
  readonly events: { readonly event: string; readonly fields: Readonly<Record<string, string | number | boolean>> }[]
}

/** `kept` is what survives a restart: pass it on to the next instance. */
export function testPorts(kept = new Map<string, string>()): TestPorts {
  const events: TestPorts['events'] = []
  return {
    institution,
    kept,
    events,
    now: () => new Date('2026-03-02T01:00:00Z'),
    memory: { get: async (key) => kept.get(key), set: async (key, value) => void kept.set(key, value) },
    log: (event, fields) => void events.push({ event, fields }),
    fetch: async () => {
      throw new Error('a SQL adapter makes no HTTP request')
    },
  }
}

/** Answers as scripted, then ok; what it answered ok to is in `parcels`, each id once, as the gateway keeps it. */
export class Gateway {
  readonly parcels = new Map<string, Parcel>()
  readonly offered: string[] = []
  readonly script: Receipt[]

  constructor(...script: Receipt[]) {
    this.script = script
  }

  readonly take = async (parcel: Parcel): Promise<Receipt> => {
    this.offered.push(parcel.id)
    const receipt = this.script.shift() ?? { outcome: 'ok' }
    if (receipt.outcome === 'ok') this.parcels.set(parcel.id, parcel)
    return receipt
  }
}

export const transient: Receipt = { outcome: 'transient', reason: 'the store is busy' }
export const fatal: Receipt = { outcome: 'fatal', reason: 'not valid FHIR R4', where: 'Patient.birthDate' }

/** A database with one patient view and an inbox, small enough to see through. */
export interface SmallClinic {
  readonly path: string
  readonly database: DatabaseSync
  readonly add: (change: number, number: string, name?: string) => void
}

export function smallClinic(): SmallClinic {
  const path = join(mkdtempSync(join(tmpdir(), 'sql-view-')), 'emr.db')
  const database = new DatabaseSync(path, { timeout: 1_000 })
  database.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE P (NO TEXT PRIMARY KEY, NM TEXT, CHG INTEGER NOT NULL);
    CREATE VIEW V_P AS SELECT * FROM P;
    CREATE TABLE BOX (MSG_ID TEXT NOT NULL UNIQUE, KIND TEXT NOT NULL, STS TEXT CHECK (STS <> 'failed'), RCV TEXT)`)
  const upsert = database.prepare('INSERT INTO P VALUES (?1, ?2, ?3) ON CONFLICT (NO) DO UPDATE SET NM = ?2, CHG = ?3')
  return { path, database, add: (change, number, name = `사람 ${number}`) => void upsert.run(number, name, change) }
}

export const smallMapping = {
  utcOffset: '+09:00',
  values: {},
  concepts: {},
  views: [
    {
      view: 'V_P',
      resource: 'Patient',
      change: 'CHG',
      key: ['NO'],
      elements: [
        { to: 'identifier[0]', as: 'patientNumber', column: 'NO' },
        { to: 'name[0].text', as: 'text', column: 'NM' },
      ],
    },
  ],
  inbox: {
    table: 'BOX',
    key: 'MSG_ID',
    columns: {
      MSG_ID: { fact: 'parcel' },
      KIND: { fact: 'kind' },
      STS: { fact: 'status' },
      RCV: { fact: 'receivedAt', date: 'yyyyMMddHHmm' },
    },
  },
} as const

export function settings(path: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { kind: 'sql-view', database: path, mapping: smallMapping, pollMs: 10, overlap: 5, busyTimeoutMs: 20, batchRows: 3, ...more }
}

/** Waits until the claim holds; fails with its name after `deadlineMs`. */
export async function until(claim: () => boolean, deadlineMs = 5_000): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!claim()) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${String(claim)}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
