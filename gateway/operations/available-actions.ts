/** Task/[id]/$available-actions: what the caller's institution may do with a referral now, straight from the transition table. */
import type { Call, Context } from '../context.ts'
import { readTaskAsParty } from '../judged.ts'
import { publish, type PlainParameters } from '../release-public.ts'
import type { Released } from '../released.ts'
import { isRecallTask, recallActions } from '../logic/recall.ts'
import { actorOf, availableActions } from '../logic/referral.ts'

export async function availableActionsOf(call: Call, context: Context): Promise<Released> {
  const task = await readTaskAsParty(context, call, call.params['id'] ?? '')
  const actor = actorOf(task, call.caller.institution)
  const recall = isRecallTask(task) ? recallActions(task, 'owner') : undefined
  const referral = actor === undefined ? [] : availableActions(task, actor)
  const actions = recall?.map(({ status, needsReason }) => ({ status, businessStatus: undefined, requires: needsReason ? ['reason'] : [] }))
  const parameter: NonNullable<PlainParameters['parameter']> = (actions ?? referral).map((action) => ({
    name: 'action',
    part: [
      { name: 'status', valueCode: action.status },
      ...(action.businessStatus === undefined ? [] : [{ name: 'businessStatus', valueCode: action.businessStatus }]),
      ...action.requires.map((requirement) => ({ name: 'requires', valueCode: requirement })),
    ],
  }))
  return publish({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) })
}
