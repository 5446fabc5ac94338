/**
 * What became of one consent: is it enforced, is more refused than it says because something in it cannot be read, or does it say nothing
 * now and why? Pure, from the consent as written and its rules as compiled.
 */
import { isUnverified, scopeOf } from './deciding.ts'
import { replacedBy, type Written } from './replaces.ts'
import type { Unreadable } from './rules/rule.ts'
import type { ProvisionRow } from './types.ts'

export type EnforcementStatus =
  | 'enforced'
  /** in force, and something in it cannot be read: its permits are void there, its refusals wider */
  | 'over-refused'
  /** its permits are void by its own words: somebody states that the patient did not confirm it */
  | 'unverified'
  | 'expired'
  | 'not-yet-in-force'
  /** another consent names it as the one it replaces */
  | 'superseded'
  | 'withdrawn'
  | 'draft'
  /** rejected, or entered in error */
  | 'void'
  /** of another scope than privacy */
  | 'not-about-privacy'

export interface Enforcement {
  readonly status: EnforcementStatus
  /** id of the consent in its place; for `superseded` alone */
  readonly by: string | undefined
}

export interface Enforced extends Written {
  /** its rules as stored; none when it does not speak */
  readonly rows: readonly ProvisionRow[]
  readonly unreadable: readonly Unreadable[]
}

/** @param others every consent of the same person, this one among them or not */
export function enforcementOf(of: Enforced, others: readonly Written[], nowMs: number): Enforcement {
  const by = replacedBy(of, others)
  const plain = (status: EnforcementStatus): Enforcement => ({ status, by: undefined })
  switch (of.consent.status) {
    case 'draft':
    case 'proposed':
      return plain('draft')
    case 'rejected':
    case 'entered-in-error':
      return plain('void')
    case 'inactive':
      return by === undefined ? plain('withdrawn') : { status: 'superseded', by }
    default:
      return plain(scopeOf(of.consent) === 'other' ? 'not-about-privacy' : inForce(of, nowMs))
  }
}

/** The bounds of every rule lie within those of the root; a guardian's permits may end before, and the refusals stay. */
function inForce({ consent, rows, unreadable }: Enforced, nowMs: number): EnforcementStatus {
  const root = rows.find((row) => row.path === '')
  const meant = root?.type === 'permit' && !root.unreadable ? rows.filter((row) => row.type === 'permit') : rows
  if (meant.length > 0 && meant.every((row) => row.untilMs < nowMs)) return 'expired'
  if (root !== undefined && root.fromMs > nowMs) return 'not-yet-in-force'
  const isRead = unreadable.length === 0 && rows.every((row) => !row.unreadable && row.blind.every((element) => element === 'verification'))
  if (rows.length === 0 || !isRead) return 'over-refused'
  return isUnverified(consent) && root?.type === 'permit' ? 'unverified' : 'enforced'
}
