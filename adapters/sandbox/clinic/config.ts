/** The clinic program's own configuration: a small JSON file. */
import { readFileSync } from 'node:fs'

export interface ClinicConfig {
  /** SQLite file; made with its folder on the first start */
  readonly database: string
  /** loopback port of the desk; 0 = any free one */
  readonly deskPort: number
  /** milliseconds to add to the machine's clock */
  readonly clockOffsetMs: number
  /** whether the first start also writes the open referrals of persons 1 and 6 */
  readonly seedReferrals: boolean
  /** whether the generated people are on file as well, with a year of care; without it only those of the stories */
  readonly population?: boolean
}

const keys = ['database', 'deskPort', 'clockOffsetMs', 'seedReferrals', 'population']

/** Throws an Error that lists every fault of the file. */
export function readClinicConfig(path: string): ClinicConfig {
  const input: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Error('the configuration must be an object')
  const values: Readonly<Record<string, unknown>> = { clockOffsetMs: 0, seedReferrals: true, population: false, ...input }
  const { database, deskPort, clockOffsetMs, seedReferrals, population } = values
  const faults = Object.keys(values)
    .filter((key) => !keys.includes(key))
    .map((key) => `\`${key}\` is not a known key`)
  if (typeof database !== 'string' || database === '') faults.push('`database` must be a path')
  if (!isPort(deskPort)) faults.push('`deskPort` must be a port number')
  if (typeof clockOffsetMs !== 'number' || !Number.isSafeInteger(clockOffsetMs)) faults.push('`clockOffsetMs` must be a whole number')
  if (typeof seedReferrals !== 'boolean') faults.push('`seedReferrals` must be true or false')
  if (typeof population !== 'boolean') faults.push('`population` must be true or false')
  if (faults.length > 0) throw new Error(faults.join('; '))
  return {
    database: String(database),
    deskPort: Number(deskPort),
    clockOffsetMs: Number(clockOffsetMs),
    seedReferrals: seedReferrals === true,
    population: population === true,
  }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
}
