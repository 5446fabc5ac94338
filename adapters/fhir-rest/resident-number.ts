/**
 * Resident registration numbers stay at the institution's edge: the law names who may process them, and a network operator is not among
 * them. Law: https://www.law.go.kr/법령/개인정보보호법 24조의2. Pure.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import type { Gap } from '../contract.ts'

export interface Scrubbed {
  readonly resource: Resource
  readonly dropped: boolean
}

/** The resource without identifiers that are, or look like, resident numbers; wherever in it they stand. */
export function withoutResidentNumbers(resource: Resource): Scrubbed {
  let dropped = false
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).flatMap(([key, element]): [string, unknown][] => {
      if (key !== 'identifier') return [[key, walk(element)]]
      const kept = (Array.isArray(element) ? element : [element]).filter((each) => !isResidentNumber(each))
      if (!Array.isArray(element)) dropped ||= kept.length === 0
      else dropped ||= kept.length < element.length
      if (kept.length === 0) return []
      return [[key, Array.isArray(element) ? kept.map(walk) : walk(element)]]
    })
    return Object.fromEntries(entries)
  }
  const scrubbed = walk(resource)
  // The walk only leaves identifiers out, so what remains is the resource it was given.
  return { resource: dropped ? (scrubbed as Resource) : resource, dropped }
}

export function residentNumberGap(type: string): Gap {
  return { gap: 'dropped-by-law', element: `${type}.identifier`, reason: 'a resident registration number stays at the institution' }
}

function isResidentNumber(identifier: unknown): boolean {
  if (typeof identifier !== 'object' || identifier === null) return false
  const value: unknown = Reflect.get(identifier, 'value')
  return isTypedSo(Reflect.get(identifier, 'type')) || (typeof value === 'string' && looksLikeOne(value))
}

function isTypedSo(type: unknown): boolean {
  const codings: unknown = typeof type === 'object' && type !== null ? Reflect.get(type, 'coding') : undefined
  if (!Array.isArray(codings)) return false
  return codings.some((coding: unknown) => {
    if (typeof coding !== 'object' || coding === null || Reflect.get(coding, 'system') !== system.v2IdentifierType) return false
    return ['SS', 'NNKOR'].includes(String(Reflect.get(coding, 'code')))
  })
}

/** Six digits of a date that exists, then seven that begin with 1 to 8 (sex, century, nationality). */
function looksLikeOne(value: string): boolean {
  const [, year, month, day] = /^(\d{2})(\d{2})(\d{2})-?[1-8]\d{6}$/.exec(value.trim()) ?? []
  if (year === undefined) return false
  const date = new Date(Date.UTC(2000 + Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}
