/**
 * FHIR XML of published test cases → FHIR JSON, by the element table: which element repeats, which is a primitive. For tests only; the
 * gateway neither reads nor writes XML. Spec: http://hl7.org/fhir/R4/json.html#xml
 */
import { isResourceType, structureOf, type Structure } from '../../fhir-profiles/validate/structure.ts'

interface Node {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Node[]
}

type Json = Record<string, unknown>

/** One resource; elements, attributes and the five entities are all that the published cases use. */
export function resourceFromXml(text: string): Json {
  const root = parse(text)
  return { resourceType: root.name, ...objectOf(root, structureOf(root.name)) }
}

function parse(text: string): Node {
  const top: Node = { name: '', attributes: {}, children: [] }
  const open: Node[] = [top]
  for (const [, close, name = '', attributes = '', self] of text.matchAll(
    /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g,
  )) {
    if (close === '/') open.pop()
    else {
      const node: Node = { name, attributes: attributesOf(attributes), children: [] }
      open.at(-1)?.children.push(node)
      if (self !== '/') open.push(node)
    }
  }
  const [root] = top.children
  if (root === undefined) throw new Error('the text holds no element')
  return root
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', a, b]) => [name, unescaped(a ?? b ?? '')]),
  )
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '')
}

function objectOf(node: Node, structure: Structure | undefined): Json {
  const out: Json = {}
  for (const name of ['id', 'url']) if (node.attributes[name] !== undefined) out[name] = node.attributes[name]
  for (const child of node.children) {
    const rule = structure?.elements.get(child.name)
    const value = rule?.isPrimitive === true ? primitiveOf(child, rule.type) : valueOf(child, rule?.type)
    if (rule?.isMany === true) out[child.name] = [...(Array.isArray(out[child.name]) ? (out[child.name] as unknown[]) : []), value]
    else out[child.name] = value
  }
  return out
}

function valueOf(node: Node, type: string | undefined): unknown {
  if (type !== 'Resource') return objectOf(node, type === undefined ? undefined : structureOf(type))
  const [inner] = node.children
  if (inner === undefined || !isResourceType(inner.name)) throw new Error('a resource is expected here')
  return { resourceType: inner.name, ...objectOf(inner, structureOf(inner.name)) }
}

function primitiveOf({ attributes }: Node, type: string): unknown {
  const { value = '' } = attributes
  if (type === 'boolean') return value === 'true'
  return ['integer', 'decimal', 'unsignedInt', 'positiveInt'].includes(type) ? Number(value) : value
}
