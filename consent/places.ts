/**
 * Places that are sensitive as such (a psychiatric hospital, an HIV clinic): what they keep, and whatever of anybody's names them, carries
 * their labels, since who was there has told enough. Pure; which places those are is the operator's to say (docs/configuration.md).
 */
import type { Resource } from '../fhir-profiles/r4.ts'
import { isRecord } from '../fhir-profiles/validate/guards.ts'
import { structureOf } from '../fhir-profiles/validate/structure.ts'
import type { LabelBasis } from './label.ts'

export interface Place {
  /** directory id */
  readonly id: string
  /** as people write it */
  readonly name: string
  /** 요양기관기호 */
  readonly number: string
  readonly sensitivities?: readonly string[]
  readonly departments: readonly { readonly code: string; readonly sensitivities?: readonly string[] }[]
}

export interface Places {
  /** there are none: nothing need be looked for */
  readonly isEmpty: boolean
  /** What the records of an institution carry, and those of these departments of it (national codes). */
  of(institution: string, departments: readonly string[]): readonly LabelBasis[]
  /** What a value carries for the places it names: by reference, by number, within an OID, or by name in any text. */
  named(value: unknown): readonly LabelBasis[]
}

export const noPlaces: Places = { isEmpty: true, of: () => [], named: () => [] }

interface Name {
  readonly pattern: RegExp
  readonly bases: readonly LabelBasis[]
}

export function placesOf(directory: readonly Place[]): Places {
  const own = new Map<string, readonly LabelBasis[]>()
  const names: Name[] = []
  const sensitive = (place: string, codes: readonly string[], patterns: readonly string[]): void => {
    if (codes.length === 0) return
    own.set(place, based(codes, `kept by ${place}`))
    names.push({ pattern: new RegExp(patterns.join('|'), 'iu'), bases: based(codes, `names ${place}`) })
  }
  for (const { id, name, number, sensitivities = [], departments } of directory) {
    // its number alone, as a patient number's OID has it, or as part of its own
    const addresses = [id, ...departments.map(({ code }) => `${id}-${code}`)].map(addressOf)
    sensitive(id, sensitivities, [...addresses, `(?<!\\d)${number}(?!\\d)`, written(name)])
    for (const { code, sensitivities: codes = [] } of departments) {
      sensitive(`${id}-${code}`, codes, [addressOf(`${id}-${code}`)])
    }
  }
  if (names.length === 0) return noPlaces
  return {
    isEmpty: false,
    of: (institution, departments) =>
      unique([own.get(institution) ?? [], ...departments.map((code) => own.get(`${institution}-${code}`) ?? [])].flat()),
    named(value) {
      const found = new Set<Name>()
      visitTexts(value, (text) => {
        for (const name of names) if (name.pattern.test(text)) found.add(name)
      })
      return unique([...found].flatMap(({ bases }) => bases))
    },
  }
}

function based(codes: readonly string[], basis: string): readonly LabelBasis[] {
  return codes.map((sensitivity) => ({ sensitivity, basis }))
}

function unique(bases: readonly LabelBasis[]): readonly LabelBasis[] {
  return [...new Map(bases.map((each) => [`${each.sensitivity} ${each.basis}`, each])).values()]
}

/** Its address in the directory, on this server or with a server before it, at any version. */
function addressOf(id: string): string {
  return `(?:^|/)Organization/${escaped(id)}(?:$|/_history/)`
}

/** A name with or without its blanks, where no other name ends in it: `서울병원` is not `새서울병원`. */
function written(name: string): string {
  const letters = Array.from(name.normalize('NFC').replaceAll(/\s/gu, ''), escaped)
  return `(?<![\\p{L}\\p{N}])${letters.join('\\s*')}`
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** Not of narrative, which never leaves the house that wrote it. */
function visitTexts(value: unknown, visit: (text: string) => void, key = ''): void {
  if (typeof value === 'string') visit(value.normalize('NFC'))
  else if (Array.isArray(value)) for (const item of value) visitTexts(item, visit, key)
  else if (isRecord(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (name !== 'div' || key !== 'text') visitTexts(item, visit, name)
    }
  }
}

export interface NamingPart {
  /** `performer[0]` */
  readonly path: string
  readonly value: unknown
  readonly bases: readonly LabelBasis[]
}

/** Whom the record is about: without that it would say nothing. */
const about: ReadonlySet<string> = new Set(['subject', 'patient', 'for', 'focus'])

/**
 * The parts of a record that name a place and may be taken out by themselves: references, identifiers, what is contained and what refers
 * to it, and structures of its own. What names one in words, codes or a file cannot be parted from the record.
 */
export function namingParts(resource: Resource, places: Pick<Places, 'isEmpty' | 'named'>): readonly NamingPart[] {
  if (places.isEmpty) return []
  const parts = partsOf(resource)
  const bases = new Map<string, readonly LabelBasis[]>()
  for (const { path, value } of parts) {
    const named = places.named(value)
    if (named.length > 0) bases.set(path, named)
  }
  // What leads to a contained place names it as well, by however many steps, beside what it names itself.
  for (let grew = true; grew;) {
    grew = false
    for (const { path, value } of parts) {
      const own = bases.get(path) ?? []
      const all = unique([...own, ...parts.flatMap((part) => (leadsTo(value, part) ? (bases.get(part.path) ?? []) : []))])
      if (all.length === own.length) continue
      bases.set(path, all)
      grew = true
    }
  }
  const naming = parts.filter(({ path }) => bases.has(path))
  const stuck = naming.filter(({ isSeparate }) => !isSeparate)
  return naming.flatMap((part) =>
    part.isSeparate && !stuck.some(({ value }) => leadsTo(value, part)) ? [{ ...part, bases: bases.get(part.path) ?? [] }] : [],
  )
}

interface ResourcePart {
  readonly path: string
  readonly value: unknown
  readonly isSeparate: boolean
}

function partsOf(resource: Resource): readonly ResourcePart[] {
  const elements = structureOf(resource.resourceType)?.elements
  return Object.entries(resource).flatMap(([key, value]: [string, unknown]): readonly ResourcePart[] => {
    // narrative never leaves the house that wrote it
    if (key === 'text') return []
    const type = elements?.get(key)?.type ?? ''
    const isSeparate = !about.has(key) && (separable.has(type) || type.includes('.'))
    if (!Array.isArray(value)) return [{ path: key, value, isSeparate }]
    return value.map((item: unknown, at) => ({ path: `${key}[${at}]`, value: item, isSeparate }))
  })
}

const separable: ReadonlySet<string> = new Set(['Reference', 'Identifier', 'Extension', 'Resource'])

/** Whether it refers to a contained resource. */
function leadsTo(value: unknown, { path, value: target }: ResourcePart): boolean {
  if (!path.startsWith('contained[') || !isRecord(target) || typeof target['id'] !== 'string') return false
  const address = `#${target['id']}`
  let found = false
  visitTexts(value, (text) => (found ||= text === address))
  return found
}
