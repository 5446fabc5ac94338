/** The three EMRs' own databases, read from outside, also while their processes are dead. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Network } from '../../support/sandbox.ts'

/** Each reads one column `value`, sorted. */
export interface Emrs {
  clinic(sql: string): readonly string[]
  hospital(sql: string): readonly string[]
  tertiary(sql: string): readonly string[]
}

export function emrsOf({ dataDir }: Network): Emrs {
  const read = (file: string, sql: string): readonly string[] => {
    const database = new DatabaseSync(join(dataDir, 'sandbox', file), { readOnly: true, timeout: 2_000 })
    try {
      return sorted(
        database
          .prepare(sql)
          .all()
          .map((row) => String(row['value'])),
      )
    } finally {
      database.close()
    }
  }
  return {
    clinic: (sql) => read('clinic/clinic.db', sql),
    hospital: (sql) => read('hospital/hospital.db', sql),
    tertiary: (sql) => read('tertiary/tertiary.db', sql),
  }
}

export function sorted(values: readonly string[]): readonly string[] {
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
