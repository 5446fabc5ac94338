/**
 * A release compiled to one block of bytes that is asked where it lies: texts end to end with their offsets, a hash table for codes, and for
 * each concept its parents, children and all that it falls under, sorted. Nothing is unpacked into objects.
 */
import type { Content, Head, PropertyValue } from './bundle.ts'
import { wordsOf, type CodeTable } from './code-table.ts'
import { closureOf } from './closure.ts'

export interface CompiledConcept {
  readonly code: string
  readonly display: string
  readonly designations: readonly (readonly [language: string, value: string])[]
  readonly properties: readonly (readonly [code: string, value: PropertyValue])[]
  /** codes of the concepts right above; those that are not in the release are left out */
  readonly parents: readonly string[]
}

export interface Release {
  readonly head: Head
  readonly isCaseSensitive: boolean
  readonly concepts: readonly CompiledConcept[]
}

const magic = 'carenet-terms-1\n'
const textSections = ['codes', 'displays', 'names', 'details'] as const
const listSections = ['parents', 'children', 'above'] as const
type Section = `${(typeof textSections)[number] | (typeof listSections)[number]}.${'at' | 'of'}` | 'slots'

interface Header {
  readonly head: Head
  readonly content: Content
  readonly isCaseSensitive: boolean
  readonly size: number
  /** where each section begins, from the end of the header, and its length in bytes */
  readonly sections: Readonly<Partial<Record<Section, readonly [from: number, bytes: number]>>>
}

/** The bytes of a release. Of a code that comes twice the first counts. */
export function compileRelease({ head, isCaseSensitive, concepts: all }: Release): Buffer {
  const places = new Map<string, number>()
  const concepts = all.filter(({ code }) => (places.has(code) ? false : (places.set(code, places.size), true)))
  const parents = concepts.map(({ parents }, at) => parents.flatMap((code) => places.get(code) ?? []).filter((each) => each !== at))
  const children: number[][] = concepts.map(() => [])
  for (const [at, list] of parents.entries()) for (const parent of list) children[parent]?.push(at)
  const blocks = new Map<Section, Buffer>()
  const texts: Readonly<Record<(typeof textSections)[number], (concept: CompiledConcept) => string>> = {
    codes: ({ code }) => code,
    displays: ({ display }) => display,
    names: ({ code, display, designations }) => folded([code, display, ...designations.map(([, value]) => value)].join('\n')),
    details: ({ designations, properties }) =>
      designations.length + properties.length === 0 ? '' : JSON.stringify([designations, properties]),
  }
  for (const name of textSections) addTexts(blocks, name, concepts.map(texts[name]))
  for (const [name, lists] of [
    ['parents', parents],
    ['children', children],
    ['above', closureOf(parents)],
  ] as const)
    addLists(blocks, name, lists)
  blocks.set('slots', bytesOf(slotsOf(concepts.map(({ code }) => (isCaseSensitive ? code : code.toLowerCase())))))
  return assembled({ head, content: 'complete', isCaseSensitive, size: concepts.length }, blocks)
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

function addTexts(blocks: Map<Section, Buffer>, name: (typeof textSections)[number], texts: readonly string[]): void {
  const offsets = new Uint32Array(texts.length + 1)
  const parts = texts.map((text, at) => {
    const bytes = Buffer.from(text)
    offsets[at + 1] = (offsets[at] ?? 0) + bytes.length
    return bytes
  })
  blocks.set(`${name}.at`, bytesOf(offsets)).set(`${name}.of`, Buffer.concat(parts))
}

function addLists(blocks: Map<Section, Buffer>, name: (typeof listSections)[number], lists: readonly ArrayLike<number>[]): void {
  const offsets = new Uint32Array(lists.length + 1)
  for (const [at, list] of lists.entries()) offsets[at + 1] = (offsets[at] ?? 0) + list.length
  const values = new Uint32Array(offsets[lists.length] ?? 0)
  for (const [at, list] of lists.entries()) values.set(list, offsets[at])
  blocks.set(`${name}.at`, bytesOf(offsets)).set(`${name}.of`, bytesOf(values))
}

function bytesOf(values: Uint32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** Open addressing, at most half full; a slot holds a place + 1. */
function slotsOf(codes: readonly string[]): Uint32Array {
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(codes.length * 2 + 2)))
  for (const [at, code] of codes.entries()) {
    let slot = hashOf(code) & (slots.length - 1)
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = at + 1
  }
  return slots
}

/** FNV-1a over UTF-16 units, then stirred (MurmurHash3's end): codes that count upwards must not lie side by side */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function assembled(about: Omit<Header, 'sections'>, blocks: ReadonlyMap<Section, Buffer>): Buffer {
  let from = 0
  const sections: Partial<Record<Section, [number, number]>> = {}
  const parts: Buffer[] = []
  for (const [name, block] of blocks) {
    sections[name] = [from, block.length]
    const padded = (block.length + 7) & ~7
    parts.push(block, Buffer.alloc(padded - block.length))
    from += padded
  }
  const json = Buffer.from(JSON.stringify({ ...about, sections }))
  // the sections begin at a multiple of eight, so that they can be read in place
  const lead = (magic.length + 4 + json.length + 7) & ~7
  const start = Buffer.alloc(lead, 0x20)
  start.write(magic, 'latin1')
  start.writeUInt32LE(lead - magic.length - 4, magic.length)
  json.copy(start, magic.length + 4)
  return Buffer.concat([start, ...parts])
}

