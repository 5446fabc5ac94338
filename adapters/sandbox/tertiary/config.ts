/** Configuration file of the sandbox EMR. */
import { readFileSync } from 'node:fs'
import { type FaultMode, isFaultMode } from './faults.ts'

export interface TertiaryConfig {
  /** 0 = any free port; always on the loopback interface */
  readonly port: number
  readonly deskPort: number
  /** what a caller of the FHIR service must bring as bearer token */
  readonly token: string
  /** SQLite file; `:memory:` keeps nothing over restarts. Seeded when it is empty. */
  readonly dataFile: string
  /** the day the seeded charts are written for; visits lie so many days before it */
  readonly now: Date
  readonly fault: FaultMode
  /** whether the generated people are on file as well, with a year of care; without it only those of the stories */
  readonly population?: boolean
}

const known = ['port', 'deskPort', 'token', 'dataFile', 'now', 'fault', 'population']

/** Throws with every fault at once; the program then ends. */
export function readTertiaryConfig(file: string): TertiaryConfig {
  const input: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Error('the configuration must be an object')
  const values = new Map(Object.entries(input))
  const faults = [...values.keys()].filter((key) => !known.includes(key)).map((key) => `\`${key}\` is not a known key`)
  const fault = values.get('fault') ?? 'none'
  const population = values.get('population') ?? false
  const config = {
    port: port(values, 'port', faults),
    deskPort: port(values, 'deskPort', faults),
    token: text(values, 'token', faults),
    dataFile: text(values, 'dataFile', faults),
    now: new Date(String(values.get('now') ?? new Date().toISOString())),
    fault: isFaultMode(fault) ? fault : ('none' as const),
    population: population === true,
  }
  if (Number.isNaN(config.now.getTime())) faults.push('`now` must be an instant')
  if (typeof population !== 'boolean') faults.push('`population` must be true or false')
  if (!isFaultMode(fault)) faults.push('`fault` is not a known fault')
  if (faults.length > 0) throw new Error(faults.join('; '))
  return config
}

function port(values: ReadonlyMap<string, unknown>, key: string, faults: string[]): number {
  const value = values.get(key) ?? 0
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536) return value
  faults.push(`\`${key}\` must be a port number`)
  return 0
}

function text(values: ReadonlyMap<string, unknown>, key: string, faults: string[]): string {
  const value = values.get(key)
  if (typeof value === 'string' && value !== '') return value
  faults.push(`\`${key}\` must be text`)
  return ''
}
