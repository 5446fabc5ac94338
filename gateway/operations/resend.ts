/** Task/[id]/$resend: what the caller's institution answered, and the other side's EMR could not take, is sent again. */
import type { Call, Context } from '../context.ts'
import { resendAnswers } from '../intake-resend.ts'
import { readTaskAsParty } from '../judged.ts'
import { maskedQuery, whoOf } from '../ledger-entry.ts'
import { publish } from '../release-public.ts'
import type { Released } from '../released.ts'

export async function resend(call: Call, context: Context): Promise<Released> {
  const id = call.params['id'] ?? ''
  await readTaskAsParty(context, call, id)
  const count = await resendAnswers(context, {
    institution: call.caller.institution,
    who: whoOf(call.caller, call.address),
    request: { requestId: call.requestId, query: maskedQuery(call) },
    task: id,
  })
  return publish({ resourceType: 'Parameters', parameter: [{ name: 'sent', valueInteger: count }] })
}
