/**
 * One resource → what is stored of it or judged on it: exact text in the custodian's ids, the same text in network ids, facts and
 * index rows. Pure; the same for records that rest in the store and for those a live institution just answered.
 */
import { extractIndex } from '../fhir-profiles/search-parameters.ts'
import { facts, isNarrated, type ResourceFacts } from '../fhir-profiles/facts.ts'
import { stringifyExact } from '../fhir-profiles/json.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import { demographics } from './logic/match.ts'
import { contentFacts, departmentsIn, unlabelled, type ContentFacts } from '../consent/record-facts.ts'
import { labelledElements, redact, type LabelledElement } from '../consent/redact.ts'
import type { ActorKey } from '../consent/types.ts'
import type { IndexRow, RecordRow } from './store/records.ts'

export interface PrepareInput {
  /** in the custodian's own ids, urn:uuid references already resolved */
  readonly resource: Resource
  readonly institution: string
  readonly localId: string
  readonly id: string
  readonly version: number
  readonly updatedMs: number
  readonly isNetworkForm: boolean
  /** network id of an own-partition reference; undefined leaves the reference as it is */
  readonly networkIdOf: (type: string, localId: string) => string | undefined
  readonly person: string | null
  /** keys of the custodian and its ancestors */
  readonly custodianKeys: readonly ActorKey[]
  /** source keys inherited from the encounter the record belongs to */
  readonly encounterSources: readonly ActorKey[]
  readonly parties: readonly string[]
  readonly source: string
  readonly timeZone: string
  /** `contentFacts`, unless a test wants it to fail */
  readonly label?: typeof contentFacts
}

export interface Prepared {
  readonly row: RecordRow
  readonly index: readonly IndexRow[]
  /** labelling failed: the record is kept, and refused to whom labels decide; the name of the error, never its text */
  readonly labelFault: string | undefined
}

export function prepare(input: PrepareInput): Prepared {
  const own = stamped(input)
  const mapped = rewriteReferences(own, (value) => networkReference(value, input.networkIdOf))
  const text = stringifyExact(own)
  const peopleText = stringifyExact({ ...mapped, id: input.id })
  const read = facts(input.resource, { zone: input.timeZone })
  const encounter = read.encounter === undefined ? null : (networkReference(read.encounter, input.networkIdOf) ?? read.encounter)
  // A request names the department that will act, not the one it comes from.
  const sources = sourcesOf(input, input.resource.resourceType === 'ServiceRequest' ? [] : read.departments, read.authors)
  // A department as such, or who works there, is nobody's illness.
  const departments = input.person === null ? [] : departmentsIn(sources)
  const { content, elements, fault } = labelled(input, read, departments)
  const row: RecordRow = {
    id: input.id,
    institution: input.institution,
    type: input.resource.resourceType,
    localId: input.localId,
    version: input.version,
    person: input.person,
    deleted: false,
    text,
    peopleText: peopleText === text ? null : peopleText,
    isNetworkForm: input.isNetworkForm,
    updatedMs: input.updatedMs,
    sources,
    classes: read.classes,
    ...content,
    elements: elements.length === 0 ? null : elements,
    isNarrated: isNarrated(input.resource),
    relations: relationsOf(input),
    parties: input.parties,
    encounter: encounter?.split('/')[1] ?? null,
  }
  return { row, index: labelledIndex(input, row, elements), labelFault: fault }
}

type Stamp = Pick<PrepareInput, 'resource' | 'localId' | 'version' | 'updatedMs' | 'source'>

function stamped({ resource, localId, version, updatedMs, source }: Stamp): Resource {
  const { id: _, meta, ...rest } = resource
  const own = { ...meta, versionId: String(version), lastUpdated: new Date(updatedMs).toISOString(), source }
  return ordered({ ...rest, id: localId, meta: own })
}

/** The exact text of a resource as one version of it is stored: equal to what is there, it would be no new version. */
export function textOf(stamp: Stamp): string {
  return stringifyExact(stamped(stamp))
}

interface LabelledContent {
  readonly content: ContentFacts
  /** judged on their own: the record's facts are of what is left without them */
  readonly elements: readonly LabelledElement[]
  readonly fault: string | undefined
}

/** Intake never fails for a label: what cannot be labelled fails closed. */
function labelled(input: PrepareInput, read: ResourceFacts, departments: readonly string[]): LabelledContent {
  const label = input.label ?? contentFacts
  try {
    const elements = labelledElements(input.resource, departments)
    const paths = elements.map(({ path }) => path)
    const left = paths.length === 0 ? read : facts(redact(input.resource, paths), { zone: input.timeZone })
    return { content: label(left, departments), elements, fault: undefined }
  } catch (error) {
    return { content: unlabelled, elements: [], fault: error instanceof Error ? error.name : 'unknown' }
  }
}

