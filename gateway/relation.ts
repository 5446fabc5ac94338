/**
 * TREAT across institutions needs a relation, computed here and never taken from the token: (a) a referral naming the caller's
 * institution, until 30 days after it closes; (b) an encounter there now; (c) a consent that names the institution as receiver.
 * It shows need only; consent still decides.
 */
import { profile } from '../fhir-profiles/codes.ts'
import type { Context } from './context.ts'
import type { Caller } from './security/caller.ts'
import type { Tables } from './store/store.ts'

/** How long a closed referral still shows need, in days, from the date it took effect. A law row: counsel confirms changes. */
const referralTailDays = [{ from: '2026-01-01', days: 30 }] as const

/** `liveRelated`: persons for whom the caller's own live server answered that an encounter is open. */
export async function relatedPersons(
  tables: Tables,
  context: Context,
  caller: Caller,
  persons: readonly string[],
  liveRelated: readonly string[],
): Promise<readonly string[]> {
  if (persons.length === 0) return []
  const nowMs = context.now().getTime()
  const tailMs = referralTailDays[0].days * 86_400_000
  const found = new Set(liveRelated.filter((person) => persons.includes(person)))
  for (const person of await tables.relations.byReferral(persons, caller.institution, profile.referralTask, nowMs - tailMs))
    found.add(person)
  for (const person of await tables.relations.byEncounter(persons, caller.institution)) found.add(person)
  for (const person of await tables.relations.byConsent(persons, caller.institution, nowMs)) found.add(person)
  return [...found]
}
