/** What decisions, routing and labels read of one resource, found by the table of `facts-table.ts`. Pure; the same for stored and live records. */
import { codeKey } from './code-key.ts'
import { system } from './codes.ts'
import { encounterPaths, factPaths } from './facts-table.ts'
import { hull, spans } from './index-entry.ts'
import { isExactNumber } from './json.ts'
import { compilePath } from './path.ts'
import type { Found, Path } from './path.ts'
import type { Encounter, Resource } from './r4.ts'
import { parseReference, references } from './reference.ts'
import type { FoundReference } from './reference.ts'
import { defaultZone } from './time.ts'
import type { TimeSpan } from './time.ts'
import { isRecord, isResource } from './validate/guards.ts'

export interface ResourceFacts {
  readonly type: string
  /**
   * type, then the profiles it claims, without their versions; of documents also their type and media types, as `system|code`; of records
   * it contains `contained:<type>`
   */
  readonly classes: readonly string[]
  /** every coding of the resource, contained ones too, without those of `meta`; a coding without a system has '' */
  readonly codes: readonly Code[]
  /** false where what the record is about is said in words only, or not at all */
  readonly isCoded: boolean
  /** `meta.security` of the resource and of what it contains, and labels written into an element */
  readonly labels: readonly Code[]
  /** national department codes, two digits */
  readonly departments: readonly string[]
  /** `Encounter/id` */
  readonly encounter: string | undefined
  /** `Patient/id` of the person the record is about */
  readonly patient: string | undefined
  /** `Type/id` of those who made it */
  readonly authors: readonly string[]
  /** its relevant date */
  readonly span: TimeSpan | undefined
  readonly relations: readonly FoundReference[]
}

/** Among the classes of a record: it contains a record of some kind. */
export const containedAny = 'contained'

/** Among the classes of a record: it contains a record of this kind. A class that is no type names nothing inside. */
export function containedClass(type: string): string {
  return `${containedAny}:${type}`
}

export interface Code {
  readonly system: string
  readonly code: string
}

export interface FactsContext {
  /** IANA name; dates without a time are days there */
  readonly zone?: string
  /** the encounter the record belongs to: its department is the record's */
  readonly encounter?: Encounter
}

const known = new WeakMap<Resource, Map<string, ResourceFacts>>()

/** Read once for each resource and zone, however many ask on its way in: a resource is never changed in place. */
export function facts(resource: Resource, context: FactsContext = {}): ResourceFacts {
  if (context.encounter !== undefined) return read(resource, context)
  const zone = context.zone ?? defaultZone
  const before = known.get(resource)
  const made = before?.get(zone) ?? read(resource, context)
  if (before === undefined) known.set(resource, new Map([[zone, made]]))
  else before.set(zone, made)
  return made
}

function read(resource: Resource, context: FactsContext): ResourceFacts {
  const { resourceType: type } = resource
  const paths = pathsOf(type)
  const own = departmentsOf(resource, paths.departments)
  const within = containedIn(resource)
  const inherited = context.encounter === undefined ? [] : departmentsOf(context.encounter, pathsOf('Encounter').departments)
  const patients = paths.patient.flatMap((path) => path(resource)).flatMap((found) => referenceTo(found, 'Patient'))
  return {
    type,
    classes: [...new Set([type, ...profilesOf(resource), ...documentClasses(resource), ...containedClasses(within)])],
    codes: codesOf(resource),
    isCoded: isCoded(resource, paths.concept),
    labels: labelsIn(resource),
    departments: [...new Set([...own, ...inherited, ...(type === 'ServiceRequest' ? [] : within.flatMap(ownDepartments))])],
    encounter: paths.encounter.flatMap((path) => path(resource)).flatMap((found) => referenceTo(found, 'Encounter'))[0],
    patient: type === 'Patient' ? ownReference(resource) : patients[0],
    authors: [...new Set(paths.authors.flatMap((path) => path(resource)).flatMap((found) => referenceTo(found)))],
    span: relevantSpan(resource, paths.date, context.zone ?? defaultZone),
    relations: references(resource),
  }
}

