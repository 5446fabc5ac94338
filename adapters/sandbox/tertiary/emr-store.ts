/** The EMR's own database: every version of every resource it keeps. */
import { DatabaseSync } from 'node:sqlite'
import type { Resource } from '../../../fhir-profiles/r4.ts'

export interface EmrStore {
  read(type: string, id: string): Resource | undefined
  /** newest first */
  history(type: string, id: string): readonly Resource[]
  all(type: string): readonly Resource[]
  isEmpty(): boolean
  /** writes all or nothing; each gets the next version of its id */
  write(resources: readonly Resource[], at: Date): readonly Written[]
  close(): void
}

export interface Written {
  readonly resource: Resource
  readonly created: boolean
}

const tables = `
  CREATE TABLE IF NOT EXISTS version (
    type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (type, id, version)
  ) STRICT`

export function openEmrStore(dataFile: string): EmrStore {
  const database = new DatabaseSync(dataFile)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(tables)
  const versions = database.prepare('SELECT body FROM version WHERE type = ? AND id = ? ORDER BY version DESC')
  const current = database.prepare('SELECT body, max(version) FROM version WHERE type = ? GROUP BY id ORDER BY id')
  const insert = database.prepare('INSERT INTO version (type, id, version, body) VALUES (?, ?, ?, ?)')
  const history = (type: string, id: string) => versions.all(type, id).map(parse)
  const put = (resource: Resource, at: Date): Written => {
    const id = resource.id ?? ''
    const version = history(resource.resourceType, id).length + 1
    const meta = { ...resource.meta, versionId: String(version), lastUpdated: at.toISOString() }
    const kept = { ...resource, meta }
    insert.run(resource.resourceType, id, version, JSON.stringify(kept))
    return { resource: kept, created: version === 1 }
  }
  return {
    read: (type, id) => history(type, id)[0],
    history,
    all: (type) => current.all(type).map(parse),
    isEmpty: () => database.prepare('SELECT 1 FROM version LIMIT 1').get() === undefined,
    write(resources, at) {
      database.exec('BEGIN IMMEDIATE')
      try {
        const written = resources.map((resource) => put(resource, at))
        database.exec('COMMIT')
        return written
      } catch (cause) {
        database.exec('ROLLBACK')
        throw cause
      }
    },
    close: () => database.close(),
  }
}

function parse(row: Readonly<Record<string, unknown>>): Resource {
  // Only `put` writes this column, and it writes resources.
  return JSON.parse(String(row['body'])) as Resource
}
