/** Which scopes may be granted to whom: never more than the role has, and nothing that is not understood. */
import type { Role } from '../config.ts'
import { roles } from '../logic/access.ts'
import { levelOf, parseScopes, scopesForRole } from '../logic/scope.ts'

/** Every scope that somebody can be granted. */
export const grantableScopes: readonly string[] = [...new Set(roles.flatMap((role) => scopesForRole(role)))].sort()

/** The first requested scope that is unknown, of another level, or wider than the role; undefined when all can be granted. */
export function scopeBeyond(role: Role, requested: readonly string[]): string | undefined {
  return requested.find((word) => !covers(role, word))
}

/** Asked for by an app that wants to be told the patient of the one who signs in. http://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
export const launchPatient = 'launch/patient'

/** What a person may be granted after signing in; all of it, role by role, where an app asks for nothing in particular. */
export const peopleScopes: readonly string[] = [
  ...new Set(roles.filter((role) => role !== 'system').flatMap((role) => scopesForRole(role))),
].sort()

/** The first requested scope that nobody who signs in could be granted. */
export function scopeOfNobody(requested: readonly string[]): string | undefined {
  return requested.find((word) => word !== launchPatient && !roles.some((role) => role !== 'system' && covers(role, word)))
}

/** Of the requested scopes those that this person has. */
export function scopesGranted(
  requested: readonly string[],
  { role, person }: { readonly role: Role; readonly person: string },
): readonly string[] {
  return requested.filter((word) => (word === launchPatient ? person !== '' : covers(role, word)))
}

function covers(role: Role, word: string): boolean {
  const [scope] = parseScopes(word).scopes
  if (scope === undefined || scope.level !== levelOf(role)) return false
  const own = parseScopes(scopesForRole(role).join(' ')).scopes
  return scope.letters
    .split('')
    .every((letter) => own.some((mine) => (mine.type === '*' || mine.type === scope.type) && mine.letters.includes(letter)))
}
