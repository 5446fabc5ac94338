/**
 * Is this a unit of UCUM? A code is an expression, not an entry of a list: `10*3/uL`, `mm[Hg]`, `mg/kg{body'weight}`. Case sensitive.
 * Spec: https://ucum.org/ucum (§§ 4-12 and the grammar in § 12)
 */
import { metricAtoms, plainAtoms, prefixes } from './ucum-atoms.ts'

/** Parts between the signs that join them: annotations, numbers, and units with their brackets and exponent. */
const part = /\{[!-z|~]*\}|[./()]|10[*^](?:[+-]?\d+)?|(?:\[[^[\]\s]+\]|[^\s[\]{}()./\d+-])+(?:[+-]?\d+)?|\d+/y

/** Bounded by the length of the code: each part is looked at once. */
export function isUcum(code: string): boolean {
  const parts = partsOf(code)
  if (parts === undefined || parts.length === 0) return false
  const reader = { parts, at: 0 }
  return readTerm(reader, 0) && reader.at === parts.length
}

function partsOf(code: string): readonly string[] | undefined {
  const parts: string[] = []
  part.lastIndex = 0
  while (part.lastIndex < code.length) {
    const found = part.exec(code)
    if (found === null) return undefined
    parts.push(found[0])
  }
  return parts
}

interface Reader {
  readonly parts: readonly string[]
  at: number
}

/** brackets within one another */
const maxDepth = 20

/** Components joined by `.` and `/`; a term may begin with `/`. */
function readTerm(reader: Reader, depth: number): boolean {
  if (reader.parts[reader.at] === '/') reader.at += 1
  if (!readComponent(reader, depth)) return false
  for (let next = reader.parts[reader.at]; next === '.' || next === '/'; next = reader.parts[reader.at]) {
    reader.at += 1
    if (!readComponent(reader, depth)) return false
  }
  return true
}

function readComponent(reader: Reader, depth: number): boolean {
  const text = reader.parts[reader.at]
  if (text === undefined) return false
  reader.at += 1
  if (text === '(') {
    if (depth >= maxDepth || !readTerm(reader, depth + 1) || reader.parts[reader.at] !== ')') return false
    reader.at += 1
    return true
  }
  if (isAnnotation(text)) return true
  if (!/^\d+$/.test(text) && !isUnit(text)) return false
  if (isAnnotation(reader.parts[reader.at])) reader.at += 1
  return true
}

function isAnnotation(text: string | undefined): boolean {
  return text?.startsWith('{') === true
}

function isUnit(text: string): boolean {
  if (/^10[*^]/.test(text)) return true
  const atom = isAtom(text) ? text : text.replace(/[+-]?\d+$/, '')
  return isAtom(atom)
}

function isAtom(text: string): boolean {
  if (metricAtoms.has(text) || plainAtoms.has(text)) return true
  return prefixes.some((prefix) => text.startsWith(prefix) && metricAtoms.has(text.slice(prefix.length)))
}
