/** One column's value → one FHIR value. Pure. What cannot be read is `undefined`; the caller says so in a Gap that names the column. */
import type { CodeableConcept, Coding, Quantity } from '../../fhir-profiles/r4.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { ConceptMap, ElementRule, MappedCoding, NationalForm } from './mapping.ts'
import { isBytes } from './source.ts'
import type { SqlValue } from './source.ts'

/** Trimmed text of a column; an empty one is absent. */
export function textOf(value: SqlValue | undefined): string | undefined {
  if (value === null || value === undefined || isBytes(value)) return undefined
  const text = String(value).trim()
  return text === '' ? undefined : text
}

const compactForm = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?$/
const isoForm = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:\d{2})?)?)?$/

/**
 * `20260301`, `202603010930`, `20260301093015`, `2026-03-01`, `2026-03-01 09:30`, with or without an offset; `2026` and `2026-03` as partial dates.
 * A time without an offset is the clinic's (`utcOffset`). An `instant` needs a time: midnight is not invented.
 * Rule: http://hl7.org/fhir/R4/datatypes.html#dateTime (seconds are zero-filled, the offset is a must)
 */
export function dateOf(text: string, as: 'date' | 'dateTime' | 'instant', utcOffset: string): string | undefined {
  if (/^\d{4}$/.test(text)) return as === 'instant' ? undefined : text
  const [, year, month, day, hour, minute, second, offset] = compactForm.exec(text) ?? isoForm.exec(text) ?? []
  if (year === undefined || month === undefined || !isCalendarDay(year, month, day ?? '01')) return undefined
  if (day === undefined) return as === 'instant' ? undefined : `${year}-${month}`
  const date = `${year}-${month}-${day}`
  if (hour === undefined || minute === undefined) return as === 'instant' ? undefined : date
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined
  const instant = `${date}T${hour}:${minute}:${second ?? '00'}${offset ?? utcOffset}`
  if (as !== 'date') return instant
  return offset === undefined ? date : dayAt(instant, utcOffset)
}

function isCalendarDay(year: string, month: string, day: string): boolean {
  if (Number(month) < 1 || Number(month) > 12) return false
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return Number(day) >= 1 && Number(day) <= days
}

/** The calendar day of an instant at the clinic. */
function dayAt(instant: string, utcOffset: string): string {
  const [hours, minutes] = utcOffset.slice(1).split(':').map(Number)
  const offsetMs = ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000 * (utcOffset.startsWith('-') ? -1 : 1)
  return new Date(new Date(instant).getTime() + offsetMs).toISOString().slice(0, 10)
}

/** The codings of a local code: by its entry, or as a national code written in its own form; empty = no entry. */
export function codingsOf(local: string, map: ConceptMap): readonly Coding[] {
  const entry = Object.hasOwn(map.entries, local) ? map.entries[local] : undefined
  if (entry !== undefined) return entry.map(coding)
  const code = map.otherwise === undefined ? undefined : nationalCode(local, map.otherwise.form)
  return map.otherwise === undefined || code === undefined
    ? []
    : [{ system: systemUrl(map.otherwise.system) ?? map.otherwise.system, code }]
}

function coding(mapped: MappedCoding): Coding {
  const display = mapped.display === undefined ? {} : { display: mapped.display }
  return { system: systemUrl(mapped.system) ?? mapped.system, code: mapped.code, ...display }
}

/** Real senders write KCD without its dot (`I614`) or with one too many (`R05.`). */
function nationalCode(local: string, form: NationalForm['form']): string | undefined {
  switch (form) {
    case 'kcd': {
      const [, stem, rest] = /^([A-Z]\d{2})\.?(\d{0,3})$/.exec(local.toUpperCase()) ?? []
      if (stem === undefined) return undefined
      return rest === undefined || rest === '' ? stem : `${stem}.${rest}`
    }
    case 'edi':
      return /^\d{9}$/.test(local) ? local : undefined
    case 'ucum':
      return /^[!-~]+$/.test(local) ? local : undefined
    default:
      return form satisfies never
  }
}

const medicationIngredient = 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-medicationIngredient'

/** KR Core wants the ingredient of a drug in an extension; readers of plain R4 find it among the codings. Both are filled. */
export function withIngredients(concept: CodeableConcept): CodeableConcept {
  const ingredients = (concept.coding ?? []).filter((each) => each.system === system.atc)
  if (ingredients.length === 0) return concept
  const extension = ingredients.map((each) => ({ url: medicationIngredient, valueCodeableConcept: { coding: [each] } }))
  return { extension, ...concept }
}

/** A number with an optional `<`, `<=`, `>=` or `>` before it, e.g. `<0.05`; anything else is words. */
export function quantityOf(text: string): Quantity | undefined {
  const [, comparator, digits] = /^([<>]=?)?\s*(-?\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const value = Number(digits)
  return isComparator(comparator) ? { value, comparator } : { value }
}

function isComparator(text: string | undefined): text is '<' | '<=' | '>=' | '>' {
  return text === '<' || text === '<=' || text === '>=' || text === '>'
}

/**
 * A local key as a FHIR id: other signs than `A-Z a-z 0-9 -` become `.<hex>.`, so that two keys never share an id; longer than 64: no id.
 * Rule: http://hl7.org/fhir/R4/datatypes.html#id
 */
export function localId(prefix: string, parts: readonly string[]): string | undefined {
  const id =
    prefix + parts.map((part) => part.replace(/[^A-Za-z0-9-]/gu, (sign) => `.${(sign.codePointAt(0) ?? 0).toString(16)}.`)).join('..')
  return parts.length === 0 || id.length > 64 ? undefined : id
}

/** A name of `codes.ts` or a URL → the system's URL. */
export function systemUrl(alias: string): string | undefined {
  if (alias.includes(':')) return alias
  return Object.entries(system).find(([name]) => name === alias)?.[1]
}

/** Every column a rule reads. */
export function columnsOf(rule: ElementRule): readonly string[] {
  switch (rule.as) {
    case 'constant':
      return rule.when === undefined ? [] : [rule.when]
    case 'concept':
      return rule.text === undefined ? [rule.column] : [rule.column, rule.text]
    case 'quantity':
      return rule.unit === undefined ? [rule.column] : [rule.column, rule.unit]
    case 'text':
    case 'date':
    case 'dateTime':
    case 'instant':
    case 'number':
    case 'patientNumber':
    case 'code':
    case 'reference':
      return [rule.column]
    default:
      return rule satisfies never
  }
}
