/**
 * Task/[id]/$available-actions: what the caller's institution may do with a referral now, straight from the transition table, and by when
 * it is due: one `due` per clock that runs or ran out unanswered.
 */
import type { Task } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { clocksOf, type RunningClock } from '../intake-clocks.ts'
import { readTaskAsParty } from '../judged.ts'
import { publish, type PlainParameters } from '../release-public.ts'
import type { Released } from '../released.ts'
import { isRecallTask, recallActions } from '../logic/recall.ts'
import { actorOf, availableActions, isReferralTask, type Actor, type AvailableAction } from '../logic/referral.ts'

type Parameter = NonNullable<PlainParameters['parameter']>[number]

export async function availableActionsOf(call: Call, context: Context): Promise<Released> {
  const id = call.params['id'] ?? ''
  const task = await readTaskAsParty(context, call, id)
  const actor = actorOf(task, call.caller.institution)
  const dues = isReferralTask(task) ? (await clocksOf(context.store, context, id)).map(dueOf) : []
  const parameter = [...actionsOn(task, actor).map(actionOf), ...dues]
  return publish({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) })
}

type Action = Omit<AvailableAction, 'event'>

function actionsOn(task: Task, actor: Actor | undefined): readonly Action[] {
  if (isReferralTask(task)) return actor === undefined ? [] : availableActions(task, actor)
  if (isRecallTask(task))
    return recallActions(task, 'owner').map(({ status, needsReason }) => ({
      status,
      businessStatus: undefined,
      requires: needsReason ? ['reason'] : [],
    }))
  // What a person is asked (an overdue referral, a possible match) is completed once, and nothing else.
  return task.status === 'requested' ? [{ status: 'completed', businessStatus: undefined, requires: [] }] : []
}

function actionOf(action: Action): Parameter {
  return {
    name: 'action',
    part: [
      { name: 'status', valueCode: action.status },
      ...(action.businessStatus === undefined ? [] : [{ name: 'businessStatus', valueCode: action.businessStatus }]),
      ...action.requires.map((requirement) => ({ name: 'requires', valueCode: requirement })),
    ],
  }
}

function dueOf({ clock, rule, at, isOverdue }: RunningClock): Parameter {
  return {
    name: 'due',
    part: [
      { name: 'clock', valueCode: clock },
      { name: 'rule', valueCode: rule },
      { name: 'at', valueDateTime: at },
      { name: 'overdue', valueBoolean: isOverdue },
    ],
  }
}
