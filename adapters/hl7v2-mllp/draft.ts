/** What every part of the mapping shares: what is fixed for the institution and this message, and the Gaps found on the way. Pure. */
import { maskResidentNumbers } from '../../fhir-profiles/resident-number.ts'
import { canonicalBase } from '../../fhir-profiles/codes.ts'
import type { Gap } from '../contract.ts'
import type { Message, Segment } from './message.ts'

/** Fixed for one institution. */
export interface MapContext {
  readonly institution: { readonly number: string; readonly name: string }
  readonly departments: Readonly<Record<string, string>>
  readonly unknownDepartment: 'refuse' | 'keep'
  readonly processingIds: readonly string[]
  /** for times without an offset where MSH-7 has none either */
  readonly utcOffset: string
}

export interface GapList {
  readonly list: readonly Gap[]
  /** one Gap per element, whatever the number of segments */
  add(element: string, reason: string, gap?: Gap['gap']): void
}

export interface Draft {
  readonly context: MapContext
  /** the sender's offset */
  readonly offset: string
  /** MSH-10 with its sender: what makes this message this message */
  readonly messageId: string
  readonly messageTime: string | undefined
  readonly gaps: GapList
}

export function gapList(): GapList {
  const found = new Map<string, Gap>()
  return {
    get list() {
      return [...found.values()]
    },
    add(element, reason, gap = 'unmappable') {
      if (!found.has(element + gap)) found.set(element + gap, { gap, element, reason })
    },
  }
}

/** The name of a number or code list that only this institution gives meaning to. */
export function localSystem(context: MapContext, name: string): string {
  return `${canonicalBase}/local/${context.institution.number}/${encodeURIComponent(name)}`
}

/** Free text without 주민등록번호. */
export function freeText(draft: Draft, text: string | undefined, element: string): string | undefined {
  if (text === undefined) return undefined
  const masked = maskResidentNumbers(text)
  if (masked.found) draft.gaps.add(element, 'the text held a resident number, which was masked', 'dropped-by-law')
  return masked.text
}

const protocolSegments = ['MSH', 'EVN', 'SFT', 'MSA', 'ERR', 'UAC']
/** set ids and codes that only steer the exchange */
const protocolFields: Readonly<Record<string, readonly number[]>> = {
  PID: [1],
  PV1: [1],
  OBR: [1],
  OBX: [1],
  NTE: [1, 2, 4],
  DG1: [1, 2],
  AL1: [1],
  ORC: [1, 5, 9],
  RF1: [1],
  NK1: [1],
  GT1: [1],
  PR1: [1],
  DB1: [1],
}

/** Whatever no mapping asked for is named, so that nothing is lost in silence. Segments nobody knows are named as a whole. */
export function reportUnread(
  message: Message,
  segments: { readonly mapped: readonly string[]; readonly context: readonly string[] },
  gaps: GapList,
): void {
  for (const segment of message.segments) {
    if (protocolSegments.includes(segment.name) || segments.context.includes(segment.name)) continue
    if (!segments.mapped.includes(segment.name)) {
      gaps.add(segment.name, 'this segment has no place in what is exchanged')
      continue
    }
    reportFields(segment, gaps)
  }
}

function reportFields(segment: Segment, gaps: GapList): void {
  for (const field of segment.unread()) {
    if (protocolFields[segment.name]?.includes(field) === true) continue
    gaps.add(`${segment.name}-${field}`, 'this field has no place in what is exchanged')
  }
}
