/**
 * An institution's own agreement on profiles (`institutions[].validation`): what does not meet them is refused, or taken and told. Without one,
 * the base specification alone is asked for, as everywhere.
 */
import type { Resource } from '../fhir-profiles/r4.ts'
import { krCorePolicy } from '../fhir-profiles/validate/validator.ts'
import type { Finding } from '../fhir-profiles/validate/validator.ts'
import type { ValidationConfig } from './config.ts'
import type { Context } from './context.ts'
import { Problem, type ProblemIssue } from './problem.ts'
import type { WrittenEntry } from './written.ts'

export type ProfileWarnings = NonNullable<WrittenEntry['warnings']>

const maxTold = 50
/** obligations speak of systems, not of this record */
const policy = { ...krCorePolicy, tellsObligations: false }

/**
 * What each of these records is to be told, in their order; nothing where the institution has agreed on nothing. Throws Problem unprocessable
 * (422) where it refuses: then nothing is stored.
 */
export function judgedByProfiles(context: Context, institution: string, resources: readonly Resource[]): readonly ProfileWarnings[] {
  const { validation } = context.directory.institution(institution) ?? {}
  if (validation === undefined || validation.profiles === 'none') return resources.map(() => [])
  const errors = resources.map((resource) => profileErrors(context, validation, resource))
  const isRefused = validation.policy === 'reject' && errors.some((each) => each.length > 0)
  for (const each of errors)
    context.profileTally.add(institution, each.length === 0 ? 'met' : validation.policy === 'reject' ? 'refused' : 'accepted-with-issues')
  if (!isRefused) return errors.map((each) => each.slice(0, maxTold).map(warningOf))
  const issues = errors.flatMap((each, at) => each.map((finding) => problemOf(finding, resources.length > 1 ? `[${at}]` : '')))
  throw new Problem('unprocessable', 'the resource does not meet the profiles agreed on', { issues: issues.slice(0, maxTold) })
}

/** The errors a record has under an agreement; none for what it does not speak of. */
export function profileErrors(context: Context, { profiles }: ValidationConfig, resource: unknown): readonly Finding[] {
  const library = context.profiles()
  const validator = library.validator(policy)
  const findings = validator.validate(resource, { profiles: library.profilesFor(validator, resource, profiles) })
  return findings.filter(({ severity }) => severity === 'error' || severity === 'fatal')
}

function warningOf({ id, diagnostics, korean, expression }: Finding): ProfileWarnings[number] {
  return { id, diagnostics, text: korean, expression }
}

/** `at`: which of several records sent together, by its place */
function problemOf({ id, diagnostics, korean, expression }: Finding, at: string): ProblemIssue {
  const [type = '', ...rest] = expression.split(/(?=[.[])/)
  return { id, diagnostics, text: korean, expression: `${type}${at}${rest.join('')}` }
}
