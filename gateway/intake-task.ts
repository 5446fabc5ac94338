/** The network is the custodian of Tasks: every new version is written here. */
import { compact, type Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { stopClocks } from './intake-clocks.ts'
import { isReferralTask } from './logic/referral.ts'
import { takeRecords, type IntakeResult } from './intake.ts'
import type { Tables } from './store/store.ts'

/** The network writes the Task: parties stay what they were. */
export async function writeTask(
  tables: Tables,
  context: Context,
  input: { task: Task; id: string; ifMatch: string; parties: readonly string[] },
): Promise<IntakeResult> {
  const [written] = await takeRecords(tables, context, {
    institution: networkId,
    space: 'network',
    entries: [
      {
        method: 'PUT',
        resource: compact<Task>({ ...input.task, id: input.id, lastModified: context.now().toISOString() }),
        fullUrl: '',
        ifMatch: input.ifMatch,
        parties: input.parties,
      },
    ],
  })
  if (written === undefined) throw new TypeError('one entry gives one result')
  if (isReferralTask(input.task)) await stopClocks(tables, context, { id: input.id, status: input.task.status })
  return written
}
