/**
 * Supersession is an act at write, never an inference at decision (consent.md, item 6): the writer names the consent replaced. R4's Consent
 * has no element for that, so the name stands in an extension of ours, one repeat per consent replaced.
 */
import { extension } from '../fhir-profiles/codes.ts'
import type { Consent } from '../fhir-profiles/r4.ts'
import { controllerOf, scopeOf } from './deciding.ts'
import type { ActorDirectory } from './types.ts'

/** A consent as it stands. */
export interface Written {
  readonly id: string
  readonly consent: Consent
}

export type Replaced = { readonly id: string } | { readonly fault: string }

/** What each repeat of the extension names: a consent by its id, or why it names none. */
export function replacedIn(consent: Consent): readonly Replaced[] {
  return (consent.extension ?? [])
    .filter((each) => each.url === extension.replaces)
    .map((each): Replaced => {
      const [, id] = /^Consent\/([A-Za-z0-9\-.]{1,64})$/.exec(each.valueReference?.reference ?? '') ?? []
      if (id === undefined) return { fault: 'names no consent of the network by a literal reference' }
      return id === consent.id ? { fault: 'a consent does not replace itself' } : { id }
    })
}

/** Why `newer` may not take the place of `older`, of the same person; undefined when it may. */
export function whyNotReplaceable(newer: Consent, older: Consent, directory: ActorDirectory): string | undefined {
  if (newer.status !== 'active') return 'only an active consent takes the place of another'
  if (older.status !== 'active') return 'the consent named is not active'
  if (scopeOf(newer) !== scopeOf(older)) return 'the consent named has another scope'
  const controller = controllerOf(older, directory)
  if (controller === undefined || controllerOf(newer, directory) !== controller) return 'the consent named has another controller'
  return subjectOf(newer) === subjectOf(older) ? undefined : 'the consent named is about something else'
}

/** The whole record, or the referral that the root names. */
function subjectOf({ provision }: Consent): string {
  return (provision?.data ?? [])
    .map(({ meaning, reference }) => `${meaning} ${reference?.reference ?? ''}`)
    .sort()
    .join(' ')
}

/** The consent that took the place of this one; undefined when none did. */
export function replacedBy({ id }: Pick<Written, 'id'>, others: readonly Written[]): string | undefined {
  const isNamedBy = (other: Written): boolean =>
    // a draft has replaced nothing yet
    !['draft', 'proposed', 'rejected'].includes(other.consent.status) &&
    replacedIn(other.consent).some((each) => 'id' in each && each.id === id)
  return others.find(isNamedBy)?.id
}
