/**
 * Who may act for somebody else, now. A legal guardian of a child: until the birthday of own consent. Whoever else acts does so by a
 * relation that the privacy officer verified: a RelatedPerson with its kind and its end. From a death on nobody acts for the dead; the
 * relatives come with their papers to the officer (의료법 시행규칙 별표 2의2). Pure, asked at every request.
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { RelatedPerson } from '../../fhir-profiles/r4.ts'
import { ageAt, parseTime } from '../../fhir-profiles/time.ts'

/** v3-RoleCode. A guardian and who has power of attorney read and sign; a delegate reads. */
const kinds = { GUARD: 'guardian', POWATT: 'attorney', DELEGATEE: 'delegate' } as const
export type RelationKind = (typeof kinds)[keyof typeof kinds]

export interface StandingInput {
  /** the relations the officer verified between this proxy and this person, ended ones too */
  readonly relations: readonly RelatedPerson[]
  /** as every institution has it */
  readonly birthDates: readonly string[]
  readonly isDead: boolean
  readonly nowMs: number
  readonly zone: string
  /** the age of own consent in force; undefined = no row, so nobody is a child */
  readonly ownConsentYears: number | undefined
}

export type Standing = 'reads-and-signs' | 'reads' | 'none'

/**
 * A relation the officer keeps decides alone, so that ending it ends the rights of a guardian as well. Without one, the sign-in vouches
 * for the legal guardian of a child and for nobody else.
 */
export function standingOf(input: StandingInput): Standing {
  if (input.isDead) return 'none'
  if (input.relations.length === 0) return isChild(input) ? 'reads-and-signs' : 'none'
  const inForce = input.relations.filter((relation) => isInForce(relation, input)).flatMap((relation) => kindOf(relation) ?? [])
  const signs = inForce.some((kind) => kind === 'attorney' || (kind === 'guardian' && isChild(input)))
  return signs ? 'reads-and-signs' : inForce.includes('delegate') ? 'reads' : 'none'
}

/** One kind, and nothing that could turn it round. */
export function kindOf(relation: RelatedPerson): RelationKind | undefined {
  if (relation.modifierExtension !== undefined || relation.implicitRules !== undefined) return undefined
  const codes = (relation.relationship ?? [])
    .flatMap((concept) => concept.coding ?? [])
    .filter((coding) => coding.system === system.roleCode)
  const [only, ...others] = codes.flatMap(({ code }) => (isKind(code) ? [kinds[code]] : []))
  return others.length === 0 && codes.length === 1 ? only : undefined
}

/** The one who acts, by the name of their sign-in. */
export function subjectOf(relation: RelatedPerson): string | undefined {
  const [only, ...others] = (relation.identifier ?? []).filter((identifier) => identifier.system === system.subject)
  return others.length === 0 ? only?.value : undefined
}

function isKind(code: string | undefined): code is keyof typeof kinds {
  return code !== undefined && Object.hasOwn(kinds, code)
}

/** A date that cannot be read opens nothing. */
function isInForce({ active, period }: RelatedPerson, { nowMs, zone }: StandingInput): boolean {
  if (active === false) return false
  const from = period?.start === undefined ? undefined : parseTime(period.start, zone)
  const until = period?.end === undefined ? undefined : parseTime(period.end, zone)
  if ((period?.start !== undefined && from === undefined) || (period?.end !== undefined && until === undefined)) return false
  return (from?.fromMs ?? nowMs) <= nowMs && nowMs <= (until?.untilMs ?? nowMs)
}

/** Where institutions differ, or nobody knows, nobody is a child: the person speaks for themself. */
function isChild({ birthDates, nowMs, zone, ownConsentYears }: StandingInput): boolean {
  if (ownConsentYears === undefined || birthDates.length === 0) return false
  return birthDates.every((birthDate) => {
    const age = ageAt(birthDate, nowMs, zone)
    return age !== undefined && age < ownConsentYears
  })
}
