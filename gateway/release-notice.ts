/** Subscriptions and what was told of them, to who wrote them. The resource holds no patient data; events are judged at every asking. */
import type { Call, Context } from './context.ts'
import { ledgerEntry, maskedQuery, whoOf, type Act } from './ledger-entry.ts'
import { judgeEvents, noticeText } from './notice.ts'
import { record } from './release-act.ts'
import { mint, type Released } from './released.ts'
import type { EventRow, SubscriptionRow } from './store/subscriptions.ts'
import type { Tables } from './store/store.ts'

export function releaseSubscription(context: Context, row: SubscriptionRow, status: 200 | 201 = 200): Released {
  const address = `${context.config.publicUrl}/fhir/R4/Subscription/${row.id}`
  const headers = {
    etag: `W/"${row.version}"`,
    'last-modified': new Date(row.updatedMs).toUTCString(),
    ...(status === 201 ? { location: `${address}/_history/${row.version}` } : {}),
  }
  return mint(status, headers, JSON.stringify(resourceOf(row)))
}

export function releaseSubscriptions(context: Context, rows: readonly SubscriptionRow[]): Released {
  const address = `${context.config.publicUrl}/fhir/R4/Subscription`
  const entry = rows.map((row) => ({ fullUrl: `${address}/${row.id}`, resource: resourceOf(row), search: { mode: 'match' } }))
  return mint(
    200,
    {},
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'searchset',
      total: rows.length,
      link: [{ relation: 'self', url: address }],
      ...(entry.length === 0 ? {} : { entry }),
    }),
  )
}

export function releaseRemoved(): Released {
  return mint(204, {}, '')
}

export function releaseStatus(context: Context, row: SubscriptionRow): Released {
  const at = context.now().toISOString()
  return mint(200, {}, noticeText(context, row, { id: context.newId(), at, type: 'query-status', told: [] }))
}

/** Told again, under the same numbers: of what may not be told any more, only that there was an event. */
export async function releaseEvents(
  context: Context,
  call: Call,
  input: { readonly row: SubscriptionRow; readonly events: readonly EventRow[] },
): Promise<Released> {
  const { row, events } = input
  const told = await judgeEvents(context.store, context, row, events)
  const focuses = row.payload === 'empty' ? [] : told.flatMap(({ focus }) => (focus === undefined ? [] : [focus]))
  await record(context, call, {
    ...act,
    action: 'R',
    interaction: 'notification',
    persons: [...new Set(focuses.flatMap(({ person }) => (person === '' ? [] : [person])))],
    entities: focuses.map(({ entity }) => entity),
  })
  const at = context.now().toISOString()
  return mint(200, {}, noticeText(context, row, { id: context.newId(), at, type: 'query-event', told }))
}

const act = { interaction: 'subscription', outcome: 'success', persons: [], entities: [], consents: [], note: '' } as const

/** In the transaction that writes it. */
export async function enterSubscription(
  tables: Tables,
  context: Context,
  call: Call,
  input: { readonly row: SubscriptionRow; readonly action: Act['action'] },
): Promise<void> {
  const { row, action } = input
  const entity = { type: 'Subscription', id: row.id, version: String(row.version) }
  const what: Act = { ...act, action, entities: [entity] }
  await tables.ledger.append([
    ledgerEntry(context, whoOf(call.caller, call.address), { requestId: call.requestId, query: maskedQuery(call) }, what),
  ])
}

function resourceOf(row: SubscriptionRow): object {
  const value: unknown = JSON.parse(row.body)
  if (typeof value !== 'object' || value === null) throw new TypeError('a stored subscription is an object')
  return {
    resourceType: 'Subscription',
    id: row.id,
    ...value,
    meta: { ...metaOf(value), versionId: String(row.version), lastUpdated: new Date(row.updatedMs).toISOString() },
    status: row.status,
    end: new Date(row.endMs).toISOString(),
    ...(row.error === undefined ? {} : { error: row.error }),
  }
}

function metaOf(value: object): object {
  return 'meta' in value && typeof value.meta === 'object' && value.meta !== null ? value.meta : {}
}
