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

function covers(role: Role, word: string): boolean {
  const [scope] = parseScopes(word).scopes
  if (scope === undefined || scope.level !== levelOf(role)) return false
  const own = parseScopes(scopesForRole(role).join(' ')).scopes
  return scope.letters
    .split('')
    .every((letter) => own.some((mine) => (mine.type === '*' || mine.type === scope.type) && mine.letters.includes(letter)))
}
