/**
 * TREAT across institutions needs a relation, computed here and never taken from the token: (a) a referral naming the caller's
 * institution, until 30 days after it closes; (b) an encounter there now; (c) a consent that names the institution as receiver.
 * It shows need only; consent still decides.
 */
import { profile } from '../fhir-profiles/codes.ts'
import type { Context } from './context.ts'
import type { Caller } from './security/caller.ts'
import type { RelationAsk } from './store/relations.ts'
import type { Tables } from './store/store.ts'

/** How long a closed referral still shows need, in days, from the date it took effect. A law row: counsel confirms changes. */
const referralTailDays = [{ from: '2026-01-01', days: 30 }] as const

export function relationAsk(context: Context, institution: string, persons: readonly string[]): RelationAsk {
  const nowMs = context.now().getTime()
  const closedSinceMs = nowMs - referralTailDays[0].days * 86_400_000
  return { persons, institution, referralClass: profile.referralTask, closedSinceMs, nowMs }
}

export async function relatedPersons(
  tables: Tables,
  context: Context,
  caller: Caller,
  persons: readonly string[],
): Promise<readonly string[]> {
  return tables.relations.related(relationAsk(context, caller.institution, persons))
}
