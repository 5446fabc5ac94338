/** HL7 v2 over MLLP: listens for the EMR's ADT, ORU, REF and RRI, and sends it REF and RRI. */
import type { AdapterKind, AdapterPorts, EmrAdapter, Health, Parcel, Receipt } from '../contract.ts'
import { charsetNamed, decodeMessage, encodeText } from './charset.ts'
import { exchange, reachable } from './client.ts'
import { readConfig, type Hl7Config } from './config.ts'
import type { MapContext } from './draft.ts'
import { replayMessage, type HandlePorts, type Refuse, type Take } from './handle.ts'
import { toMessage } from './map-out.ts'
import { parseMessage, splitSegments, type Message } from './message.ts'
import { serve } from './server.ts'

const maxAckBytes = 65_536

export const hl7v2Mllp: AdapterKind = {
  kind: 'hl7v2-mllp',
  faults(config) {
    const reading = readConfig(config)
    return reading.ok ? [] : reading.faults
  },
  create(config, ports) {
    const reading = readConfig(config)
    if (!reading.ok) throw new Error(`hl7v2-mllp: ${reading.faults.join('; ')}`)
    return open(reading.config, ports)
  },
}

function open(config: Hl7Config, ports: AdapterPorts): EmrAdapter {
  const closing = new AbortController()
  const listeners = new Set<Promise<void>>()
  return {
    description: { kind: 'hl7v2-mllp', product: 'HL7 v2 over MLLP', mode: 'stored', capabilities: ['deliver', 'listen'] },
    check: (signal) => check(config, signal),
    // A stored institution is not asked: what it has to say comes through `listen`.
    async *fetch() {},
    deliver: (parcel, signal) => deliver(config, ports, parcel, AbortSignal.any([signal, closing.signal])),
    async listen(take, signal, refuse) {
      const work = listen(config, ports, { take, refuse }, AbortSignal.any([signal, closing.signal]))
      listeners.add(work)
      await work.finally(() => listeners.delete(work))
    },
    replay: (raw, take) => replayMessage(Buffer.from(raw), handling(config, ports, { take })),
    async close() {
      closing.abort()
      await Promise.allSettled(listeners)
    },
  }
}

async function check({ sendTo }: Hl7Config, signal: AbortSignal): Promise<Health> {
  const fault = sendTo === undefined ? undefined : await reachable(sendTo, signal)
  return fault === undefined ? { ok: true } : { ok: false, reason: fault }
}

interface Taking {
  readonly take: Take
  readonly refuse?: Refuse | undefined
}

function handling(config: Hl7Config, ports: AdapterPorts, { take, refuse }: Taking): HandlePorts {
  const context: MapContext = { ...config, institution: ports.institution }
  return { config, context, take, refuse, now: ports.now, log: ports.log }
}

async function listen(config: Hl7Config, ports: AdapterPorts, taking: Taking, signal: AbortSignal): Promise<void> {
  if (config.listen === undefined) throw new Error('hl7v2-mllp: `listen` is not configured')
  await serve(config.listen, handling(config, ports, taking), signal)
}

/** AA = ok, AE = send again later, AR = never. No answer, or one to another message, is no receipt. */
async function deliver(config: Hl7Config, ports: AdapterPorts, parcel: Parcel, signal: AbortSignal): Promise<Receipt> {
  if (config.sendTo === undefined) return { outcome: 'fatal', reason: 'no `sendTo` is configured for this institution', where: 'Parcel' }
  const sent = toMessage(parcel, { ...config, now: ports.now(), receivingFacility: ports.institution.number })
  if (!sent.ok) return { outcome: 'fatal', reason: sent.reason, where: sent.where }
  const charset = charsetNamed(config.charset) ?? 'utf-8'
  const bytes = encodeText(sent.text, charset)
  if (bytes === undefined) {
    const line = splitSegments(sent.text).find((text) => encodeText(text, charset) === undefined) ?? ''
    return { outcome: 'fatal', reason: 'a character of the text does not exist in the character set of this EMR', where: line.slice(0, 3) }
  }
  const isOurs = (answer: Buffer): boolean => readAck(answer, config)?.first('MSA')?.at(2) === parcel.id
  const answer = await exchange(config.sendTo, bytes, isOurs, { deadlineMs: config.ackDeadlineMs, maxAckBytes, signal })
  if (answer.kind === 'no-answer') return { outcome: 'transient', reason: answer.reason }
  if (sent.left.length > 0) ports.log('hl7v2.left-out', { parcel: parcel.id, elements: sent.left.join(',') })
  return receiptOf(readAck(answer.bytes, config))
}

function receiptOf(ack: Message | undefined): Receipt {
  const code = ack?.first('MSA')?.at(1)?.toUpperCase() ?? ''
  const error = ack?.first('ERR')
  const condition = error?.at(3) ?? error?.at(1, 4) ?? ''
  const reason = /^\d{1,3}$/.test(condition)
    ? `the EMR answered ${codeWord(code)} with condition ${condition}`
    : `the EMR answered ${codeWord(code)}`
  // CA, CE and CR are the accept level of the enhanced mode; for a sender who did not ask for it they mean the same.
  if (code === 'AA' || code === 'CA') return { outcome: 'ok' }
  if (code !== 'AR' && code !== 'CR') return { outcome: 'transient', reason }
  const [segment, sequence, field] = [error?.at(2), error?.at(2, 2), error?.at(2, 3)]
  const isPlace = /^[A-Z][A-Z0-9]{2}$/.test(segment ?? '') && /^\d+$/.test(field ?? '')
  return { outcome: 'fatal', reason, where: isPlace ? `${segment}[${/^\d+$/.test(sequence ?? '') ? sequence : '1'}]-${field}` : 'MSH' }
}

/** What goes into a log or a Task is a code of the table, never whatever the other side wrote. */
function codeWord(code: string): string {
  return ['AE', 'AR', 'CE', 'CR'].includes(code) ? code : 'no known code'
}

/** An acknowledgement in whatever charset it says; undefined when it cannot be read. */
function readAck(bytes: Buffer, config: Hl7Config): Message | undefined {
  const declared =
    bytes
      .toString('latin1')
      .split(/[\r\n]/, 1)[0]
      ?.split('|')[17] ?? ''
  const decoded = decodeMessage(bytes, declared, charsetNamed(config.charset) ?? 'utf-8')
  const parsed = parseMessage(decoded.ok ? decoded.text : bytes.toString('latin1'))
  return parsed.ok ? parsed.message : undefined
}
