/**
 * Resident registration numbers in FHIR identifiers: typed so (SS, NNKOR) or of that form. They stay at the institution's edge: the law
 * names who may process them, and a network operator is not among them (개인정보 보호법 제24조의2).
 */
import { system } from './codes.ts'
import { isResidentNumber } from './resident-number.ts'

/** The resource without them, wherever in it they stand; `dropped` tells whether there was one. */
export function withoutResidentNumbers<T extends object>(resource: T): { readonly resource: T; readonly dropped: boolean } {
  if (!holdsOne(resource)) return { resource, dropped: false }
  let dropped = false
  const kept = (element: unknown): boolean => {
    const isOne = isResidentIdentifier(element)
    dropped ||= isOne
    return !isOne
  }
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value
    const entries = Object.entries(value).flatMap(([key, element]): [string, unknown][] => {
      if (key !== 'identifier') return [[key, walk(element)]]
      if (!Array.isArray(element)) return kept(element) ? [[key, walk(element)]] : []
      const rest = element.filter(kept)
      return rest.length === 0 ? [] : [[key, rest.map(walk)]]
    })
    return Object.fromEntries(entries)
  }
  const scrubbed = walk(resource)
  // The walk only leaves identifiers out, so what remains is the resource it was given.
  return { resource: dropped ? (scrubbed as T) : resource, dropped }
}

/** Nearly no resource has one: that is seen without copying it. */
function holdsOne(value: object): boolean {
  if (Array.isArray(value)) return value.some((item: unknown) => typeof item === 'object' && item !== null && holdsOne(item))
  if (JSON.isRawJSON(value)) return false
  for (const key in value) {
    const element: unknown = Reflect.get(value, key)
    if (typeof element !== 'object' || element === null) continue
    if (key === 'identifier' && (Array.isArray(element) ? element.some(isResidentIdentifier) : isResidentIdentifier(element))) return true
    if (holdsOne(element)) return true
  }
  return false
}

function isResidentIdentifier(identifier: unknown): boolean {
  if (typeof identifier !== 'object' || identifier === null) return false
  const value = 'value' in identifier ? identifier.value : undefined
  if (typeof value === 'string' && isResidentNumber(value)) return true
  const type = 'type' in identifier ? identifier.type : undefined
  const codings = typeof type === 'object' && type !== null && 'coding' in type ? type.coding : undefined
  return Array.isArray(codings) && codings.some(isResidentType)
}

function isResidentType(coding: unknown): boolean {
  if (typeof coding !== 'object' || coding === null || !('system' in coding) || !('code' in coding)) return false
  return coding.system === system.v2IdentifierType && (coding.code === 'SS' || coding.code === 'NNKOR')
}
