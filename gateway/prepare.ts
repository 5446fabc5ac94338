/**
 * One resource → what is stored of it or judged on it: exact text in the custodian's ids, the same text in network ids, facts and
 * index rows. Pure; the same for records that rest in the store and for those a live institution just answered.
 */
import { correctionOf } from '../fhir-profiles/terminology/normalize.ts'
import { facts, isNarrated, type ResourceFacts } from '../fhir-profiles/facts.ts'
import { stringifyExact } from '../fhir-profiles/json.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import { contentFacts, departmentsIn, unlabelled, type ContentFacts } from '../consent/record-facts.ts'
import { isSeparate, labelledElements, redact, type LabelledElement } from '../consent/redact.ts'
import type { ActorKey } from '../consent/types.ts'
import { corrected } from './corrected.ts'
import { labelledIndex } from './index-of.ts'
import type { IndexRow } from './store/index-rows.ts'
import type { RecordRow } from './store/records.ts'

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
  readonly isFresh?: boolean
  readonly source: string
  readonly timeZone: string
  /** people read its codes as they are published, and find it by them as well as by what was sent */
  readonly correctCodes?: boolean
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
  const resource = toldTo(input)
  const told = resource === input.resource ? own : stamped({ ...input, resource })
  const mapped = rewriteReferences(told, (value) => networkReference(value, input.networkIdOf))
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
    isFresh: input.isFresh === true,
  }
  return { row, index: labelledIndex(input, row, elements), labelFault: fault }
}

/** As people read it: codes and systems in their published spelling, with a note that they were corrected. */
function toldTo(input: PrepareInput): Resource {
  const { resource, changes } = corrected(input.resource, input.correctCodes)
  // a place in an element that may be hidden is not named outside of it
  const named = changes.filter(({ path }) => !isSeparate(resource.resourceType, path))
  if (named.length === 0) return resource
  const contained = 'contained' in resource ? (resource.contained ?? []) : []
  return Object.assign({ ...resource }, { contained: [...contained, correctionOf(named, input.updatedMs)] })
}

type Stamp = Pick<PrepareInput, 'resource' | 'localId' | 'version' | 'updatedMs' | 'source'>

/** resourceType, id and meta first, as people expect to read it. */
function stamped({ resource, localId, version, updatedMs, source }: Stamp): Resource {
  const meta = { ...resource.meta, versionId: String(version), lastUpdated: new Date(updatedMs).toISOString(), source }
  const head = { resourceType: resource.resourceType, id: localId, meta }
  // Assigning the whole resource over its first three keys keeps every element and only fixes the order.
  return Object.assign(head, resource, { id: localId, meta })
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
