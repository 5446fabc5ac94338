/** What the HL7 v2 tests share: a listening adapter with a scripted gateway, a sender on a real socket, and short ways to map. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AdapterPorts, EmrAdapter, Parcel, Receipt } from '../../../adapters/contract.ts'
import { hl7v2Mllp } from '../../../adapters/hl7v2-mllp/adapter.ts'
import { frame, frameReader } from '../../../adapters/hl7v2-mllp/codec.ts'
import { readConfig, type Hl7Config } from '../../../adapters/hl7v2-mllp/config.ts'
import type { MapContext } from '../../../adapters/hl7v2-mllp/draft.ts'
import { handleMessage } from '../../../adapters/hl7v2-mllp/handle.ts'
import { toParcel, type Mapped } from '../../../adapters/hl7v2-mllp/map.ts'
import { parseMessage, type Message } from '../../../adapters/hl7v2-mllp/message.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'

export const institution = { id: 'hospital', number: '11100002', name: '한빛종합병원' } as const

export const context: MapContext = {
  institution,
  departments: { IM: '01', NP: '03' },
  unknownDepartment: 'refuse',
  processingIds: ['P', 'T', 'D'],
  utcOffset: '+09:00',
}

export function config(more: Readonly<Record<string, unknown>> = {}): Hl7Config {
  const reading = readConfig({ kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port: 0 }, departments: context.departments, ...more })
  if (!reading.ok) throw new Error(reading.faults.join('\n'))
  return reading.config
}

export interface Logged {
  readonly event: string
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

export function ports(events: Logged[] = []): AdapterPorts {
  return {
    institution,
    now: () => new Date('2026-03-02T01:00:00Z'),
    memory: { get: async () => undefined, set: async () => {} },
    log: (event, fields) => void events.push({ event, fields }),
    fetch: async () => {
      throw new Error('an HL7 v2 adapter makes no HTTP request')
    },
  }
}

/** A header as a Korean EMR writes it; `type` is MSH-9. */
export function header(type: string, { id = 'M1', charset = 'UNICODE UTF-8', version = '2.5.1' } = {}): string {
  return `MSH|^~\\&|HIS|11100002|CARENET|CARENET|20260302100000+0900||${type}|${id}|P|${version}|||||KOR|${charset}`
}

export const pid = 'PID|1||H-0001^^^&1.2.410.100110.10.11100002&ISO^MR||견^본하나^^^^^L||19700101|F'

export function text(...segments: readonly string[]): string {
  return segments.map((segment) => `${segment}\r`).join('')
}

export function message(...segments: readonly string[]): Message {
  const parsed = parseMessage(text(...segments))
  if (!parsed.ok) throw new Error(parsed.fault)
  return parsed.message
}

export function map(...segments: readonly string[]): Mapped {
  return toParcel(message(...segments), context)
}

export function mapped(...segments: readonly string[]): Parcel {
  const result = map(...segments)
  if (!result.ok) throw new Error(`${result.refusal.code} ${result.refusal.reason}`)
  return result.parcel
}

export function resources(parcel: Parcel): readonly Resource[] {
  return (parcel.bundle.entry ?? []).flatMap(({ resource }) => resource ?? [])
}

export function all<T extends Resource['resourceType']>(parcel: Parcel, type: T): readonly Extract<Resource, { resourceType: T }>[] {
  return resources(parcel).filter((resource): resource is Extract<Resource, { resourceType: T }> => resource.resourceType === type)
}

export function only<T extends Resource['resourceType']>(parcel: Parcel, type: T): Extract<Resource, { resourceType: T }> {
  const [first, ...more] = all(parcel, type)
  if (first === undefined || more.length > 0) throw new Error(`${more.length + (first === undefined ? 0 : 1)} resources of type ${type}`)
  return first
}

/** One message through the handler; the parcels it stored and the acknowledgement as text. */
export async function handle(
  bytes: Buffer,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly ack: string; readonly taken: readonly Parcel[]; readonly events: readonly Logged[] }> {
  const settings = config(more)
  const taken: Parcel[] = []
  const events: Logged[] = []
  const answer = await handleMessage(bytes, {
    config: settings,
    context: { ...settings, institution },
    take: async (parcel) => {
      taken.push(parcel)
      return { outcome: 'ok' }
    },
    now: () => new Date('2026-03-02T01:00:00Z'),
    log: (event, fields) => void events.push({ event, fields }),
  })
  return { ack: answer.toString('latin1'), taken, events }
}

