/** The compact form → FHIR resources, as they are read and searched. A system of more codes than a reader takes in is told without them. */
import type { CodeSystem, CodeSystemConcept, ConceptMap, ConceptMapGroup, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes'
import type { Head, PackedGroup, PackedMap, PackedPart } from './bundle.ts'
import type { CodeTable } from './code-table.ts'
import type { SetDefinition } from './definition.ts'
import type { PublishedType, Source } from './source.ts'

export type { StructureDefinition } from '@medplum/fhirtypes'

/** concepts listed in a CodeSystem that is read; the rest is asked for with `$lookup` and `$expand` */
const maxListed = 2_000

export type PublishedResource = CodeSystem | ValueSet | ConceptMap

export function publishedResource(source: Source, type: PublishedType, [url]: Head): PublishedResource | undefined {
  if (type === 'CodeSystem') {
    const table = source.system(url)
    return table && codeSystem(table)
  }
  if (type === 'ValueSet') {
    const set = source.valueSet(url)
    return set && valueSetOf(set)
  }
  const map = source.maps().find(({ h }) => h[0] === url)
  return map && conceptMap(map)
}

/** The FHIR id under which a canonical is read; two publishers may give the same, then the later is read by search only. */
export function idOf([url, id]: Head): string {
  const own = id === '' ? url.replace(/^[a-z]+:(\/\/)?/, '') : id
  return own.replace(/[^A-Za-z0-9\-.]/g, '-').slice(0, 64)
}

function common(head: Head) {
  const [url, , version, name, title, status] = head
  return {
    id: idOf(head),
    url,
    ...(version === '' ? {} : { version }),
    ...(name === '' ? {} : { name }),
    ...(title === '' ? {} : { title }),
    status: isStatus(status) ? status : ('unknown' as const),
  }
}

function isStatus(text: string): text is NonNullable<CodeSystem['status']> {
  return ['draft', 'active', 'retired', 'unknown'].includes(text)
}

function codeSystem(table: CodeTable): CodeSystem {
  const isWhole = table.size <= maxListed
  return {
    resourceType: 'CodeSystem',
    ...common(table.head),
    caseSensitive: table.isCaseSensitive,
    content: isWhole ? table.content : 'not-present',
    count: table.size,
    ...(table.size === 0 || !isWhole ? {} : { concept: conceptsOf(table) }),
  }
}

/** Flat; what a concept falls under is a property. http://hl7.org/fhir/R4/codesystem-concept-properties.html */
function conceptsOf(table: CodeTable): CodeSystemConcept[] {
  return Array.from({ length: table.size }, (_, at): CodeSystemConcept => {
    const { definition } = table.detailsOf(at)
    const display = table.displayAt(at)
    const parents = table.parentsOf(at)
    return {
      code: table.codeAt(at),
      ...(display === '' ? {} : { display }),
      ...(definition === undefined ? {} : { definition }),
      ...(parents.length === 0 ? {} : { property: parents.map((parent) => ({ code: 'parent', valueCode: table.codeAt(parent) })) }),
    }
  })
}

export function valueSetOf({ head, packed }: SetDefinition): ValueSet {
  const { n, e = [] } = packed
  return {
    resourceType: 'ValueSet',
    ...common(head),
    ...(n.length === 0 ? {} : { compose: { include: n.map(partOf), ...(e.length === 0 ? {} : { exclude: e.map(partOf) }) } }),
  }
}

function partOf({ s, v, c, f, u }: PackedPart): ValueSetComposeInclude {
  return {
    ...(s === undefined ? {} : { system: s }),
    ...(v === undefined ? {} : { version: v }),
    ...(c === undefined
      ? {}
      : { concept: c.map((each) => (typeof each === 'string' ? { code: each } : { code: each[0], display: each[1] })) }),
    ...(f === undefined ? {} : { filter: f.map(([property, op, value]) => ({ property, op: operatorOf(op), value })) }),
    ...(u === undefined ? {} : { valueSet: [...u] }),
  }
}

type Operator = NonNullable<NonNullable<ValueSetComposeInclude['filter']>[number]['op']>

function operatorOf(op: string): Operator {
  // read from a ValueSet resource, whose element this is
  return op as Operator
}

function conceptMap({ h, s, t, g }: PackedMap): ConceptMap {
  return {
    resourceType: 'ConceptMap',
    ...common(h),
    ...(s === '' ? {} : { sourceUri: s }),
    ...(t === '' ? {} : { targetUri: t }),
    group: g.map(groupOf),
  }
}

type Target = NonNullable<NonNullable<ConceptMapGroup['element']>[number]['target']>[number]

function groupOf({ s, t, e }: PackedGroup): ConceptMapGroup {
  return {
    ...(s === '' ? {} : { source: s }),
    ...(t === '' ? {} : { target: t }),
    element: e.map(([code, targets]) => ({
      code,
      target: targets.map(([to, equivalence, display, comment]) => ({
        ...(to === '' ? {} : { code: to }),
        // read from a ConceptMap resource, whose element this is
        equivalence: equivalence as NonNullable<Target['equivalence']>,
        ...(display === '' ? {} : { display }),
        ...(comment === '' ? {} : { comment }),
      })),
    })),
  }
}
