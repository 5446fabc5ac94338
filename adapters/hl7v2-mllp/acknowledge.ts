/** The acknowledgement of one message: MSH, MSA, and ERR where it was not taken. Pure. HL7 v2.5.1 §2.9.2, §2.16.5 ERR */
import { encodeText, type Charset } from './charset.ts'
import { escapeText } from './escape.ts'
import { conditions, type Refusal } from './refusal.ts'
import { components, joinSegments, segment } from './segment-writer.ts'
import { hl7Now } from './time.ts'

/** What is known of the message that is answered; empty where it is not. */
export interface Echo {
  readonly sendingApplication: string
  readonly sendingFacility: string
  readonly receivingApplication: string
  readonly receivingFacility: string
  /** MSH-9.1 */
  readonly messageType: string
  readonly event: string
  readonly controlId: string
  readonly processingId: string
  readonly version: string
  /** MSH-18 as it came */
  readonly charsetName: string
  /** what the message was decoded from; ASCII when that is not known */
  readonly charset: Charset
}

export const nothingKnown: Echo = {
  sendingApplication: '',
  sendingFacility: '',
  receivingApplication: '',
  receivingFacility: '',
  messageType: '',
  event: '',
  controlId: '',
  processingId: 'P',
  version: '2.5.1',
  charsetName: '',
  charset: 'ascii',
}

export interface AckContext {
  readonly now: Date
  readonly utcOffset: string
}

/** In the sender's charset. The texts of ours are ASCII; what the sender wrote is left out if it cannot be written back. */
export function acknowledgement(echo: Echo, refusal: Refusal | undefined, context: AckContext): Buffer {
  const whole = encodeText(textOf(echo, refusal, context), echo.charset)
  if (whole !== undefined) return whole
  const { controlId, processingId, version, event } = echo
  return Buffer.from(
    textOf(
      { ...nothingKnown, controlId: ascii(controlId), processingId: ascii(processingId), version: ascii(version), event: ascii(event) },
      refusal,
      context,
    ),
    'latin1',
  )
}

function textOf(echo: Echo, refusal: Refusal | undefined, { now, utcOffset }: AckContext): string {
  const header = segment('MSH', {
    3: escapeText(echo.receivingApplication),
    4: escapeText(echo.receivingFacility),
    5: escapeText(echo.sendingApplication),
    6: escapeText(echo.sendingFacility),
    7: hl7Now(now, utcOffset),
    9: echo.event === '' ? 'ACK' : components('ACK', escapeText(echo.event), 'ACK'),
    10: escapeText(`A${echo.controlId}`),
    11: escapeText(echo.processingId === '' ? 'P' : echo.processingId),
    12: escapeText(echo.version === '' ? '2.5.1' : echo.version),
    18: escapeText(echo.charsetName),
  })
  const answer = segment('MSA', { 1: refusal?.code ?? 'AA', 2: escapeText(echo.controlId) })
  return joinSegments(refusal === undefined ? [header, answer] : [header, answer, errorSegment(refusal)])
}

/** ERR-2 where, ERR-3 what (table 0357), ERR-4 how bad, ERR-8 in words. No value of the message. */
function errorSegment({ condition, place, reason }: Refusal): string {
  const { code, text } = conditions[condition]
  return segment('ERR', {
    2: place === undefined ? '' : components(place.segment, String(place.sequence), String(place.field)),
    3: components(code, text, 'HL70357'),
    4: 'E',
    8: escapeText(reason),
  })
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '')
}
