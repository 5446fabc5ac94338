/**
 * FHIR XML into FHIR JSON, by the definitions of R4: no document type, bounded depth and size, every digit of a decimal kept.
 * What has no place in JSON (text between elements, unknown attributes, elements out of order) is a fault of its own; what JSON can
 * say wrongly too (unknown names, too many) goes through, for the validator to judge. Spec: http://hl7.org/fhir/R4/xml.html
 */
import { SaxesParser } from 'saxes'
import type { SaxesTagNS } from 'saxes'
import type { Position } from './json-position.ts'
import { isExactNumber } from './json.ts'
import type { TypeInfo, Types } from './validate/type-info.ts'

export interface XmlLimits {
  readonly maxBytes: number
  readonly maxDepth: number
}

export type XmlFaultId =
  | 'xml-malformed'
  | 'xml-too-large'
  | 'xml-too-deep'
  | 'xml-doctype'
  | 'xml-namespace'
  | 'xml-text'
  | 'xml-attribute'
  | 'xml-order'

export interface XmlFault {
  readonly id: XmlFaultId
  readonly line: number
  readonly column: number
}

export interface ReadXml {
  /** the resource as JSON; undefined when the text is no XML or its root no resource */
  readonly value: unknown
  readonly faults: readonly XmlFault[]
  /** where the value at some JSON steps was written: key is the steps joined by `/` */
  readonly positions: ReadonlyMap<string, Position>
}

const fhir = 'http://hl7.org/fhir'
const xhtml = 'http://www.w3.org/1999/xhtml'

interface XmlElement extends Position {
  readonly name: string
  readonly uri: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  hasText: boolean
  /** of a narrative: the text as it was written */
  markup: string | undefined
}

/** Reads one resource. Total: whatever the text is, it answers. */
export function readXml(text: string, types: Types, limits: XmlLimits): ReadXml {
  const faults: XmlFault[] = []
  const positions = new Map<string, Position>()
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const root = plain.length > limits.maxBytes ? tooLarge(faults) : parse(plain, limits, faults)
  if (root === undefined) return { value: undefined, faults, positions }
  return { value: resourceOf(root, { types, faults, positions }, []), faults, positions }
}

function tooLarge(faults: XmlFault[]): undefined {
  faults.push({ id: 'xml-too-large', line: 1, column: 1 })
  return undefined
}

/** Ends a parse early; never leaves this file. */
class Refused extends Error {}

function parse(text: string, limits: XmlLimits, faults: XmlFault[]): XmlElement | undefined {
  const parser = new SaxesParser({ xmlns: true })
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  // start of the narrative being read, and how deep it stands
  let narrative: { readonly from: number; readonly depth: number } | undefined
  const refuse = (id: XmlFaultId): never => {
    faults.push({ id, line: parser.line, column: parser.column + 1 })
    throw new Refused()
  }
  let tagStart = 0
  parser.on('doctype', () => refuse('xml-doctype'))
  parser.on('error', () => refuse('xml-malformed'))
  parser.on('opentagstart', () => {
    tagStart = text.lastIndexOf('<', parser.position - 1)
  })
  parser.on('opentag', (tag) => {
    if (open.length >= limits.maxDepth) refuse('xml-too-deep')
    const element = elementOf(tag, parser)
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
    if (narrative === undefined && element.uri === xhtml) narrative = { from: tagStart, depth: open.length }
  })
  parser.on('closetag', () => {
    const element = open.pop()
    if (element === undefined || narrative === undefined || narrative.depth !== open.length + 1) return
    element.markup = text.slice(narrative.from, parser.position)
    narrative = undefined
  })
  parser.on('text', (content) => {
    const element = open.at(-1)
    if (element !== undefined && content.trim() !== '') element.hasText = true
  })
  try {
    parser.write(text).close()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return undefined
  }
  return root
}

function elementOf(tag: SaxesTagNS, at: { line: number; column: number }): XmlElement {
  const attributes = Object.values(tag.attributes).filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
  return {
    name: tag.local,
    uri: tag.uri,
    attributes: new Map(attributes.map(({ name, value }) => [name, value])),
    children: [],
    hasText: false,
    markup: undefined,
    line: at.line,
    column: at.column + 1,
  }
}

interface Reading {
  readonly types: Types
  readonly faults: XmlFault[]
  readonly positions: Map<string, Position>
}

type Steps = readonly (string | number)[]
type Json = Record<string, unknown>

function fault(reading: Reading, id: XmlFaultId, { line, column }: Position): void {
  reading.faults.push({ id, line, column })
}

