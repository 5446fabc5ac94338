/**
 * One framed message → its acknowledgement. The order is the promise: decode, parse, map, store (`take`), and only then acknowledge.
 * Whatever a sender writes ends in an acknowledgement; nothing here throws for it.
 */
import { createHash } from 'node:crypto'
import type { Parcel, Receipt, RefusedMessage } from '../contract.ts'
import { acknowledgement, nothingKnown, type AckContext, type Echo } from './acknowledge.ts'
import { charsetNamed, decodeMessage, type Charset, type Decoded } from './charset.ts'
import { charsetOf, type Hl7Config } from './config.ts'
import type { MapContext } from './draft.ts'
import { decodeIso2022Kr, isIso2022Kr } from './iso2022-kr.ts'
import { messageIdOf, toParcel } from './map.ts'
import { parseMessage, type Message, type ParseFault } from './message.ts'
import { place, placeOf, type Refusal } from './refusal.ts'

export type Take = (parcel: Parcel) => Promise<Receipt>
export type Refuse = (refused: RefusedMessage) => Promise<void>

export interface HandlePorts {
  readonly config: Hl7Config
  readonly context: MapContext
  readonly take: Take
  /** keeps what is refused for good; absent where nobody keeps it */
  readonly refuse?: Refuse | undefined
  readonly now: () => Date
  readonly log: (event: string, fields: Readonly<Record<string, string | number | boolean>>) => void
}

/** What became of one message: stored, or why not, with what is needed to answer it. */
interface Handled {
  readonly echo: Echo
  /** the id of its parcel, where it has one */
  readonly id: string | undefined
  readonly refusal: Refusal | undefined
}

/** Never rejects: a failure on our side asks the sender to send again. */
export async function handleMessage(bytes: Buffer, ports: HandlePorts): Promise<Buffer> {
  const ack: AckContext = { now: ports.now(), utcOffset: ports.config.utcOffset }
  const { echo, id, refusal } = await process(bytes, ports)
  if (refusal === undefined) return acknowledgement(echo, undefined, ack)
  const told = await kept(bytes, { echo, id, refusal }, ports)
  logRefusal(told, echo, ports)
  return acknowledgement(echo, told, ack)
}

/** The same without an acknowledgement: for bytes that rested in quarantine. */
export async function replayMessage(bytes: Buffer, ports: HandlePorts): Promise<Receipt> {
  const { echo, refusal } = await process(bytes, ports)
  if (refusal === undefined) return { outcome: 'ok' }
  logRefusal(refusal, echo, ports)
  return refusal.condition === 'internal'
    ? { outcome: 'transient', reason: refusal.reason }
    : { outcome: 'fatal', reason: refusal.reason, where: whereOf(refusal) }
}

async function process(bytes: Buffer, ports: HandlePorts): Promise<Handled> {
  const plain = withoutPrelude(bytes)
  const known = rawEcho(plain)
  const configured = charsetOf(ports.config, known.sendingApplication, known.sendingFacility)
  const decoded = decodeMessage(plain, known.charsetName, configured)
  if (!decoded.ok) return { echo: { ...known, charsetName: '' }, id: undefined, refusal: decodeRefusal(decoded.fault) }
  const parsed = parseMessage(decoded.text)
  if (!parsed.ok) return { echo: { ...known, charset: decoded.charset }, id: undefined, refusal: parseRefusal(parsed.fault, parsed.line) }
  const echo = echoOf(parsed.message, known, decoded.charset)
  const mapped = toParcel(parsed.message, ports.context)
  if (!mapped.ok) return { echo, id: echo.controlId === '' ? undefined : messageIdOf(parsed.message), refusal: mapped.refusal }
  const { parcel } = mapped
  const refusal = receiptRefusal(await takeInTime(parcel, ports))
  if (refusal === undefined)
    ports.log('hl7v2.taken', { event: echo.event, kind: parcel.kind, bytes: bytes.length, gaps: parcel.gaps.length })
  return { echo, id: parcel.id, refusal }
}

/** What is refused for good rests before the sender is told so. Where it cannot rest now, the sender is asked to send it again. */
async function kept(bytes: Buffer, { echo, id, refusal }: Handled & { readonly refusal: Refusal }, ports: HandlePorts): Promise<Refusal> {
  if (refusal.condition === 'internal' || ports.refuse === undefined) return refusal
  try {
    await ports.refuse({
      id: id ?? `bytes ${createHash('sha256').update(bytes).digest('hex')}`,
      kind: kindOf(echo),
      reason: refusal.reason,
      where: whereOf(refusal),
      raw: bytes,
    })
    return refusal
  } catch (thrown) {
    ports.log('hl7v2.refusal-not-kept', { reason: thrown instanceof Error ? thrown.name : 'unknown' })
    return { code: 'AE', condition: 'internal', reason: 'could not be stored now; send it again' }
  }
}

function kindOf({ messageType, event }: Echo): string {
  return /^[A-Z]{3}$/.test(messageType) && knownEvent(event) !== '' ? `${messageType}^${event}` : ''
}

function whereOf({ place: at }: Refusal): string {
  return at === undefined ? '' : `${at.segment}${at.sequence === 1 ? '' : `[${at.sequence}]`}-${at.field}`
}

function logRefusal(refusal: Refusal, echo: Echo, ports: HandlePorts): void {
  const where = refusal.place === undefined ? '' : `${refusal.place.segment}-${refusal.place.field}`
  ports.log('hl7v2.refused', {
    event: knownEvent(echo.event),
    code: refusal.code,
    condition: refusal.condition,
    where,
    reason: refusal.reason,
  })
}

