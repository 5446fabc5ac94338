/** The hospital program's own configuration: a small JSON file. */
import { readFileSync } from 'node:fs'

export interface HospitalConfig {
  /** SQLite file; made with its folder on the first start */
  readonly dataFile: string
  /** loopback port on which the hospital receives HL7 v2; 0 = any free one */
  readonly listenPort: number
  /** loopback port of the desk; 0 = any free one */
  readonly deskPort: number
  /** where the hospital sends its HL7 v2: all it knows of the world */
  readonly peer: { readonly host: string; readonly port: number }
  /** milliseconds to add to the machine's clock */
  readonly clockOffsetMs: number
  /** whether the generated people are on file as well, with a year of care; without it only those of the stories */
  readonly population?: boolean
}

const keys = ['dataFile', 'listenPort', 'deskPort', 'peer', 'now', 'population']

/** `now` in the file is the instant at which the hospital's clock starts. Throws an Error that lists every fault of the file. */
export function readHospitalConfig(path: string): HospitalConfig {
  const input: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!isRecord(input)) throw new Error('the configuration must be an object')
  const { dataFile, listenPort, deskPort, peer, now, population = false } = input
  const faults = Object.keys(input)
    .filter((key) => !keys.includes(key))
    .map((key) => `\`${key}\` is not a known key`)
  if (typeof dataFile !== 'string' || dataFile === '') faults.push('`dataFile` must be a path')
  if (!isPort(listenPort)) faults.push('`listenPort` must be a port number')
  if (!isPort(deskPort)) faults.push('`deskPort` must be a port number')
  if (!isRecord(peer) || typeof peer['host'] !== 'string' || !isPort(peer['port'])) faults.push('`peer` must be { host, port }')
  const startsAtMs = now === undefined ? Date.now() : typeof now === 'string' ? Date.parse(now) : Number.NaN
  if (Number.isNaN(startsAtMs)) faults.push('`now` must be an instant')
  if (typeof population !== 'boolean') faults.push('`population` must be true or false')
  if (faults.length > 0) throw new Error(faults.join('; '))
  return {
    dataFile: String(dataFile),
    listenPort: Number(listenPort),
    deskPort: Number(deskPort),
    peer: isRecord(peer) ? { host: String(peer['host']), port: Number(peer['port']) } : { host: '127.0.0.1', port: 0 },
    clockOffsetMs: now === undefined ? 0 : startsAtMs - Date.now(),
    population: population === true,
  }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
