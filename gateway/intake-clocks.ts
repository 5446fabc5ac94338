/**
 * Due times of a referral: set with the referral itself, stopped by the step that answers it, both in the caller's transaction.
 * What passes its time becomes a Task for a person at the sender's (`overdue.ts`); an answer after all takes that Task off the desk.
 */
import { system } from '../fhir-profiles/codes.ts'
import { compact, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { open } from './held.ts'
import { takeRecords } from './intake.ts'
import { clockRow, dueTimes, inZone, rulesOfClocks, stoppedBy, type Due } from './logic/clocks.ts'
import type { Status } from './logic/referral.ts'
import type { Payer } from './logic/route-rules.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import type { Tables } from './store/store.ts'

/** The due times of a referral that is submitted now. */
export function duesFrom(context: Context, payer: Payer | undefined): readonly Due[] {
  const { timeZone: zone, holidays } = context.config
  return dueTimes({ fromMs: context.now().getTime(), payer }, { zone, holidays })
}

/**
 * When an answer is due, as the sender and the receiver read it: the end of `Task.restriction.period`
 * (http://hl7.org/fhir/R4/task-definitions.html#Task.restriction.period). An earlier end that the sender asks for stands.
 */
export function restrictionOf(context: Context, asked: Task['restriction'], dues: readonly Due[]): Task['restriction'] {
  const answer = dues.find(({ clock }) => clock === 'answer')
  const askedMs = Date.parse(asked?.period?.end ?? '')
  if (answer === undefined || askedMs <= answer.atMs) return asked
  return { ...asked, period: { ...asked?.period, end: inZone(answer.atMs, context.config.timeZone) } }
}

export async function startClocks(tables: Tables, id: string, dues: readonly Due[]): Promise<void> {
  for (const { rule, atMs } of dues) await tables.dues.set(id, rule, atMs)
}

/** A withheld referral may go out again: the new permission starts the transmission clock anew, the letter's own date stays. */
export async function restartTransmission(tables: Tables, context: Context, id: string): Promise<void> {
  await startClocks(
    tables,
    id,
    duesFrom(context, undefined).filter(({ clock }) => clock === 'transmission'),
  )
}

/** Clocks that do not run in this state are stopped, and what a person was asked about them is settled. */
export async function stopClocks(tables: Tables, context: Context, { id, status }: { id: string; status: Status }): Promise<void> {
  const rules = stoppedBy(status)
  if (rules.length === 0) return
  await tables.dues.clear(id, rules)
  for (const { task, parties } of await overdueTasks(tables, id, rules)) {
    const settled = compact<Task>({
      ...task,
      status: 'cancelled',
      statusReason: { coding: [{ system: system.statusReason, code: 'no-longer-due' }] },
      lastModified: context.now().toISOString(),
    })
    await takeRecords(tables, context, {
      institution: networkId,
      space: 'network',
      entries: [{ method: 'PUT', resource: settled, fullUrl: '', ifMatch: '', parties }],
    })
  }
}

/** One Task per referral and clock: when the time passes again it is asked again in the same place. */
export function overdueId(referral: string, clock: Due['clock']): string {
  return `overdue-${clock}-${referral}`
}

/** What people are being asked now about these clocks. */
async function overdueTasks(
  tables: Tables,
  referral: string,
  rules: readonly string[],
): Promise<readonly { task: Task; parties: readonly string[] }[]> {
  const ids = [...new Set(rules.flatMap((rule) => clockRow(rule)?.clock ?? []))].map((clock) => overdueId(referral, clock))
  return (await tables.records.byIds(ids)).map(open).flatMap(({ text, parties }) => {
    const task = valueOf(text)
    return isResource(task) && task.resourceType === 'Task' && task.status === 'requested' ? [{ task, parties }] : []
  })
}

export interface RunningClock {
  readonly clock: Due['clock']
  readonly rule: string
  /** in the network's zone */
  readonly at: string
  readonly isOverdue: boolean
}

/** The clocks of a referral that run, and those that ran out and still wait for a person. */
export async function clocksOf(tables: Tables, context: Context, id: string): Promise<readonly RunningClock[]> {
  const nowMs = context.now().getTime()
  const found = (rule: string, at: string, isOverdue: boolean): RunningClock[] => {
    const clock = clockRow(rule)?.clock
    return clock === undefined ? [] : [{ clock, rule, at, isOverdue }]
  }
  const running = (await tables.dues.of(id)).flatMap(({ kind, atMs }) => found(kind, inZone(atMs, context.config.timeZone), atMs < nowMs))
  const asked = (await overdueTasks(tables, id, rulesOfClocks)).flatMap(({ task }) =>
    found(task.reasonCode?.coding?.[0]?.code ?? '', task.restriction?.period?.end ?? '', true),
  )
  return [...running, ...asked]
}
