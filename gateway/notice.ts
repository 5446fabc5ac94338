/**
 * What a subscriber is told: that something happened, its number, and at most the id of what it happened to. Never a record.
 * Spec: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html#notifications-with-fhir-r4
 */
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { open } from './held.ts'
import { isVisible, sightOf } from './judge.ts'
import { keptCaller } from './kept-caller.ts'
import { mayTouch } from './logic/access.ts'
import { actionOf } from './logic/action-of.ts'
import { subscriptionProfile } from './logic/subscription.ts'
import type { EventRow, SubscriptionRow } from './store/subscriptions.ts'
import type { Tables } from './store/store.ts'

/** A record an event is about, in the subscriber's ids. */
export interface Focus {
  readonly reference: string
  /** as the ledger knows it */
  readonly entity: { readonly type: string; readonly id: string; readonly version: string }
  readonly person: string
}

export interface Told {
  readonly event: EventRow
  /** undefined: it may not be told (any more) what it was */
  readonly focus: Focus | undefined
}

/** Each event, judged now for the subscriber as they were when they wrote the subscription. */
export async function judgeEvents(
  tables: Tables,
  context: Context,
  row: SubscriptionRow,
  events: readonly EventRow[],
): Promise<readonly Told[]> {
  const caller = keptCaller(row.caller)
  const contents = new Map(
    (await tables.records.byIds(events.map(({ record }) => record))).map((held) => [open(held).facts.id, open(held)]),
  )
  const persons = [...new Set([...contents.values()].flatMap(({ facts }) => (facts.person === '' ? [] : [facts.person])))]
  const told: Told[] = []
  for (const event of events) {
    const content = contents.get(event.record)
    const about = { type: event.type, persons, action: actionOf.subscription, liveRelated: [] }
    const isTold =
      content !== undefined &&
      mayTouch(caller.role, event.type, 'read') &&
      isVisible(await sightOf(tables, context, caller, about), content)
    if (content === undefined || !isTold) {
      told.push({ event, focus: undefined })
      continue
    }
    const isOwn = caller.role === 'system' && content.facts.custodian === caller.institution
    const { type, id, person } = content.facts
    told.push({
      event,
      focus: { reference: `${type}/${isOwn ? content.localId : id}`, entity: { type, id, version: String(event.version) }, person },
    })
  }
  return told
}

/** Whether the institution that subscribed is still one of the network. */
export function isMember(context: Context, row: SubscriptionRow): boolean {
  return row.institution === networkId || context.directory.institution(row.institution) !== undefined
}

export type NoticeType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event'

/** @param id of the Bundle: the same at every repeat of one notification */
export function noticeText(
  context: Context,
  row: SubscriptionRow,
  input: { readonly id: string; readonly at: string; readonly type: NoticeType; readonly told: readonly Told[] },
): string {
  const base = `${context.config.publicUrl}/fhir/R4`
  const focuses = row.payload === 'empty' ? [] : input.told.flatMap(({ focus, event }) => (focus === undefined ? [] : [{ focus, event }]))
  const entries = new Map(focuses.map(({ focus, event }) => [focus.reference, event.version === 1 ? 'POST' : 'PUT']))
  const isStatus = input.type === 'query-status'
  return JSON.stringify({
    resourceType: 'Bundle',
    id: input.id,
    meta: { profile: [subscriptionProfile.notification] },
    type: isStatus ? 'searchset' : 'history',
    ...(isStatus ? { total: 1 } : {}),
    timestamp: input.at,
    entry: [
      {
        fullUrl: `urn:uuid:${input.id}`,
        resource: statusOf(base, row, input),
        ...(isStatus
          ? { search: { mode: 'match' } }
          : { request: { method: 'GET', url: `Subscription/${row.id}/$status` }, response: { status: '200' } }),
      },
      ...[...entries].map(([reference, method]) => ({
        fullUrl: `${base}/${reference}`,
        request: { method, url: method === 'POST' ? reference.split('/')[0] : reference },
        response: { status: method === 'POST' ? '201' : '200' },
      })),
    ],
  })
}

function statusOf(base: string, row: SubscriptionRow, input: { id: string; type: NoticeType; told: readonly Told[] }): object {
  const events = input.told.map(({ event, focus }) => ({
    name: 'notification-event',
    part: [
      { name: 'event-number', valueString: String(event.number) },
      { name: 'timestamp', valueInstant: new Date(event.atMs).toISOString() },
      ...(focus === undefined || row.payload === 'empty'
        ? []
        : [{ name: 'focus', valueReference: { reference: `${base}/${focus.reference}` } }]),
    ],
  }))
  return {
    resourceType: 'Parameters',
    id: input.id,
    meta: { profile: [subscriptionProfile.status] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${base}/Subscription/${row.id}` } },
      { name: 'topic', valueCanonical: row.topic },
      { name: 'status', valueCode: row.status },
      { name: 'type', valueCode: input.type },
      { name: 'events-since-subscription-start', valueString: String(row.told) },
      ...events,
      ...(row.error === undefined ? [] : [{ name: 'error', valueCodeableConcept: { text: row.error } }]),
    ],
  }
}