function resourceOf(element: XmlElement, reading: Reading, steps: Steps): unknown {
  if (element.uri !== fhir) fault(reading, 'xml-namespace', element)
  const type = reading.types.of(element.name)
  const value: Json = { resourceType: element.name }
  reading.positions.set(steps.join('/'), element)
  if (type?.kind === 'resource') fill(value, element, type, { ...reading, steps })
  return value
}

type At = Reading & { readonly steps: Steps }

/** Attributes any element may have beside its value: `id`, and the `url` of an extension. */
function fill(value: Json, element: XmlElement, type: TypeInfo, at: At): void {
  for (const [name, text] of element.attributes) {
    if (name === 'id' && type.kind !== 'resource') value['id'] = text
    else if (name === 'url' && type.name === 'Extension') value['url'] = text
    else if (!name.startsWith('xsi:') && !name.startsWith('xml:')) fault(at, 'xml-attribute', element)
  }
  if (element.hasText) fault(at, 'xml-text', element)
  const groups = new Map<string, XmlElement[]>()
  for (const child of element.children) {
    const group = groups.get(child.name)
    if (group === undefined) groups.set(child.name, [child])
    else group.push(child)
  }
  checkOrder(element, type, at)
  for (const [name, group] of groups) put(value, name, group, type, at)
}

/** Spec: http://hl7.org/fhir/R4/xml.html "the order of elements" */
function checkOrder(element: XmlElement, type: TypeInfo, at: At): void {
  const order = [...type.elements].map(([key, info]) => [key, info.name] as const)
  const place = new Map(order.map(([key], index) => [key, index]))
  let highest = -1
  for (const child of element.children) {
    const own = place.get(child.name)
    if (own === undefined) continue
    if (own < highest) fault(at, 'xml-order', child)
    highest = Math.max(highest, own)
  }
}

function put(value: Json, name: string, group: readonly XmlElement[], type: TypeInfo, at: At): void {
  const info = type.elements.get(name)
  const isList = info?.isList === true || group.length > 1
  const read = group.map((child, index) => {
    const steps = [...at.steps, name, ...(isList ? [index] : [])]
    at.positions.set(steps.join('/'), child)
    if (child.uri !== fhir && !(child.uri === xhtml && info?.type === 'xhtml')) fault(at, 'xml-namespace', child)
    if (info === undefined) return { own: {}, sibling: undefined }
    if (info.kind === 'primitive') return primitiveOf(child, info.type, { ...at, steps })
    return { own: info.kind === 'resource' ? wrapped(child, at, steps) : complexOf(child, info.type, { ...at, steps }), sibling: undefined }
  })
  const owns = read.map(({ own }) => own)
  const siblings = read.map(({ sibling }) => sibling)
  if (owns.some((own) => own !== undefined)) value[name] = isList ? owns.map((own) => own ?? null) : owns[0]
  if (siblings.some((sibling) => sibling !== undefined))
    value[`_${name}`] = isList ? siblings.map((sibling) => sibling ?? null) : siblings[0]
}

/** `contained` and `resource` hold one element that names the resource's type. */
function wrapped(element: XmlElement, at: At, steps: Steps): unknown {
  const [inner] = element.children
  if (inner === undefined) return {}
  return resourceOf(inner, at, steps)
}

function complexOf(element: XmlElement, name: string, at: At): unknown {
  const value: Json = {}
  const type = at.types.of(name)
  if (type !== undefined) fill(value, element, type, at)
  return value
}

function primitiveOf(element: XmlElement, name: string, at: At): { own: unknown; sibling: unknown } {
  if (name === 'xhtml') return { own: element.markup ?? '', sibling: undefined }
  const text = element.attributes.get('value')
  const attributes = new Map([...element.attributes].filter(([key]) => key !== 'value'))
  const sibling = complexOf({ ...element, attributes }, name, at)
  const isBare = typeof sibling === 'object' && sibling !== null && Object.keys(sibling).length === 0
  const own = text === undefined ? undefined : valueOf(text, name)
  return { own, sibling: isBare && own !== undefined ? undefined : sibling }
}

const numbers: ReadonlySet<string> = new Set(['integer', 'positiveInt', 'unsignedInt', 'decimal'])
const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** Text that is no number or boolean stays text: the validator says so. */
function valueOf(text: string, type: string): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (!numbers.has(type) || !jsonNumber.test(text)) return text
  const exact = JSON.rawJSON(text)
  return String(Number(text)) === text || !isExactNumber(exact) ? Number(text) : exact
}
