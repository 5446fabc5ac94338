/** What the authorization server asks the rules of access; main.ts binds it to `logic/purpose.ts` and `logic/scope.ts`. */
import type { Role } from '../config.ts'

export interface AccessPolicy {
  /** v3-ActReason codes a role may state */
  purposesFor(role: Role): readonly string[]
  /** every scope a role may be granted */
  scopesFor(role: Role): readonly string[]
  /** is this requested scope within what the role may have? An unreadable scope is not. */
  allowsScope(role: Role, scope: string): boolean
}
