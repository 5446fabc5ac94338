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
import { isValid, validatorWith } from './validator.ts'
import type { Finding, Policy, Terminology, Validator } from './validator.ts'

/** `care`: our guide, and KR Core where it has no profile for a type. A list: canonical urls. */
export type ProfileSet = 'none' | 'kr-core' | 'care' | readonly string[]

export interface ProfileLibrary {
  /** canonical urls of a list that no loaded definition has, or that are no profile of a resource */
  unknown(set: ProfileSet): readonly string[]
  validator(policy: Partial<Policy>): Validator
  /** findings of the base specification and of the set's profile for this record; `validator` is one of this library */
  judge(validator: Validator, resource: unknown, set: ProfileSet): readonly Finding[]
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
  const ofType = (list: readonly Definition[], type: string): readonly Definition[] =>
    list.filter((each) => each.isProfile && each.kind === 'resource' && each.type === type)
  const candidatesOf = (set: ProfileSet, type: string): readonly Definition[] => {
    if (set === 'none') return []
    const korean = ofType(own.korean, type)
    if (set === 'kr-core') return korean
    const ours = ofType(set === 'care' ? own.guide : set.flatMap((url) => definitions.find(url) ?? []), type)
    return set === 'care' && ours.length === 0 ? korean : ours
  }
  return {
    unknown: (set) => (typeof set === 'string' ? [] : set.filter((url) => definitions.find(url)?.isProfile !== true)),
    validator: (policy) => validatorWith({ definitions, terminology, policy }),
    judge(validator, resource, set) {
      const record = recordOf(resource)
      const claims = textsOf(recordOf(record?.['meta'])?.['profile']).map((canonical) => canonical.split('|')[0])
      const candidates = candidatesOf(set, textOf(record?.['resourceType']) ?? '')
      if (candidates.length === 0 || candidates.some(({ url }) => claims.includes(url))) return validator.validate(resource)
      return nearest(
        candidates.map(
          ({ url }) =>
            () =>
              validator.validate(resource, { profiles: [url] }),
        ),
      )
    },
  }
}

function profilesIn(resources: readonly Json[]): readonly Definition[] {
  return resources.flatMap((each) => definitionOf(each) ?? [])
}

/** The first without errors, else the one with the fewest. */
function nearest(attempts: readonly (() => readonly Finding[])[]): readonly Finding[] {
  let best: readonly Finding[] | undefined
  for (const attempt of attempts) {
    const findings = attempt()
    if (isValid(findings)) return findings
    if (best === undefined || errorsIn(findings) < errorsIn(best)) best = findings
  }
  return best ?? []
}

function errorsIn(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity === 'error' || severity === 'fatal').length
}
