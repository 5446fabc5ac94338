/** CodeSystem, ValueSet and ConceptMap resources → the compact form. Pure; what is malformed is left out, never thrown at. */
import type { CodeSystem, CodeSystemConcept, ConceptMap, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes'
import type { Content, Head, PackedDetails, PackedMap, PackedPart, PackedSet, PackedSystem, PropertyValue } from './bundle.ts'

type Published = CodeSystem | ValueSet | ConceptMap

interface Row {
  readonly concept: CodeSystemConcept
  readonly parent: number
}

function headOf({ url, id, version, name, title, status }: Published): Head {
  return [url ?? '', id ?? '', version ?? '', name ?? '', title ?? '', status]
}

/** Concepts in the order of the publication, parents before children. */
function flat(concepts: readonly CodeSystemConcept[] | undefined, parent = -1, rows: Row[] = []): readonly Row[] {
  for (const concept of concepts ?? []) {
    const at = rows.push({ concept, parent }) - 1
    flat(concept.concept, at, rows)
  }
  return rows
}

/** Nesting, and the properties `parent`, `subsumedBy` and `child`, by which a list says that a concept has several parents. */
function parentsOf(rows: readonly Row[]): readonly (readonly number[])[] {
  const places = new Map(rows.map(({ concept }, at) => [concept.code, at]))
  const parents = rows.map(({ parent }): number[] => (parent < 0 ? [] : [parent]))
  const add = (child: number | undefined, parent: number | undefined): void => {
    if (child === undefined || parent === undefined || child === parent) return
    const list = parents[child]
    if (list !== undefined && !list.includes(parent)) list.push(parent)
  }
  for (const [at, { concept }] of rows.entries()) {
    for (const { code, valueCode } of concept.property ?? []) {
      const other = valueCode === undefined ? undefined : places.get(valueCode)
      if (code === 'child') add(other, at)
      if (code === 'parent' || code === 'subsumedBy') add(at, other)
    }
  }
  return parents
}

const hierarchy: ReadonlySet<string | undefined> = new Set(['child', 'parent', 'subsumedBy'])

export function packSystem(resource: CodeSystem): PackedSystem {
  const rows = flat(resource.concept)
  const parents = parentsOf(rows)
  const oid = resource.identifier?.map(({ value }) => value).find((value) => value?.startsWith('urn:oid:'))
  return {
    h: headOf(resource),
    k: contentOf(resource.content),
    ...(resource.caseSensitive === false ? { i: 1 as const } : {}),
    ...(oid === undefined ? {} : { o: oid.slice('urn:oid:'.length) }),
    c: rows.map(({ concept }) => concept.code ?? ''),
    d: rows.map(({ concept: { code, display } }) => (display === code ? 1 : (display ?? 0))),
    ...(parents.every((list) => list.length === 0) ? {} : { p: parents.map((list) => (list.length > 1 ? list : (list[0] ?? -1))) }),
  }
}

function contentOf(content: CodeSystem['content'] | undefined): Content {
  return content ?? 'not-present'
}

/** undefined where the code system says no more than its displays */
export function packDetails(resource: CodeSystem): PackedDetails | undefined {
  const rows = flat(resource.concept).map(({ concept }) => concept)
  const definitions = rows.map(({ display, definition }) => (definition === display ? 0 : (definition ?? 0)))
  const designations = sparse(rows, ({ designation }) => designation?.map(({ language, value }) => [language ?? '', value ?? ''] as const))
  const properties = sparse(rows, ({ property }) =>
    property?.filter(({ code }) => !hierarchy.has(code)).map((each) => [each.code ?? '', valueOf(each)] as const),
  )
  const parts = {
    ...(definitions.every((each) => each === 0) ? {} : { f: definitions }),
    ...(Object.keys(designations).length === 0 ? {} : { x: designations }),
    ...(Object.keys(properties).length === 0 ? {} : { q: properties }),
  }
  return Object.keys(parts).length === 0 ? undefined : { u: resource.url ?? '', ...parts }
}

type Property = NonNullable<CodeSystemConcept['property']>[number]

function valueOf(each: Property): PropertyValue {
  const { valueBoolean, valueCode, valueCoding, valueDateTime, valueDecimal, valueInteger, valueString } = each
  return valueCode ?? valueString ?? valueDateTime ?? valueBoolean ?? valueInteger ?? valueDecimal ?? valueCoding?.code ?? ''
}

function sparse<T>(
  rows: readonly CodeSystemConcept[],
  of: (concept: CodeSystemConcept) => readonly T[] | undefined,
): Record<string, readonly T[]> {
  return Object.fromEntries(
    rows.flatMap((concept, at) => {
      const found = of(concept)
      return found === undefined || found.length === 0 ? [] : [[String(at), found] as const]
    }),
  )
}

/** Without a `compose` only the codes of a stored expansion are known. */
export function packSet(resource: ValueSet): PackedSet {
  const { include, exclude = [] } = resource.compose ?? {}
  return {
    h: headOf(resource),
    n: include === undefined ? expanded(resource) : include.map(partOf),
    ...(exclude.length === 0 ? {} : { e: exclude.map(partOf) }),
  }
}

function expanded(resource: ValueSet): readonly PackedPart[] {
  const bySystem = new Map<string, [string, string][]>()
  const visit = (contains: NonNullable<ValueSet['expansion']>['contains']): void => {
    for (const { system, code, display, abstract, contains: inner } of contains ?? []) {
      if (system !== undefined && code !== undefined && abstract !== true) {
        const list = bySystem.get(system) ?? []
        list.push([code, display ?? code])
        bySystem.set(system, list)
      }
      visit(inner)
    }
  }
  visit(resource.expansion?.contains)
  return [...bySystem].map(([system, codes]) => ({ s: system, c: codes }))
}

function partOf({ system, version, concept, filter, valueSet }: ValueSetComposeInclude): PackedPart {
  return {
    ...(system === undefined ? {} : { s: system }),
    ...(version === undefined ? {} : { v: version }),
    ...(concept === undefined
      ? {}
      : { c: concept.map(({ code, display }) => (display === undefined ? (code ?? '') : ([code ?? '', display] as const))) }),
    ...(filter === undefined ? {} : { f: filter.map(({ property, op, value }) => [property ?? '', op ?? '', value ?? ''] as const) }),
    ...(valueSet === undefined ? {} : { u: valueSet }),
  }
}

export function packMap(resource: ConceptMap): PackedMap {
  return {
    h: headOf(resource),
    s: resource.sourceUri ?? resource.sourceCanonical ?? '',
    t: resource.targetUri ?? resource.targetCanonical ?? '',
    g: (resource.group ?? []).map(({ source = '', target = '', element, unmapped }) => ({
      s: source,
      t: target,
      e: (element ?? []).map(({ code, target: targets = [] }) => [
        code ?? '',
        targets.map(
          ({ code: to = '', display = '', equivalence, comment = '' }) => [to, equivalence ?? 'equivalent', display, comment] as const,
        ),
      ]),
      ...(unmapped === undefined
        ? {}
        : {
            m: {
              mode: unmapped.mode ?? 'fixed',
              ...(unmapped.code === undefined ? {} : { code: unmapped.code }),
              ...(unmapped.display === undefined ? {} : { display: unmapped.display }),
              ...(unmapped.url === undefined ? {} : { url: unmapped.url }),
            },
          }),
    })),
  }
}
