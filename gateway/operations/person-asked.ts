/** What `$summary` and `$everything` have in common: whom they are about, what the caller may see of them, and who may be asked live. */
import type { Call, Context } from '../context.ts'
import type { Sight } from '../judge.ts'
import { sightFor } from '../judged.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { releaseNothing } from '../release.ts'
import { personsOf } from '../search-request.ts'

export interface PersonAsked {
  readonly person: string
  readonly sight: Sight
  /** false for institutions denied wholesale: they are not asked */
  readonly mayAsk: (institution: string) => boolean
}

/** Throws not-found for a person nobody knows; the refusal is in the ledger. */
export async function personAsked(call: Call, context: Context, interaction: 'summary' | 'everything'): Promise<PersonAsked> {
  const person = (await personsOf(context, call, [call.params['id'] ?? '']))[0]
  if (person === undefined) return releaseNothing(context, call, interaction)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [person] })
  return {
    person,
    sight,
    mayAsk: (institution) =>
      couldMatch(sight.condition, { custodian: institution, person, custodianKeys: context.directory.keysOf(institution) }),
  }
}