/** Index rows that only a labelled element gives carry its labels; what only the words beside them give, the labels of all. */
function labelledIndex(input: PrepareInput, row: RecordRow, elements: readonly LabelledElement[]): readonly IndexRow[] {
  const all = indexOf(input, row)
  if (elements.length === 0) return all
  const rowsWithout = (gone: readonly LabelledElement[]) =>
    new Set(
      indexOf(
        {
          ...input,
          resource: redact(
            input.resource,
            gone.map(({ path }) => path),
          ),
        },
        row,
      ).map((each) => JSON.stringify(each)),
    )
  const plain = rowsWithout(elements)
  const own = elements.map((element) => ({ element, rows: rowsWithout(elements.filter((each) => each !== element)) }))
  return all.flatMap((each) => {
    const text = JSON.stringify(each)
    if (plain.has(text)) return [each]
    const of = own.filter(({ rows }) => elements.length > 1 && rows.has(text)).map(({ element }) => element)
    const labels = of.length > 0 ? of : [strictest(elements)]
    return labels.map(({ codes, sensitivities, confidentiality }) => ({ ...each, codes, sensitivities, confidentiality }))
  })
}

function strictest(elements: readonly LabelledElement[]): Omit<LabelledElement, 'path'> {
  return {
    codes: [...new Set(elements.flatMap(({ codes }) => codes))].sort(),
    sensitivities: [...new Set(elements.flatMap(({ sensitivities }) => sensitivities))].sort(),
    confidentiality: Math.max(...elements.map(({ confidentiality }) => confidentiality)),
  }
}

/** resourceType, id and meta first, as people expect to read it. */
function ordered(resource: Resource): Resource {
  // Assigning the whole resource over its first three keys keeps every element and only fixes the order.
  return Object.assign({ resourceType: resource.resourceType, id: resource.id, meta: resource.meta }, resource)
}

function networkReference(value: string, networkIdOf: PrepareInput['networkIdOf']): string | undefined {
  const found = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(\/_history\/.*)?$/.exec(value)
  if (found?.[1] === undefined || found[2] === undefined) return undefined
  const id = networkIdOf(found[1], found[2])
  return id === undefined ? undefined : `${found[1]}/${id}`
}

function sourcesOf(input: PrepareInput, departments: readonly string[], authors: readonly string[]): readonly ActorKey[] {
  const keys = new Set<ActorKey>([...input.custodianKeys, ...input.encounterSources.filter((key) => key.startsWith('dept:'))])
  for (const code of departments) keys.add(`dept:${code}`).add(`dept:${input.institution}:${code}`)
  for (const author of authors) {
    const [type, id] = (networkReference(author, input.networkIdOf) ?? author).split('/')
    if (type === 'Practitioner' && id !== undefined) keys.add(`practitioner:${id}`)
  }
  return [...keys].sort()
}

function relationsOf(input: PrepareInput): readonly string[] {
  const ids = references(input.resource).flatMap((reference) =>
    reference.kind === 'relative' ? [input.networkIdOf(reference.type, reference.id) ?? reference.id] : [],
  )
  return [...new Set(ids)].sort()
}

function indexOf(input: PrepareInput, row: RecordRow): readonly IndexRow[] {
  const empty = { record: row.id, type: row.type, system: null, code: null, fromMs: null, untilMs: null, number: null }
  const rows: IndexRow[] = []
  for (const entry of extractIndex(input.resource, input.timeZone)) {
    // The record row itself answers these two, with what the gateway set.
    if (entry.param === '_id' || entry.param === '_lastUpdated') continue
    switch (entry.kind) {
      case 'token':
        rows.push({ ...empty, param: entry.param, kind: 'token', system: entry.system ?? null, code: entry.code ?? null })
        break
      case 'string':
        rows.push({ ...empty, param: entry.param, kind: 'string', code: entry.text })
        break
      case 'date':
        rows.push({ ...empty, param: entry.param, kind: 'date', fromMs: entry.fromMs, untilMs: entry.untilMs })
        break
      case 'reference':
        rows.push({
          ...empty,
          param: entry.param,
          kind: 'reference',
          system: entry.type,
          code: input.networkIdOf(entry.type, entry.id) ?? entry.id,
        })
        break
      case 'uri':
        rows.push({ ...empty, param: entry.param, kind: 'uri', code: entry.value })
        break
      case 'quantity':
        rows.push({
          ...empty,
          param: entry.param,
          kind: 'quantity',
          number: entry.value,
          system: entry.system ?? null,
          code: entry.code ?? null,
        })
        break
      default:
        return entry satisfies never
    }
  }
  for (const reference of references(input.resource)) {
    if (reference.kind !== 'relative') continue
    rows.push({
      ...empty,
      param: '_reference',
      kind: 'reference',
      system: reference.type,
      code: input.networkIdOf(reference.type, reference.id) ?? reference.id,
    })
  }
  if (input.resource.resourceType === 'Patient') {
    const known = demographics(input.resource)
    if (known.birthDate !== undefined && known.birthDate !== '')
      rows.push({ ...empty, param: 'x-birth-day', kind: 'token', code: known.birthDate })
    for (const phone of known.phones) rows.push({ ...empty, param: 'x-phone', kind: 'token', code: phone })
  }
  return rows
}
