/** Why a message is not taken, in the words of HL7 table 0357 (message error condition codes). Never a value of the message. */

/** HL7 table 0357 */
export const conditions = {
  accepted: { code: '0', text: 'Message accepted' },
  segmentSequence: { code: '100', text: 'Segment sequence error' },
  requiredField: { code: '101', text: 'Required field missing' },
  dataType: { code: '102', text: 'Data type error' },
  tableValue: { code: '103', text: 'Table value not found' },
  messageType: { code: '200', text: 'Unsupported message type' },
  eventCode: { code: '201', text: 'Unsupported event code' },
  processingId: { code: '202', text: 'Unsupported processing id' },
  versionId: { code: '203', text: 'Unsupported version id' },
  internal: { code: '207', text: 'Application internal error' },
} as const

export interface Place {
  readonly segment: string
  /** 1 for the first segment of that name */
  readonly sequence: number
  readonly field: number
}

export interface Refusal {
  /** AE: the message has a fault, or we could not take it now (condition 207) · AR: we do not take such messages at all */
  readonly code: 'AE' | 'AR'
  readonly condition: keyof typeof conditions
  readonly reason: string
  readonly place?: Place
}

export function place(segment: string, sequence: number, field: number): Place {
  return { segment, sequence, field }
}

/** `PID-3` or `OBX[2]-5`, as `Receipt.where` may name it; undefined for a FHIR expression. */
export function placeOf(where: string): Place | undefined {
  const found = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?-(\d+)/.exec(where)
  return found?.[1] === undefined ? undefined : place(found[1], Number(found[2] ?? 1), Number(found[3]))
}