/** The table over compiled bytes. Throws RangeError where they are not what `compileRelease` makes. */
export function compiledTable(given: Buffer): CodeTable {
  const { header, lead } = headerOf(given)
  // typed arrays need their bytes at a multiple of four
  const bytes = given.byteOffset % 8 === 0 ? given : Buffer.from(new Uint8Array(given))
  const base = magic.length + 4 + lead
  const block = (name: Section): Buffer => {
    const [from, length] = header.sections[name] ?? [0, -1]
    if (length < 0 || base + from + length > bytes.length) throw new RangeError('a compiled release is cut short')
    return bytes.subarray(base + from, base + from + length)
  }
  const numbers = (name: Section): Uint32Array => {
    const { buffer, byteOffset, byteLength } = block(name)
    return new Uint32Array(buffer, byteOffset, byteLength / 4)
  }
  return tableOver(header, block, numbers)
}

export function headOfCompiled(bytes: Buffer): { readonly head: Head; readonly size: number } {
  const { head, size } = headerOf(bytes).header
  return { head, size }
}

function headerOf(bytes: Buffer): { readonly header: Header; readonly lead: number } {
  if (bytes.length < magic.length + 4 || bytes.toString('latin1', 0, magic.length) !== magic) throw new RangeError('no compiled release')
  const lead = bytes.readUInt32LE(magic.length)
  // our own header; what is missing in it shows as a section that is not there
  const header = JSON.parse(bytes.toString('utf8', magic.length + 4, magic.length + 4 + lead)) as Header
  return { header, lead }
}

function tableOver(header: Header, block: (name: Section) => Buffer, numbers: (name: Section) => Uint32Array): CodeTable {
  const { head, content, isCaseSensitive, size } = header
  const text = (name: (typeof textSections)[number]) => {
    const [offsets, bytes] = [numbers(`${name}.at`), block(`${name}.of`)]
    return { offsets, bytes, at: (at: number) => bytes.toString('utf8', offsets[at] ?? 0, offsets[at + 1] ?? 0) }
  }
  const list = (name: (typeof listSections)[number]) => {
    const [offsets, values] = [numbers(`${name}.at`), numbers(`${name}.of`)]
    return { offsets, values, at: (at: number) => [...values.subarray(offsets[at] ?? 0, offsets[at + 1] ?? 0)] }
  }
  const [codes, displays, names, details] = [text('codes'), text('displays'), text('names'), text('details')]
  const [parents, children, above] = [list('parents'), list('children'), list('above')]
  const slots = numbers('slots')
  const asKept = (code: string): string => (isCaseSensitive ? code : code.toLowerCase())
  return {
    head,
    content,
    isCaseSensitive,
    size,
    indexOf(code) {
      const wanted = asKept(code)
      for (let slot = hashOf(wanted) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
        const at = (slots[slot] ?? 0) - 1
        if (at < 0 || asKept(codes.at(at)) === wanted) return at
      }
    },
    codeAt: codes.at,
    displayAt: displays.at,
    parentsOf: parents.at,
    childrenOf: children.at,
    isBelow: (at, other) => holds(above.values, { from: above.offsets[at] ?? 0, to: above.offsets[at + 1] ?? 0, value: other }),
    detailsOf: (at) => ({ definition: undefined, ...detailsIn(details.at(at)) }),
    matching: (asked) => matching(asked, names),
  }
}

function detailsIn(text: string): Pick<CompiledConcept, 'designations' | 'properties'> {
  if (text === '') return { designations: [], properties: [] }
  // written by compileRelease
  const [designations, properties] = JSON.parse(text) as [CompiledConcept['designations'], CompiledConcept['properties']]
  return { designations, properties }
}

function holds(sorted: Uint32Array, { from, to, value }: { readonly from: number; readonly to: number; readonly value: number }): boolean {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low < to && sorted[low] === value
}

/** The longest word is looked for in all names at once; only where it is found the others are compared. */
function* matching(
  asked: string,
  names: { readonly offsets: Uint32Array; readonly bytes: Buffer; at(at: number): string },
): Iterable<number> {
  const words = wordsOf(asked).toSorted((a, b) => b.length - a.length)
  const [longest] = words
  if (longest === undefined) {
    for (let at = 0; at < names.offsets.length - 1; at++) yield at
    return
  }
  const needle = Buffer.from(longest)
  for (let from = names.bytes.indexOf(needle); from >= 0;) {
    const at = placeOf(names.offsets, from)
    const own = names.at(at)
    if (words.every((word) => own.includes(word))) yield at
    from = names.bytes.indexOf(needle, names.offsets[at + 1])
    if ((names.offsets[at + 1] ?? 0) >= names.bytes.length) return
  }
}

/** The concept whose text a byte belongs to. */
function placeOf(offsets: Uint32Array, byte: number): number {
  let [low, high] = [0, offsets.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] ?? 0) <= byte) low = middle
    else high = middle
  }
  return low
}
