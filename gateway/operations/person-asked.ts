/** What `$summary` and `$everything` have in common: whom they are about, what the caller may see of them, and who may be asked live. */
import type { Call, Context } from '../context.ts'
import type { Held } from '../held.ts'
import type { Sight } from '../judge.ts'
import { nobody, readPersonOf, sightFor } from '../judged.ts'
import { couldMatch } from '../logic/wholesale.ts'
import { releaseNothing } from '../release.ts'

export interface PersonAsked {
  readonly person: string
  readonly sight: Sight
  /** every Patient record of theirs, whoever may see it; undefined = more than are read at once */
  readonly charts: readonly Held[] | undefined
  /** false for institutions denied wholesale: they are not asked */
  readonly mayAsk: (institution: string) => boolean
}

/** Throws not-found for a person nobody knows; the refusal is in the ledger. */
export async function personAsked(call: Call, context: Context, interaction: 'summary' | 'everything'): Promise<PersonAsked> {
  const { person, policy, held: charts } = await readPersonOf(context, call, call.params['id'] ?? '')
  if (person === nobody) return releaseNothing(context, call, interaction)
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [person], policy })
  return {
    person,
    sight,
    charts,
    mayAsk: (institution) =>
      couldMatch(sight.condition, { custodian: institution, person, custodianKeys: context.directory.keysOf(institution) }),
  }
}
