/**
 * What of a visible record leads to what this caller may not see is not there: references with their display and identifier, elements that
 * are more sensitive than the rest, and the narrative that tells of them. One place, on every way out to people; what an institution's
 * system wrote it reads back whole. Law: a reply equals the reply of a store that never held what is refused (consent.md).
 */
import { elementFacts, labelledElements, redact } from '../consent/redact.ts'
import type { Places } from '../consent/places.ts'
import { contentFacts, departmentsIn } from '../consent/record-facts.ts'
import { facts } from '../fhir-profiles/facts.ts'
import { parseJson, stringifyExact } from '../fhir-profiles/json.ts'
import { isGuarded } from '../fhir-profiles/logical-reference.ts'
import { references } from '../fhir-profiles/reference.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/guards.ts'
import { refersTo, without } from '../fhir-profiles/without.ts'
import { open, type HeldContent } from './held.ts'
import { placesNamedIn } from './naming.ts'
import { octetsOf, textOf, type Octets } from '../fhir-profiles/octets.ts'
import type { Tables } from './store/store.ts'

export interface Passing {
  /** whether a record may be spoken of to this caller now */
  readonly isNamed: (content: HeldContent) => boolean
  /** whether a record passes: asked of each labelled element with the facts it gives its record */
  readonly isShown: (content: HeldContent) => boolean
  /** network ids of Patient records: they say who somebody is and are hidden by no consent, so nothing is asked about them */
  readonly patients?: readonly string[]
}

/**
 * The same contents with `peopleText` as this caller may read it. A reference is left where it leads to a record that may be named, or to
 * what is about nobody in particular (a doctor, a department, a drug list) or says who the record is about. A record that was refused, was
 * deleted or never arrived are one and the same.
 */
export async function redacted(tables: Tables, contents: readonly HeldContent[], passing: Passing): Promise<readonly HeldContent[]> {
  const relations = contents.map((content) => (content.isPast === true ? relationsOf(content.peopleText) : content.facts.relations))
  const leadsOf = await leads(tables, { contents, relations: relations.flat() }, passing)
  return contents.map((content, at) => {
    // A consent is read whole by the few who read it: without what it names, it would say something else.
    if (content.facts.type === 'Consent') return content
    const isLed = (id: string): Lead => leadsOf(id, content)
    const refused = content.elements.filter((element) => !passing.isShown({ ...content, facts: elementFacts(content.facts, element) }))
    if (refused.length === 0 && (relations[at] ?? []).every((id) => isLed(id) === 'yes') && !mayNameByIdentifier(content.peopleText))
      return content
    const resource = resourceIn(content.peopleText)
    const isHidden = (type: string, id: string): boolean => isLed(id) === 'no' || (isLed(id) === 'unknown' && isGuarded(type))
    const paths = refused.map(({ path }) => path)
    const left = without(redact(resource, paths), refersTo(isHidden))
    return left === resource ? content : { ...content, peopleText: octetsOf(stringifyExact(left)) }
  })
}

/** It may hold a reference that no relation tells of, by an identifier alone: what that leads to is not looked up, so it is as unknown as can be. */
function mayNameByIdentifier({ chars }: Octets): boolean {
  return /"identifier"\s*:\s*\{/.test(chars)
}

type Lead = 'yes' | 'no' | 'unknown'

export interface PastVersion {
  readonly content: HeldContent
  readonly version: Pick<HeldContent, 'text' | 'peopleText' | 'version' | 'updatedMs'>
}

/** Earlier versions as they are judged today: by what their records are now and by what each version itself says. */
export async function pastVersions(tables: Tables, versions: readonly PastVersion[], places: Places): Promise<readonly HeldContent[]> {
  const spelled = versions.map(({ content, version }) => {
    const own = resourceIn(version.text)
    return { content, version, own, people: places.isEmpty ? own : resourceIn(version.peopleText) }
  })
  const named = await placesNamedIn(tables, spelled, places)
  return spelled.map((each) => pastVersion(each, named(each)))
}

function pastVersion({ content, version, own: resource }: PastVersion & { readonly own: Resource }, places: Places): HeldContent {
  const isAbout = content.facts.person !== ''
  const departments = isAbout ? departmentsIn(content.facts.sources) : []
  const bases = isAbout ? places.of(content.facts.custodian, departments) : []
  const elements = labelledElements(resource, departments, isAbout ? { places, bases } : undefined)
  const left = redact(
    resource,
    elements.map(({ path }) => path),
  )
  return {
    ...content,
    ...version,
    deleted: false,
    isPast: true,
    elements,
    facts: elementFacts(content.facts, contentFacts(facts(left), departments, [...bases, ...places.named(left)])),
  }
}

/** Whether a network id leads somewhere this caller may go; `unknown`: no record of this id is stored or was answered with these. */
async function leads(
  tables: Tables,
  { contents, relations }: { readonly contents: readonly HeldContent[]; readonly relations: readonly string[] },
  { isNamed, patients = [] }: Passing,
): Promise<(id: string, from: HeldContent) => Lead> {
  const known = new Map<string, boolean>(contents.map((content) => [content.facts.id, true]))
  for (const id of patients) known.set(id, true)
  const near = contents.flatMap((content) => content.near ?? [])
  for (const content of near) if (!known.has(content.facts.id)) known.set(content.facts.id, isFree(content) || isNamed(content))
  const wanted = new Set(relations.filter((id) => !known.has(id)))
  const parties = new Map<string, readonly string[]>()
  for (const { id, type, held } of wanted.size === 0 ? [] : await tables.records.targets([...wanted])) {
    const content = held === undefined ? undefined : open(held)
    if (content !== undefined) parties.set(id, content.parties)
    known.set(id, content === undefined ? !isGuarded(type) : isFree(content) || isNamed(content))
  }
  return (id, from) => {
    const answer = known.get(id)
    // A Task goes on naming the records of its referral to its parties, who see what became of it (declassified); a live one is not stored.
    if (answer !== true && from.facts.type === 'Task') {
      const shared = parties.get(id)
      return shared === undefined || shared.some((party) => from.parties.includes(party)) ? 'yes' : 'no'
    }
    return answer === undefined ? 'unknown' : answer ? 'yes' : 'no'
  }
}

/** It is about nobody in particular, or says who somebody is: no consent hides the reference to it. */
function isFree({ facts }: HeldContent): boolean {
  return facts.person === '' || !isGuarded(facts.type)
}

function resourceIn(text: Octets): Resource {
  // Stored texts were bounded when they came in.
  const parsed = parseJson(textOf(text), { maxDepth: 200, maxBytes: text.size + 1 })
  if (!parsed.ok || !isResource(parsed.value)) throw new TypeError('a stored record is not a resource')
  return parsed.value
}

/** What a past version refers to: its index is not kept. */
function relationsOf(text: Octets): readonly string[] {
  return [...new Set(references(resourceIn(text)).flatMap((reference) => (reference.kind === 'relative' ? [reference.id] : [])))]
}
