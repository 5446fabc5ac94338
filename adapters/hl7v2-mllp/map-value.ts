/** OBX-2, OBX-5, OBX-6, OBX-7 → Observation.value[x] and reference range. Pure. HL7 v2.5.1 §7.4.2, §2.A */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, Observation, Quantity } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, type Draft } from './draft.ts'
import { concept } from './map-code.ts'
import type { Repetition, Segment } from './message.ts'
import { fhirDateTime, fhirTime } from './time.ts'

export type Value = Pick<
  Observation,
  | 'valueQuantity'
  | 'valueString'
  | 'valueCodeableConcept'
  | 'valueDateTime'
  | 'valueTime'
  | 'valueRange'
  | 'valueRatio'
  | 'dataAbsentReason'
>

type Unit = Pick<Quantity, 'unit' | 'system' | 'code'>
type Comparator = NonNullable<Quantity['comparator']>

const maxDigits = 64
const textKinds = ['ST', 'TX', 'FT', 'IS', 'ID', 'SI', 'GTS', 'CF', 'NA', 'MA']

/** Never without a value or the reason for its absence. */
export function valueOf(obx: Segment, draft: Draft): Value {
  const kind = obx.at(2)?.toUpperCase()
  const values = obx.all(5)
  const unit = unitOf(obx)
  if (values.every((item) => item.text === undefined)) return absent(obx.at(11) === 'N' ? 'not-asked' : 'unknown')
  const mapped = values.length > 1 ? undefined : single(kind, values[0], unit, draft)
  if (mapped !== undefined) return mapped
  if (kind !== undefined && ![...textKinds, 'NM', 'SN', 'CE', 'CWE', 'CNE', 'DT', 'TS', 'DTM', 'TM'].includes(kind)) {
    draft.gaps.add('OBX-5', `values of type ${/^[A-Z]{2,3}$/.test(kind) ? kind : 'unknown'} are not exchanged`)
    return absent('unsupported')
  }
  // Several values, or one that is not of its declared type: the words as they came, with the unit they were meant in.
  const text = freeText(draft, values.flatMap((item) => wordsOf(kind, item) ?? []).join('\n'), 'OBX-5') ?? ''
  const isFreeText = kind === undefined || textKinds.includes(kind)
  return { valueString: isFreeText || unit.unit === undefined ? text : `${text} ${unit.unit}` }
}

function single(kind: string | undefined, value: Repetition | undefined, unit: Unit, draft: Draft): Value | undefined {
  if (value === undefined) return undefined
  switch (kind) {
    case 'NM':
      return numeric(value.text ?? '', unit)
    case 'SN':
      return structured(value, unit)
    case 'CE':
    case 'CWE':
    case 'CNE': {
      const valueCodeableConcept = concept(value, draft, 'OBX-5')
      return valueCodeableConcept === undefined ? undefined : { valueCodeableConcept }
    }
    case 'DT':
    case 'TS':
    case 'DTM': {
      const valueDateTime = fhirDateTime(value.part(1), draft.offset)
      return valueDateTime === undefined ? undefined : { valueDateTime }
    }
    case 'TM': {
      const valueTime = fhirTime(value.text ?? '')
      return valueTime === undefined ? undefined : { valueTime }
    }
    default:
      return undefined
  }
}

