/**
 * Narrative: a fragment of XHTML, its elements and attributes from a closed list, no entities but XML's own, something to read.
 * Spec: http://hl7.org/fhir/R4/narrative.html#xhtml
 */
import { SaxesParser } from 'saxes'
import type { SaxesTagNS } from 'saxes'

export interface Narrative {
  readonly faults: readonly NarrativeFault[]
  /** ids and names a link may lead to */
  readonly anchors: ReadonlySet<string>
  readonly links: readonly string[]
  readonly hasContent: boolean
  /** `lang` of the div elements directly below the root */
  readonly sectionLanguages: readonly string[]
  /** texts or elements below the root that no class marks as boilerplate, generated or original */
  readonly hasUnmarked: boolean
}

export type NarrativeFault = 'not-xml' | 'entity' | 'not-a-div' | 'namespace' | 'element' | 'attribute' | 'too-deep'

const xhtml = 'http://www.w3.org/1999/xhtml'

const elements: ReadonlySet<string> = new Set(
  (
    'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub sup ul ol li ' +
    'dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img map area'
  ).split(' '),
)

const attributes: ReadonlySet<string> = new Set(
  (
    'title style class id idref lang xml:lang xml:space dir accesskey tabindex span width align valign char charoff abbr axis headers scope ' +
    'rowspan colspan cellpadding cellspacing border summary'
  ).split(' '),
)

/** Those only some elements have. */
const special: Readonly<Record<string, readonly string[]>> = {
  a: ['href', 'name', 'rel', 'target', 'hreflang'],
  img: ['src', 'alt', 'longdesc', 'height', 'usemap', 'ismap', 'border'],
  area: ['href', 'alt', 'shape', 'coords', 'nohref'],
  map: ['name'],
  blockquote: ['cite'],
  q: ['cite'],
  ol: ['start', 'type'],
  ul: ['type'],
  li: ['value', 'type'],
  td: ['nowrap', 'bgcolor', 'height'],
  th: ['nowrap', 'bgcolor', 'height'],
  tr: ['bgcolor'],
  table: ['rules', 'frame', 'bgcolor'],
  hr: ['size', 'noshade'],
  br: ['clear'],
}

const maxDepth = 200
const maxLength = 2_000_000
const remembered = new Map<string, Narrative>()

/** What there is to say about the text of a narrative's div. */
export function narrativeOf(text: string): Narrative {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const narrative = read(text)
  // The same narrative is asked about by several rules; one is kept, so that nobody's text stays in memory.
  remembered.clear()
  remembered.set(text, narrative)
  return narrative
}

export function narrativeFaults(text: string): readonly NarrativeFault[] {
  return narrativeOf(text).faults
}

interface Collected {
  readonly faults: Set<NarrativeFault>
  readonly anchors: Set<string>
  readonly links: string[]
  readonly languages: string[]
  depth: number
  hasContent: boolean
  hasUnmarked: boolean
}

function read(text: string): Narrative {
  const found: Collected = {
    faults: new Set(),
    anchors: new Set(),
    links: [],
    languages: [],
    depth: 0,
    hasContent: false,
    hasUnmarked: false,
  }
  if (text.length > maxLength) found.faults.add('too-deep')
  else if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) found.faults.add('entity')
  else parse(text, found)
  const { anchors, links, hasContent, hasUnmarked } = found
  return { faults: [...found.faults], anchors, links, hasContent, sectionLanguages: found.languages, hasUnmarked }
}

/** Told by its own class, so that a parser's error is not taken for ours. */
class TooDeep extends Error {}

function parse(text: string, found: Collected): void {
  const parser = new SaxesParser({ xmlns: true, fragment: false })
  parser.on('opentag', (tag) => open(tag, found))
  parser.on('closetag', () => {
    found.depth -= 1
  })
  parser.on('text', (content) => {
    if (content.trim() === '') return
    found.hasContent = true
    if (found.depth === 1) found.hasUnmarked = true
  })
  parser.on('error', (error) => {
    found.faults.add(/entity/i.test(error.message) ? 'entity' : /namespace/i.test(error.message) ? 'namespace' : 'not-xml')
  })
  try {
    parser.write(text.trim()).close()
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    found.faults.add('too-deep')
  }
}

const sources: ReadonlySet<string> = new Set(['boilerplate', 'generated', 'original'])

function open(tag: SaxesTagNS, found: Collected): void {
  const name = tag.local
  if (found.depth === 0 && name !== 'div') found.faults.add('not-a-div')
  if (tag.uri !== xhtml) found.faults.add('namespace')
  else if (!elements.has(name)) found.faults.add('element')
  found.depth += 1
  if (found.depth > maxDepth) throw new TooDeep()
  if (name === 'img') found.hasContent = true
  for (const attribute of Object.values(tag.attributes)) readAttribute(name, attribute, found)
  const classes = tag.attributes['class']?.value.split(/\s+/) ?? []
  if (found.depth !== 2) return
  const language = tag.attributes['lang']?.value ?? tag.attributes['xml:lang']?.value
  if (name === 'div' && language !== undefined) found.languages.push(language)
  if (!classes.some((each) => sources.has(each))) found.hasUnmarked = true
}

function readAttribute(element: string, attribute: { name: string; value: string; prefix: string }, found: Collected): void {
  const { name, value } = attribute
  if (name === 'xmlns' || attribute.prefix === 'xmlns') return
  if (!attributes.has(name) && special[element]?.includes(name) !== true) found.faults.add('attribute')
  if (name === 'id' || (name === 'name' && element === 'a')) found.anchors.add(value)
  if (name === 'href') found.links.push(value)
}