export interface Listening {
  readonly port: number
  readonly adapter: EmrAdapter
  readonly taken: Parcel[]
  readonly events: Logged[]
  stop(): Promise<void>
}

/** The adapter on a free port; `answers` are given in turn, then ok. */
export async function listening(
  take?: (parcel: Parcel) => Promise<Receipt>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Listening> {
  const events: Logged[] = []
  const taken: Parcel[] = []
  const opened = Promise.withResolvers<number>()
  const base = ports(events)
  const adapter = hl7v2Mllp.create(
    { kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port: 0 }, departments: context.departments, ...more },
    {
      ...base,
      log: (event, fields) => {
        base.log(event, fields)
        if (event === 'hl7v2.listening') opened.resolve(Number(fields['port']))
      },
    },
  )
  const control = new AbortController()
  const done = adapter.listen?.(async (parcel) => {
    const receipt = (await take?.(parcel)) ?? { outcome: 'ok' }
    if (receipt.outcome === 'ok') taken.push(parcel)
    return receipt
  }, control.signal)
  return {
    port: await opened.promise,
    adapter,
    taken,
    events,
    stop: async () => {
      control.abort()
      await done
      await adapter.close()
    },
  }
}

export interface Sender {
  readonly socket: Socket
  write(bytes: Buffer): void
  /** the next acknowledgement, as text; rejects when the connection closes first */
  ack(): Promise<string>
  closed: Promise<void>
}

export async function sender(port: number): Promise<Sender> {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  const reader = frameReader(1_000_000)
  const arrived: string[] = []
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = []
  let isClosed = false
  socket.on('data', (chunk) => {
    for (const event of reader.push(chunk)) {
      if (event.kind !== 'frame') continue
      const next = waiting.shift()
      if (next === undefined) arrived.push(event.bytes.toString('utf8'))
      else next.resolve(event.bytes.toString('utf8'))
    }
  })
  socket.on('error', () => socket.destroy())
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true
      for (const { reject } of waiting.splice(0)) reject(new Error('the connection closed'))
      resolve()
    })
  })
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    ack: () =>
      new Promise((resolve, reject) => {
        const known = arrived.shift()
        if (known !== undefined) resolve(known)
        else if (isClosed) reject(new Error('the connection closed'))
        else waiting.push({ resolve, reject })
      }),
    closed,
  }
}

/** A message framed and sent on a connection of its own; its acknowledgement. */
export async function send(port: number, ...segments: readonly string[]): Promise<string> {
  const peer = await sender(port)
  peer.write(frame(Buffer.from(text(...segments), 'utf8')))
  const ack = await peer.ack()
  peer.socket.destroy()
  return ack
}

export interface Receiver {
  readonly port: number
  readonly received: Buffer[]
  close(): Promise<void>
}

/** An EMR that answers each message with what `answer` gives for it; '' = no answer at all. */
export async function receiver(answer: (message: string, socket: Socket) => string | Buffer): Promise<Receiver> {
  const received: Buffer[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const reader = frameReader(10_000_000)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      for (const event of reader.push(chunk)) {
        if (event.kind !== 'frame') continue
        received.push(event.bytes)
        const reply = answer(event.bytes.toString('utf8'), socket)
        if (reply !== '') socket.write(typeof reply === 'string' ? frame(Buffer.from(reply, 'utf8')) : reply)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        sockets.forEach((socket) => socket.destroy())
      }),
  }
}

/** The acknowledgement an EMR writes for a message it was sent. */
export function ackFor(sent: string, code = 'AA', error = ''): string {
  const id = sent.split('\r')[0]?.split('|')[9] ?? ''
  const segments = [`MSH|^~\\&|EMR|11100002|CARENET|CARENET|20260302100001+0900||ACK|K1|P|2.5.1`, `MSA|${code}|${id}`]
  return text(...segments, ...(error === '' ? [] : [error]))
}
