/**
 * One loop over subscriptions: claim, number what may be told, send one notification, note the answer. An event gets its number once it has been
 * judged for the subscriber; what is sent is judged again and entered in the ledger first. The same number and id go out until they are taken.
 */
import type { Context } from './context.ts'
import { ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { isMember, judgeEvents, noticeText, type NoticeType, type Told } from './notice.ts'
import type { SubscriptionRow } from './store/subscriptions.ts'
import type { Tables } from './store/store.ts'

/** Sends one notification: true when the endpoint took it. Goes nowhere but to the origins of the configuration. */
export type Post = (
  url: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly signal: AbortSignal },
) => Promise<boolean>

/** longer than any sending may last */
const leaseMs = 30_000
const firstRetryMs = 1_000
const longestRetryMs = 15 * 60_000
const mostJudged = 100
const everyMs = 1_000

export interface Notifying {
  readonly signal: AbortSignal
  readonly post: Post
}

/** Runs until `signal` aborts. */
export async function notifyLoop(context: Context, input: Notifying & { readonly sleep: (ms: number) => Promise<void> }): Promise<void> {
  while (!input.signal.aborted) {
    const worked = await notifyNext(context, input).catch((thrown: unknown) => {
      context.log('error', 'notify-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
      return false
    })
    if (!worked) await input.sleep(everyMs)
  }
}

/** Sends at most one notification; false when there was nothing to do. */
export async function notifyNext(context: Context, { signal, post }: Notifying): Promise<boolean> {
  const packed = await context.store.transaction((tables) => pack(tables, context))
  if (packed === 'idle') return false
  if (packed === 'done') return true
  const { row, seq, body } = packed
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(row.deadlineMs)])
  const isTaken = await post(row.endpoint, { headers: headersOf(row), body, signal: deadline })
  const nowMs = context.now().getTime()
  if (isTaken) await context.store.transaction((tables) => tables.subscriptions.heard(row, seq, nowMs))
  else await context.store.subscriptions.failed(row, afterFailure(context, row, nowMs))
  context.log(isTaken ? 'info' : 'warn', 'notification', { institution: row.institution, kind: packed.type, attempt: row.failures + 1 })
  return true
}

interface Packed {
  readonly row: SubscriptionRow
  readonly type: NoticeType
  readonly seq: number | undefined
  readonly body: string
}

async function pack(tables: Tables, context: Context): Promise<Packed | 'idle' | 'done'> {
  const nowMs = context.now().getTime()
  const { subscriptions } = tables
  const row = await subscriptions.claim(nowMs, leaseMs)
  if (row === undefined) return 'idle'
  if (row.endMs <= nowMs || !isMember(context, row)) {
    await subscriptions.end(row.id)
    return 'done'
  }
  const at = context.now().toISOString()
  if (row.status === 'requested') return packed(context, row, { type: 'handshake', id: context.newId(), at, told: [] })
  const numbered = { ...row, told: await numberNew(tables, context, row) }
  const event = row.status === 'active' ? await subscriptions.unsent(row.id) : undefined
  if (event !== undefined) {
    const told = await judgeEvents(tables, context, row, [event])
    await enter(tables, context, row, told)
    const input = { type: 'event-notification', id: event.notice, at: new Date(event.atMs).toISOString(), told } as const
    return { ...packed(context, numbered, input), seq: event.seq }
  }
  if (row.status === 'active' && row.heartbeatMs !== undefined && row.heardMs + row.heartbeatMs <= nowMs)
    return packed(context, numbered, { type: 'heartbeat', id: context.newId(), at, told: [] })
  await subscriptions.rest(row.id, nowMs)
  return 'done'
}

function packed(
  context: Context,
  row: SubscriptionRow,
  input: { type: NoticeType; id: string; at: string; told: readonly Told[] },
): Packed {
  return { row, type: input.type, seq: undefined, body: noticeText(context, row, input) }
}

/** What may not be told is dropped before there is a number: no gap says that there was something. The last number given now. */
async function numberNew(tables: Tables, context: Context, row: SubscriptionRow): Promise<number> {
  const events = await tables.subscriptions.unjudged(row.id, mostJudged)
  if (events.length === 0) return row.told
  const judged = await judgeEvents(tables, context, row, events)
  const passed = judged.filter(({ focus }) => focus !== undefined)
  const numbers = passed.map(({ event }, at) => ({ seq: event.seq, number: row.told + at + 1, notice: context.newId() }))
  await tables.subscriptions.drop(judged.filter(({ focus }) => focus === undefined).map(({ event }) => event.seq))
  const told = row.told + numbers.length
  await tables.subscriptions.number(row.id, numbers, told)
  return told
}

/** Before a byte leaves, and again at every repeat. */
async function enter(tables: Tables, context: Context, row: SubscriptionRow, told: readonly Told[]): Promise<void> {
  const focuses = told.flatMap(({ focus }) => (focus === undefined ? [] : [focus]))
  const who = { ...whoIsNetwork, institution: row.institution }
  const entry = ledgerEntry(
    context,
    who,
    { requestId: '', query: '' },
    {
      action: 'R',
      interaction: 'notification',
      outcome: 'success',
      persons: [...new Set(focuses.flatMap(({ person }) => (person === '' ? [] : [person])))],
      entities: row.payload === 'empty' ? [] : focuses.map(({ entity }) => entity),
      consents: [],
      note: '',
      recipient: { institution: row.institution, address: URL.parse(row.endpoint)?.hostname ?? '' },
    },
  )
  await tables.ledger.append([entry])
}

function headersOf(row: SubscriptionRow): Readonly<Record<string, string>> {
  const own = row.headers.map((text): [string, string] => {
    const colon = text.indexOf(':')
    return [text.slice(0, colon), text.slice(colon + 1).trim()]
  })
  return { ...Object.fromEntries(own), 'content-type': 'application/fhir+json; charset=utf-8' }
}

/** A handshake that fails once, or an endpoint that fails often, is an error that only the subscriber ends. Numbers go on meanwhile. */
function afterFailure(context: Context, row: SubscriptionRow, nowMs: number): Parameters<Tables['subscriptions']['failed']>[1] {
  if (row.status === 'requested') return { status: 'error', error: 'the endpoint did not take the handshake', nextMs: nowMs }
  if (row.failures + 1 >= context.config.subscriptions.maxAttempts)
    return { status: 'error', error: 'the endpoint did not take notifications', nextMs: nowMs }
  return { status: row.status, error: undefined, nextMs: nowMs + Math.min(firstRetryMs * 2 ** row.failures, longestRetryMs) }
}
