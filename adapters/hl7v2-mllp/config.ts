/** Configuration of one HL7 v2 peer: unknown JSON → Hl7Config, or every fault at once. Messages name keys, never values. */
import { charsetNamed, type Charset } from './charset.ts'

export interface Hl7Config {
  /** where we listen for the EMR's messages; port 0 = any free one (the log says which) */
  readonly listen: HostPort | undefined
  /** where the EMR listens for ours */
  readonly sendTo: HostPort | undefined
  /** MSH-18 of what we send, and the charset of incoming messages without MSH-18 from a sender not named in `senders` */
  readonly charset: string
  /** by MSH-3 (or `MSH-3|MSH-4`): the charset agreed with that sender for messages without MSH-18 */
  readonly senders: Readonly<Record<string, { readonly charset: string }>>
  /** local department code (PV1-10, PV1-3.1, PRD-4.1) → national 진료과 code */
  readonly departments: Readonly<Record<string, string>>
  /**
   * What becomes of a visit whose department nobody can name nationally. A patient may have refused a department (consent), so the
   * default refuses the message until the code is mapped; `keep` stores the local code with a Gap, and no department rule will match it.
   */
  readonly unknownDepartment: 'refuse' | 'keep'
  /** accepted MSH-11: P production, T training, D debugging */
  readonly processingIds: readonly string[]
  /** MSH-3 and MSH-4 of what we send, MSH-5 of the EMR */
  readonly sendingApplication: string
  readonly sendingFacility: string
  readonly receivingApplication: string
  /** for times without an offset where MSH-7 has none either */
  readonly utcOffset: string
  readonly maxFrameBytes: number
  /** from the start byte of a frame to its end */
  readonly frameDeadlineMs: number
  /** a connection on which nothing arrives is closed after this; senders reconnect */
  readonly idleDeadlineMs: number
  readonly maxConnections: number
  /** for storing one message; after it the sender is told to send it again */
  readonly takeDeadlineMs: number
  /** for connecting, sending and the acknowledgement */
  readonly ackDeadlineMs: number
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

export type ConfigReading = { readonly ok: true; readonly config: Hl7Config } | { readonly ok: false; readonly faults: readonly string[] }

const numbers = {
  maxFrameBytes: { default: 4_194_304, min: 1_024, max: 67_108_864 },
  frameDeadlineMs: { default: 30_000, min: 10, max: 3_600_000 },
  idleDeadlineMs: { default: 3_600_000, min: 10, max: 86_400_000 },
  maxConnections: { default: 32, min: 1, max: 10_000 },
  takeDeadlineMs: { default: 30_000, min: 10, max: 600_000 },
  ackDeadlineMs: { default: 15_000, min: 10, max: 600_000 },
} as const

const texts = {
  charset: 'UNICODE UTF-8',
  sendingApplication: 'CARENET',
  sendingFacility: 'CARENET',
  receivingApplication: 'EMR',
  utcOffset: '+09:00',
} as const

const known = [
  'kind',
  'listen',
  'sendTo',
  'senders',
  'departments',
  'unknownDepartment',
  'processingIds',
  ...Object.keys(texts),
  ...Object.keys(numbers),
]

/** Reads the `adapter` part of an institution's configuration. */
export function readConfig(input: unknown): ConfigReading {
  if (!isRecord(input)) return { ok: false, faults: ['the configuration must be an object'] }
  const faults: string[] = []
  for (const key of Object.keys(input)) if (!known.includes(key)) faults.push(`unknown key \`${key}\``)
  const config: Hl7Config = {
    listen: readHostPort(input, 'listen', faults),
    sendTo: readHostPort(input, 'sendTo', faults),
    charset: readCharset(input['charset'] ?? texts.charset, 'charset', faults),
    senders: readSenders(input['senders'], faults),
    departments: readDepartments(input['departments'], faults),
    unknownDepartment: input['unknownDepartment'] === 'keep' ? 'keep' : 'refuse',
    processingIds: readProcessingIds(input['processingIds'], faults),
    sendingApplication: readText(input, 'sendingApplication', faults),
    sendingFacility: readText(input, 'sendingFacility', faults),
    receivingApplication: readText(input, 'receivingApplication', faults),
    utcOffset: readText(input, 'utcOffset', faults),
    maxFrameBytes: readNumber(input, 'maxFrameBytes', faults),
    frameDeadlineMs: readNumber(input, 'frameDeadlineMs', faults),
    idleDeadlineMs: readNumber(input, 'idleDeadlineMs', faults),
    maxConnections: readNumber(input, 'maxConnections', faults),
    takeDeadlineMs: readNumber(input, 'takeDeadlineMs', faults),
    ackDeadlineMs: readNumber(input, 'ackDeadlineMs', faults),
  }
  if (config.listen === undefined && config.sendTo === undefined) faults.push('at least one of `listen` and `sendTo` must be given')
  if (!['refuse', 'keep', undefined].some((word) => word === input['unknownDepartment']))
    faults.push('`unknownDepartment` must be `refuse` or `keep`')
  if (!/^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(config.utcOffset)) faults.push('`utcOffset` must look like `+09:00`')
  return faults.length === 0 ? { ok: true, config } : { ok: false, faults }
}

/** The charset of a sender's messages that do not declare one. */
export function charsetOf(config: Hl7Config, application: string, facility: string): Charset {
  const named = config.senders[`${application}|${facility}`] ?? config.senders[application]
  return charsetNamed(named?.charset ?? config.charset) ?? 'ascii'
}

type Input = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readHostPort(input: Input, key: string, faults: string[]): HostPort | undefined {
  const value = input[key]
  if (value === undefined) return undefined
  if (
    !isRecord(value) ||
    typeof value['port'] !== 'number' ||
    !Number.isInteger(value['port']) ||
    value['port'] < 0 ||
    value['port'] > 65_535
  ) {
    faults.push(`\`${key}\` must be { host, port } with a port number`)
    return undefined
  }
  const host = value['host'] ?? '127.0.0.1'
  if (typeof host === 'string' && host !== '') return { host, port: value['port'] }
  faults.push(`\`${key}.host\` must be a host name`)
  return undefined
}

function readCharset(value: unknown, key: string, faults: string[]): string {
  if (typeof value === 'string' && charsetNamed(value) !== undefined) return value
  faults.push(`\`${key}\` must be a character set of HL7 table 0211 that is supported`)
  return texts.charset
}

function readSenders(value: unknown, faults: string[]): Hl7Config['senders'] {
  if (value === undefined) return {}
  if (!isRecord(value)) {
    faults.push('`senders` must be an object')
    return {}
  }
  const entries = Object.entries(value).map(([name, sender]) => {
    const charset = isRecord(sender) ? sender['charset'] : undefined
    return [name, { charset: readCharset(charset, `senders.${name}.charset`, faults) }] as const
  })
  return Object.fromEntries(entries)
}

function readDepartments(value: unknown, faults: string[]): Hl7Config['departments'] {
  if (value === undefined) return {}
  const isMap = isRecord(value) && Object.values(value).every((code) => typeof code === 'string' && /^\d{1,2}$/.test(code))
  if (!isMap) faults.push('`departments` must map local codes to national department codes')
  return isMap ? Object.fromEntries(Object.entries(value).map(([local, code]) => [local, String(code)])) : {}
}

function readProcessingIds(value: unknown, faults: string[]): readonly string[] {
  const ids: unknown = value ?? ['P', 'T', 'D']
  if (Array.isArray(ids) && ids.length > 0 && ids.every((id) => ['P', 'T', 'D'].includes(String(id)))) return ids.map(String)
  faults.push('`processingIds` must be a list of P, T and D')
  return []
}

function readText(input: Input, key: keyof typeof texts, faults: string[]): string {
  const value = input[key] ?? texts[key]
  if (typeof value === 'string' && value !== '') return value
  faults.push(`\`${key}\` must be a text`)
  return texts[key]
}

function readNumber(input: Input, key: keyof typeof numbers, faults: string[]): number {
  const bounds = numbers[key]
  const value = input[key] ?? bounds.default
  if (typeof value === 'number' && Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return value
  faults.push(`\`${key}\` must be a whole number from ${bounds.min} to ${bounds.max}`)
  return bounds.default
}
