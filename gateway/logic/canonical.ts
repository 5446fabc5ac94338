/**
 * Canonical JSON (RFC 8785: members in the order of their names' code units, no spaces) of what the ledger's entries are made of: objects,
 * lists, texts and truths. Most of an entry is the same in many; the text of such a part is made once. Spec: https://www.rfc-editor.org/rfc/rfc8785
 */
import canonicalize from 'canonicalize'

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
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  let text = ''
  for (const name of inOrder(Object.keys(value))) {
    const member: unknown = Reflect.get(value, name)
    if (member !== undefined) text += `${text === '' ? '' : ','}${textOf(name)}:${canonicalText(member)}`
  }
  return `{${text}}`
}

/** Most are written in order: to see that costs less than sorting. */
function inOrder(names: string[]): readonly string[] {
  for (let at = 1; at < names.length; at += 1) if ((names[at - 1] ?? '') > (names[at] ?? '')) return names.sort()
  return names
}

function textOf(value: string): string {
  return value.isWellFormed() ? JSON.stringify(value) : plainOf(value)
}

/** Numbers, truths, null, and what has no canonical form. */
function plainOf(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('an entry of the ledger must be serialisable')
  return text
}
