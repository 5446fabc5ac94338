/**
 * Which profiles a network's own validator knows, and which of them a record is held against. Pure: the definitions come in.
 * A record that claims a profile of the set is held against that one; any other has to meet one that is for its type, and where it meets none
 * the findings of the nearest are told.
 */
import { definitionOf } from '../definitions/definition-of.ts'
import type { Definition } from '../definitions/definition.ts'
import { definitionsWith } from '../definitions/definitions.ts'
import { recordOf, textOf, textsOf } from '../definitions/read-json.ts'
import type { Json } from '../definitions/read-json.ts'
import type { StructureDefinition } from '../terminology/published.ts'
import { lazily } from '../terminology/source.ts'
import { isResourceOf } from './guards.ts'
import { validatorWith } from './validator.ts'
import type { Finding, Policy, Terminology, Validator } from './validator.ts'

/** `care`: our guide, and KR Core where it has no profile for a type. A list: canonical urls. */
export type ProfileSet = 'none' | 'kr-core' | 'care' | readonly string[]

export interface ProfileLibrary {
  /** every definition that is held whole: our guide's, KR Core's facts and those of the packages put in; R4's own are not among them */
  structures(): readonly StructureDefinition[]
  /** canonical urls of a list that no loaded definition has, or that are no profile of a resource */
  unknown(set: ProfileSet): readonly string[]
  validator(policy: Partial<Policy>): Validator
  /** the profile of the set this record is to be held against beside those it claims: none, or the one it meets or is nearest to */
  profilesFor(validator: Validator, resource: unknown, set: ProfileSet): readonly string[]
}

export interface LibraryParts {
  readonly guide: readonly Json[]
  readonly korean: readonly Json[]
  readonly packages: readonly Json[]
  readonly terminology: Terminology
}

export function profileLibrary({ guide, korean, packages, terminology }: LibraryParts): ProfileLibrary {
  const own = { guide: profilesIn(guide), korean: profilesIn(korean) }
  // ours cannot be replaced by a package
  const definitions = definitionsWith([...profilesIn(packages), ...own.korean, ...own.guide])
  // by the policy object: what a validator has compiled is kept with it
  const validators = new WeakMap<Partial<Policy>, Validator>()
  const ofType = (list: readonly Definition[], type: string): readonly Definition[] =>
    list.filter((each) => each.isProfile && each.kind === 'resource' && each.type === type)
  const candidatesOf = (set: ProfileSet, type: string): readonly Definition[] => {
    if (set === 'none') return []
    const korean = ofType(own.korean, type)
    if (set === 'kr-core') return korean
    const ours = ofType(set === 'care' ? own.guide : set.flatMap((url) => definitions.find(url) ?? []), type)
    return set === 'care' && ours.length === 0 ? korean : ours
  }
  const structures = lazily(() => {
    const own = new Map<string, StructureDefinition>()
    for (const each of [...packages, ...korean, ...guide])
      if (isResourceOf(each, 'StructureDefinition') && definitionOf(each) !== undefined) own.set(each.url, each)
    return [...own.values()]
  })
  return {
    structures,
    unknown: (set) => (typeof set === 'string' ? [] : set.filter((url) => definitions.find(url)?.isProfile !== true)),
    validator(policy) {
      const known = validators.get(policy) ?? validatorWith({ definitions, terminology, policy })
      validators.set(policy, known)
      return known
    },
    profilesFor(validator, resource, set) {
      const record = recordOf(resource)
      const claims = textsOf(recordOf(record?.['meta'])?.['profile']).map((canonical) => canonical.split('|')[0])
      const urls = candidatesOf(set, textOf(record?.['resourceType']) ?? '').map(({ url }) => url)
      return urls.some((url) => claims.includes(url)) ? [] : nearest(validator, resource, urls)
    },
  }
}

function profilesIn(resources: readonly Json[]): readonly Definition[] {
  return resources.flatMap((each) => definitionOf(each) ?? [])
}

/** The first without errors, else the one with the fewest. */
function nearest(validator: Validator, resource: unknown, urls: readonly string[]): readonly string[] {
  if (urls.length < 2) return urls
  let best: { readonly url: string; readonly errors: number } | undefined
  for (const url of urls) {
    const errors = errorsIn(validator.validate(resource, { profiles: [url] }))
    if (errors === 0) return [url]
    if (best === undefined || errors < best.errors) best = { url, errors }
  }
  return best === undefined ? [] : [best.url]
}

function errorsIn(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity === 'error' || severity === 'fatal').length
}