/** What the sender wrote into MSH-9 goes into a log only if it can be an event. */
function knownEvent(event: string): string {
  return /^[A-Z]\d{2}$/.test(event) ? event : ''
}

/** A byte order mark and blank lines before MSH are harmless. */
function withoutPrelude(bytes: Buffer): Buffer {
  let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (from < bytes.length && [0x0d, 0x0a, 0x20].includes(bytes[from] ?? 0)) from += 1
  return bytes.subarray(from)
}

/** The header before it is known how to decode it. MSH-10 and MSH-18 are ASCII in every charset we take; names may not be. */
function rawEcho(bytes: Buffer): Echo {
  const end = bytes.findIndex((byte) => byte === 0x0d || byte === 0x0a)
  const head = bytes.subarray(0, Math.min(end === -1 ? bytes.length : end, 4096))
  const text = (isIso2022Kr(head) ? decodeIso2022Kr(head) : undefined) ?? head.toString('latin1')
  if (!text.startsWith('MSH') || text.length < 8) return nothingKnown
  const fields = text.split(text[3] ?? '|')
  const first = (at: number): string => (fields[at] ?? '').split(text[4] ?? '^')[0] ?? ''
  const plain = (value: string): string => (/^[\x20-\x7e]*$/.test(value) ? value : '')
  const event = (fields[8] ?? '').split(text[4] ?? '^')[1] ?? ''
  return {
    sendingApplication: plain(first(2)),
    sendingFacility: plain(first(3)),
    receivingApplication: plain(first(4)),
    receivingFacility: plain(first(5)),
    messageType: plain(first(8)),
    event: plain(event),
    controlId: plain(first(9)),
    processingId: plain(first(10)),
    version: plain(first(11)),
    charsetName: plain((fields[17] ?? '').split(text[5] ?? '~')[0] ?? ''),
    charset: 'ascii',
  }
}

function echoOf({ header }: Message, known: Echo, charset: Charset): Echo {
  return {
    sendingApplication: header.at(3) ?? '',
    sendingFacility: header.at(4) ?? '',
    receivingApplication: header.at(5) ?? '',
    receivingFacility: header.at(6) ?? '',
    messageType: header.at(9) ?? '',
    event: header.at(9, 2) ?? '',
    controlId: header.at(10) ?? '',
    processingId: header.at(11) ?? '',
    version: header.at(12) ?? '',
    charsetName: charsetNamed(known.charsetName) === undefined ? '' : known.charsetName,
    charset,
  }
}

function decodeRefusal(fault: Extract<Decoded, { ok: false }>['fault']): Refusal {
  const at = place('MSH', 1, 18)
  switch (fault) {
    case 'unsupported-charset':
      return { code: 'AR', condition: 'tableValue', reason: 'MSH-18 names a character set that is not taken here', place: at }
    case 'wrong-charset':
      return { code: 'AE', condition: 'dataType', reason: 'the text is not in the character set that is declared or agreed', place: at }
    case 'undeclared-utf8':
      return {
        code: 'AE',
        condition: 'dataType',
        reason: 'the text looks like UTF-8 but neither MSH-18 nor the agreement says so',
        place: at,
      }
    default:
      return fault satisfies never
  }
}

function parseRefusal(fault: ParseFault, line: number | undefined): Refusal {
  switch (fault) {
    case 'no-header':
      return { code: 'AR', condition: 'segmentSequence', reason: 'a message begins with MSH', place: place('MSH', 1, 1) }
    case 'bad-delimiters':
      return { code: 'AR', condition: 'dataType', reason: 'MSH-1 and MSH-2 must be five different signs', place: place('MSH', 1, 2) }
    case 'not-a-segment':
      return { code: 'AE', condition: 'segmentSequence', reason: `line ${line ?? 0} does not begin with a segment name` }
    case 'second-header':
      return { code: 'AR', condition: 'segmentSequence', reason: 'one frame holds one message', place: place('MSH', 2, 1) }
    case 'too-many-parts':
      return { code: 'AR', condition: 'dataType', reason: 'the message has more segments or repetitions than any real one' }
    default:
      return fault satisfies never
  }
}

/** Where HL7 v2 says what the gateway names in the words of FHIR. */
const fieldOf: Readonly<Record<string, string>> = { 'Task.owner': 'PRD-10', 'Bundle.identifier': 'MSH-10' }

function receiptRefusal(receipt: Receipt): Refusal | undefined {
  switch (receipt.outcome) {
    case 'ok':
      return undefined
    case 'transient':
      return { code: 'AE', condition: 'internal', reason: 'could not be stored now; send it again' }
    case 'fatal': {
      const at = placeOf(fieldOf[receipt.where] ?? receipt.where)
      const reason = at === undefined && receipt.where !== '' ? `${receipt.reason} (${receipt.where})` : receipt.reason
      return { code: 'AE', condition: 'dataType', reason, ...(at === undefined ? {} : { place: at }) }
    }
    default:
      return receipt satisfies never
  }
}

/** Storing that takes too long, or fails, is a transient receipt: the same message sent again is taken once. */
async function takeInTime(parcel: Parcel, ports: HandlePorts): Promise<Receipt> {
  const late = Promise.withResolvers<Receipt>()
  const timer = setTimeout(() => late.resolve({ outcome: 'transient', reason: 'not stored in time' }), ports.config.takeDeadlineMs)
  const taken = ports.take(parcel).catch((thrown: unknown): Receipt => {
    ports.log('hl7v2.take-failed', { reason: thrown instanceof Error ? thrown.name : 'unknown' })
    return { outcome: 'transient', reason: 'the gateway failed' }
  })
  try {
    return await Promise.race([taken, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
