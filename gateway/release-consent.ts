/** What consents say and decide, for those who may know it: the officer and the person concerned. One ledger entry, committed before a byte. */
import type { ConsentVersion } from '../consent/types.ts'
import type { Call, Context } from './context.ts'
import { record } from './release-act.ts'
import { mint, type Released } from './released.ts'

/** One parameter of our own making: words, codes and references to consents; no element of a record fits in. */
export type ToldParameter = { readonly name: string } & (
  | { readonly valueCode: string }
  | { readonly valueString: string }
  | { readonly valueBoolean: boolean }
  | { readonly valueDateTime: string }
  | { readonly valueReference: { readonly reference: string } }
  | { readonly part: readonly ToldParameter[] }
)

/** An explanation is a dry run: this entry is all that it writes. */
export async function releaseExplanation(
  context: Context,
  call: Call,
  input: { readonly person: string; readonly consents: readonly ConsentVersion[]; readonly parameter: readonly ToldParameter[] },
): Promise<Released> {
  await record(context, call, {
    action: 'E',
    interaction: 'consent-explain',
    outcome: 'success',
    persons: [input.person],
    entities: input.consents.map(({ id, version }) => ({ type: 'Consent', id, version })),
    consents: input.consents,
    note: 'dry run',
  })
  return mint(200, {}, JSON.stringify({ resourceType: 'Parameters', parameter: input.parameter }))
}
