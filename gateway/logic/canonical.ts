/**
 * Canonical JSON (RFC 8785: members in the order of their names' code units, no spaces) of what the ledger's entries are made of: objects,
 * lists, texts and truths. Most of an entry is the same in many; the text of such a part is made once. Spec: https://www.rfc-editor.org/rfc/rfc8785
 */
import canonicalize from 'canonicalize'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'

const texts = new WeakMap<object, string>()

/** The same object; its text is made now and kept, so it must never change. */
export function unchanging<T extends object>(value: T): T {
  texts.set(value, canonicalText(value))
  return value
}

/** Members that are undefined are left out. Throws for what has no canonical form: half a surrogate pair, a number that is none. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return textOf(value)
  if (typeof value !== 'object' || value === null) return plainOf(value)
  const known = texts.get(value)
  if (known !== undefined) return known
  if (Array.isArray(value)) return listText(value)
  return isRecord(value) ? objectText(value) : plainOf(value)
}

function listText(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) text += text === '' ? `[${canonicalText(item)}` : `,${canonicalText(item)}`
  return text === '' ? '[]' : `${text}]`
}

function objectText(value: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const name of inOrder(Object.keys(value))) {
    const member = value[name]
    if (member !== undefined) text += `${text === '' ? '{' : ','}${nameOf(name)}${canonicalText(member)}`
  }
  return text === '' ? '{}' : `${text}}`
}

const names = new Map<string, string>()

/** `"name":`, of which there are as many as an entry has elements. */
function nameOf(name: string): string {
  const known = names.get(name)
  const text = known ?? `${textOf(name)}:`
  if (known === undefined && names.size < 100) names.set(name, text)
  return text
}

/** Most are written in order: to see that costs less than sorting. */
function inOrder(names: string[]): readonly string[] {
  for (let at = 1; at < names.length; at += 1) if ((names[at - 1] ?? '') > (names[at] ?? '')) return names.sort()
  return names
}

/** Nothing in it is escaped, and it is well formed. */
const plain = /^[ !#-[\]-~]*$/

function textOf(value: string): string {
  if (plain.test(value)) return `"${value}"`
  return value.isWellFormed() ? JSON.stringify(value) : plainOf(value)
}

/** Numbers, truths, null, and what has no canonical form. */
function plainOf(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('an entry of the ledger must be serialisable')
  return text
}