function numeric(text: string, unit: Unit): Value | undefined {
  if (text.length > maxDigits) return undefined
  const found = /^(<=|>=|<|>)?\s*([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)$/.exec(text.trim())
  const value = found?.[2] === undefined ? undefined : decimal(found[2])
  if (value === undefined) return undefined
  return { valueQuantity: compact<Quantity>({ value, comparator: comparatorOf(found?.[1]), ...unit }) }
}

/** SN: comparator ^ number ^ separator ^ number, e.g. `^1^:^128`, `>^100`, `^2^-^4`. */
function structured(value: Repetition, unit: Unit): Value | undefined {
  const comparator = value.part(1)
  const [first, second] = [value.part(2), value.part(4)].map((text) => (text === undefined ? undefined : decimal(text)))
  const between = value.part(3)
  if (first === undefined) return undefined
  if (between === undefined && second === undefined) {
    const known = comparatorOf(comparator)
    return comparator !== undefined && known === undefined && comparator !== '='
      ? undefined
      : { valueQuantity: compact<Quantity>({ value: first, comparator: known, ...unit }) }
  }
  if (second === undefined || comparator !== undefined) return undefined
  if (between === '-') return { valueRange: { low: { value: first, ...unit }, high: { value: second, ...unit } } }
  if (between === ':' || between === '/') return { valueRatio: { numerator: { value: first, ...unit }, denominator: { value: second } } }
  return undefined
}

function comparatorOf(text: string | undefined): Comparator | undefined {
  return text === '<' || text === '<=' || text === '>' || text === '>=' ? text : undefined
}

/** A number with the digits it was sent with (`7.10` stays `7.10`). http://hl7.org/fhir/R4/datatypes.html#decimal */
export function decimal(text: string): number | undefined {
  // The bound keeps the pattern's cost small, whatever was sent as a number.
  if (text.length > maxDigits) return undefined
  const found = /^\+?(-?)0*(\d*)(\.\d+)?([eE][+-]?\d{1,3})?$/.exec(text.trim())
  if (found === null || `${found[2]}${found[3] ?? ''}` === '') return /^[+-]?0+$/.test(text.trim()) ? 0 : undefined
  const plain = `${found[1]}${found[2] === '' ? '0' : found[2]}${found[3] ?? ''}${found[4] ?? ''}`
  const value = Number(plain)
  if (!Number.isFinite(value)) return undefined
  // The FHIR types say number; the exact form prints its digits and is read back by `numberOf`.
  return String(value) === plain ? value : (JSON.rawJSON(plain) as unknown as number)
}

function unitOf(obx: Segment): Unit {
  const [code, text, list] = [obx.at(6), obx.at(6, 2), obx.at(6, 3)]
  if (list === 'UCUM' && code !== undefined) return { unit: text ?? code, system: system.ucum, code }
  const unit = text ?? code
  return unit === undefined ? {} : { unit }
}

/** Coded values as words: their text rather than their code. */
function wordsOf(kind: string | undefined, item: Repetition): string | undefined {
  return kind === 'CE' || kind === 'CWE' || kind === 'CNE' ? (item.part(9) ?? item.part(2) ?? item.part(1)) : item.text
}

function absent(code: 'unknown' | 'not-asked' | 'unsupported'): Value {
  return { dataAbsentReason: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code }] } }
}

/** OBX-7: `3.5-5.0`, `<5`, `>=60`; anything else is kept as text only. */
export function rangeOf(obx: Segment, draft: Draft): Observation['referenceRange'] {
  const text = freeText(draft, obx.all(7)[0]?.text, 'OBX-7')
  if (text === undefined) return undefined
  const unit = unitOf(obx)
  if (text.length > 2 * maxDigits) return [{ text }]
  const between = /^(-?[\d.]+)\s*[-~–]\s*(-?[\d.]+)$/.exec(text)
  const limit = /^(<=?|>=?)\s*(-?[\d.]+)$/.exec(text)
  const [low, high] = between === null ? [] : [decimal(between[1] ?? ''), decimal(between[2] ?? '')]
  if (low !== undefined && high !== undefined) return [{ low: { value: low, ...unit }, high: { value: high, ...unit }, text }]
  const edge = limit === null ? undefined : decimal(limit[2] ?? '')
  if (edge === undefined) return [{ text }]
  return limit?.[1]?.startsWith('<') === true ? [{ high: { value: edge, ...unit }, text }] : [{ low: { value: edge, ...unit }, text }]
}

const interpretations = [
  'L',
  'H',
  'LL',
  'HH',
  'N',
  'A',
  'AA',
  'U',
  'D',
  'B',
  'W',
  'S',
  'R',
  'I',
  'MS',
  'VS',
  'POS',
  'NEG',
  'IND',
  'DET',
  'ND',
  '<',
  '>',
  'HU',
  'LU',
]

/** OBX-8, table 0078. Codes that are the same in FHIR's system are written in it. */
export function interpretationOf(obx: Segment): CodeableConcept[] | undefined {
  const found = obx.all(8).flatMap((item): CodeableConcept[] => {
    const code = item.part(1)
    if (code === undefined) return []
    const isShared = interpretations.includes(code)
    return [
      {
        coding: [
          {
            system: isShared
              ? 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
              : 'http://terminology.hl7.org/CodeSystem/v2-0078',
            code,
          },
        ],
      },
    ]
  })
  return found.length === 0 ? undefined : found
}