/** Resources inside a resource have no life of their own: it is as sensitive as all of them. */
function containedIn(resource: Resource): readonly Resource[] {
  const contained: unknown = Reflect.get(resource, 'contained')
  return Array.isArray(contained) ? contained.filter(isResource) : []
}

function ownDepartments(contained: Resource): readonly string[] {
  return departmentsOf(contained, pathsOf(contained.resourceType).departments)
}

const identities: ReadonlySet<string> = new Set(['Patient', 'Person', 'RelatedPerson'])

/** The kinds of somebody's records it contains; what helps to describe it (a drug, a device, a colleague) is no record of its own. */
function containedClasses(within: readonly Resource[]): readonly string[] {
  const records = within.filter(({ resourceType }) => factPaths[resourceType]?.patient !== undefined && !identities.has(resourceType))
  return records.length === 0 ? [] : [containedAny, ...records.flatMap(({ resourceType }) => containedClass(resourceType))]
}

interface CompiledPaths {
  readonly patient: readonly Path[]
  readonly date: readonly Path[]
  readonly authors: readonly Path[]
  readonly departments: readonly Path[]
  readonly encounter: readonly Path[]
  readonly concept: readonly Path[]
}

const compiled = new Map<string, CompiledPaths>()

function pathsOf(type: string): CompiledPaths {
  const known = compiled.get(type)
  if (known !== undefined) return known
  const row = factPaths[type] ?? {}
  const all = (names: readonly string[] = []) => names.flatMap((name) => compilePath(`${type}.${name}`) ?? [])
  const paths = {
    patient: all(row.patient),
    date: all(row.date),
    authors: all(row.authors),
    departments: all(row.departments),
    encounter: all(encounterPaths),
    concept: all(row.concept),
  }
  compiled.set(type, paths)
  return paths
}

/** Whether records of this type are about a patient. */
export function hasPatient(type: string): boolean {
  return factPaths[type]?.patient !== undefined
}

function profilesOf(resource: Resource): readonly string[] {
  return (resource.meta?.profile ?? []).map((canonical) => canonical.split('|')[0] ?? canonical)
}

/** BCP 13 names media types: http://hl7.org/fhir/R4/valueset-mimetypes.html */
function documentClasses(resource: Resource): readonly string[] {
  const { resourceType: of } = resource
  if (of !== 'DocumentReference' && of !== 'Composition') return []
  const types = codesOf(Reflect.get(resource, 'type') ?? []).map(({ system: type, code }) => codeKey(type, code))
  const media = of === 'Composition' ? [] : resource.content.flatMap(({ attachment }) => attachment.contentType ?? [])
  return [...types, ...media.map((type) => `urn:ietf:bcp:13|${type}`)]
}

/** Whether it tells its matter in free text, so that no code of its own need say how sensitive it is. */
export function isNarrated(resource: Resource): boolean {
  if (resource.resourceType === 'DiagnosticReport') return Reflect.has(resource, 'conclusion') || Reflect.has(resource, 'presentedForm')
  return narrated.has(resource.resourceType)
}

/** Types whose records may be told in free text. */
export function mayBeNarrated(type: string): boolean {
  return type === 'DiagnosticReport' || narrated.has(type)
}

const narrated: ReadonlySet<string> = new Set([
  'DocumentReference',
  'Composition',
  'ClinicalImpression',
  'Communication',
  'Media',
  'CarePlan',
])

function ownReference({ resourceType, id }: Resource): string | undefined {
  return id === undefined ? undefined : `${resourceType}/${id}`
}

/** `Type/id` of a reference within the same server, of one type where asked. */
function referenceTo({ value }: Found, type?: string): readonly string[] {
  const text = isRecord(value) ? value['reference'] : undefined
  const parsed = typeof text === 'string' ? parseReference(text) : undefined
  return parsed?.kind === 'relative' && (type === undefined || parsed.type === type) ? [`${parsed.type}/${parsed.id}`] : []
}

function relevantSpan(resource: Resource, paths: readonly Path[], zone: string): TimeSpan | undefined {
  for (const path of paths) {
    const [span] = hull(path(resource).flatMap((found) => spans(found, zone)))
    if (span !== undefined) return span
  }
  return undefined
}

const departmentSystems: ReadonlySet<string> = new Set([system.department, system.departmentDraft])

function departmentsOf(resource: Resource, paths: readonly Path[]): readonly string[] {
  return paths
    .flatMap((path) => path(resource))
    .flatMap(({ value, type }) => {
      if (!isRecord(value)) return []
      const identifiers = type === 'Reference' ? [value['identifier']] : type === 'Identifier' ? [value] : []
      const named = identifiers.flatMap((identifier) =>
        isRecord(identifier) && typeof identifier['value'] === 'string' && departmentSystems.has(String(identifier['system']))
          ? [identifier['value']]
          : [],
      )
      const coded =
        type === 'CodeableConcept' ? codesOf(value).flatMap((code) => (departmentSystems.has(code.system) ? [code.code] : [])) : []
      return [...named, ...coded].map(departmentCode)
    })
}

/** The national exchange writes four digits, two of them zero (`0400`); the claims code has two (`04`). They are texts: `4` is another code. */
export function departmentCode(code: string): string {
  return /^\d\d00$/.test(code) ? code.slice(0, 2) : code
}

const codingKeys = new Set(['system', 'code', 'version', 'display', 'userSelected', 'id', 'extension'])

/** A label inside an element: https://hl7.org/fhir/uv/security-label-ds4p/inline_security_labels.html */
const inlineLabel = 'http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label'

/** The codings of a value, without those that describe the record (`meta`) or label it. */
export function codesOf(value: unknown): readonly Code[] {
  const codes = new Map<string, Code>()
  visitObjects(value, (item) => {
    if (item['url'] === inlineLabel) return false
    const code = codingOf(item)
    if (code !== undefined) codes.set(`${code.system}|${code.code}`, code)
    return code === undefined
  })
  return [...codes.values()]
}

/** The security labels of a value: those written into it, and those of the resources in it. */
export function labelsIn(value: unknown): readonly Code[] {
  const found: unknown[] = []
  visitObjects(value, (item) => {
    if (item['url'] === inlineLabel) found.push(item['valueCoding'])
    const meta = item['meta']
    if ('resourceType' in item && isRecord(meta)) found.push(meta['security'])
    return true
  })
  return codesOf(found)
}

/** Every object of a value, outermost first, `meta` left out; `enter` says whether to look inside. */
function visitObjects(value: unknown, enter: (item: Readonly<Record<string, unknown>>) => boolean): void {
  if (Array.isArray(value)) for (const item of value) visitObjects(item, enter)
  else if (isRecord(value) && !isExactNumber(value) && enter(value)) {
    for (const key in value) {
      const item = value[key]
      if (typeof item === 'object' && (key !== 'meta' || !('resourceType' in value))) visitObjects(item, enter)
    }
  }
}

/** Codings that say that there is none. */
const absent: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/data-absent-reason',
  'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
])

/** Whether what the record is about is said in codes: of its own, or of what it contains. A reference to another record says none. */
function isCoded(resource: Resource, paths: readonly Path[]): boolean {
  if (paths.length === 0) return true
  const found = paths.flatMap((path) => path(resource))
  // An order often names no act, only whom it goes to.
  if (found.length === 0) return resource.resourceType === 'ServiceRequest'
  return found.every(({ value }) => {
    const reference = isRecord(value) ? value['reference'] : undefined
    const meant = typeof reference === 'string' && reference.startsWith('#') ? containedBy(resource, reference.slice(1)) : value
    return codesOf(meant).some((code) => !absent.has(code.system))
  })
}

function containedBy(resource: Resource, id: string): unknown {
  return containedIn(resource).find((item) => item.id === id)
}

/** A Coding, told from a Quantity (which has a value or a unit) and from objects that merely have an element `code`. */
function codingOf(item: Readonly<Record<string, unknown>>): Code | undefined {
  const { code, system: codeSystem } = item
  if (typeof code !== 'string' || 'value' in item || 'unit' in item) return undefined
  for (const key in item) if (!codingKeys.has(key.startsWith('_') ? key.slice(1) : key)) return undefined
  return { system: typeof codeSystem === 'string' ? codeSystem : '', code }
}
