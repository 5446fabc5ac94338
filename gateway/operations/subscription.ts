/**
 * Subscriptions (R5 Backport on R4): written, read and removed by who subscribes; `$status`; `$events` tells again what was told.
 * Spec: https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
 */
import { parseTime } from '../../fhir-profiles/time.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { requireVersion } from '../intake-place.ts'
import { resourceOf } from '../intake.ts'
import { keepCaller } from '../kept-caller.ts'
import { mayTouch } from '../logic/access.ts'
import { allows, levelOf, parseScopes } from '../logic/scope.ts'
import { readSubscription, type WantedSubscription } from '../logic/subscription.ts'
import { notFound, Problem } from '../problem.ts'
import {
  enterSubscription,
  releaseEvents,
  releaseRemoved,
  releaseStatus,
  releaseSubscription,
  releaseSubscriptions,
} from '../release-notice.ts'
import type { Released } from '../released.ts'
import type { SubscriptionRow } from '../store/subscriptions.ts'
import { countIn, parametersOf, valuesOf } from './parameters.ts'

/** A subscription outlives the token it was written with, so it has an end: then its owner writes it again. */
const longestMs = 90 * 86_400_000
const mostOfOwner = 20
const mostEvents = 100

export async function createSubscription(call: Call, context: Context): Promise<Released> {
  parametersOf({ ...call, body: { kind: 'none' } }, [])
  const { subject, institution, role } = call.caller
  const row: SubscriptionRow = {
    ...wantedOf(call, context),
    id: context.newId(),
    subject,
    institution,
    role,
    version: 1,
    told: 0,
  }
  await context.store.transaction(async (tables) => {
    if ((await tables.subscriptions.ofOwner(call.caller)).length >= mostOfOwner)
      throw new Problem('conflict', `one subscriber has at most ${mostOfOwner} subscriptions; remove one`, { id: 'too-many-subscriptions' })
    await tables.subscriptions.add(row)
    await enterSubscription(tables, context, call, { row, action: 'C' })
  })
  context.wakeDelivery()
  return releaseSubscription(context, row, 201)
}

/** Written anew it begins anew with a handshake; its numbers go on. */
export async function updateSubscription(call: Call, context: Context): Promise<Released> {
  const { subject, institution, role } = call.caller
  const id = call.params['id'] ?? ''
  const row = await context.store.transaction(async (tables) => {
    const before = await tables.subscriptions.find(id, call.caller, true)
    if (before === undefined) throw notFound()
    requireVersion(call.ifMatch, before.version)
    const wanted = wantedOf(call, context)
    if (wanted.topic !== before.topic)
      throw new Problem('unprocessable', 'the topic of a subscription stays; write another one', {
        id: 'topic-changed',
        expression: 'Subscription.criteria',
      })
    const after: SubscriptionRow = { ...wanted, id, subject, institution, role, version: before.version + 1, told: before.told }
    await tables.subscriptions.replace(after)
    await enterSubscription(tables, context, call, { row: after, action: 'U' })
    return after
  })
  context.wakeDelivery()
  return releaseSubscription(context, row)
}

export async function readSubscriptionOf(call: Call, context: Context): Promise<Released> {
  parametersOf(call, [])
  return releaseSubscription(context, await ownOf(call, context))
}

export async function searchSubscriptions(call: Call, context: Context): Promise<Released> {
  parametersOf(call, [])
  return releaseSubscriptions(context, await context.store.subscriptions.ofOwner(call.caller))
}

export async function removeSubscription(call: Call, context: Context): Promise<Released> {
  await context.store.transaction(async (tables) => {
    const row = await tables.subscriptions.find(call.params['id'] ?? '', call.caller, true)
    if (row === undefined) throw notFound()
    await tables.subscriptions.remove(row.id)
    await enterSubscription(tables, context, call, { row, action: 'D' })
  })
  return releaseRemoved()
}

export async function subscriptionStatus(call: Call, context: Context): Promise<Released> {
  parametersOf(call, [])
  return releaseStatus(context, await ownOf(call, context))
}

export async function subscriptionEvents(call: Call, context: Context): Promise<Released> {
  const given = parametersOf(call, ['eventsSinceNumber', 'eventsUntilNumber', 'content'])
  const row = await ownOf(call, context)
  const content = valuesOf(given, 'content')[0] ?? row.payload
  if (content !== 'empty' && content !== 'id-only')
    throw new Problem('not-supported', '`content` is `id-only` or `empty`: no record leaves with an event', {
      id: 'unsupported-payload',
      expression: 'content',
    })
  const from = countIn(given, 'eventsSinceNumber', 1_000_000_000) ?? 1
  const until = countIn(given, 'eventsUntilNumber', 1_000_000_000) ?? 1_000_000_000
  const events = await context.store.subscriptions.events(row.id, { from, until, limit: mostEvents })
  return releaseEvents(context, call, { row: { ...row, payload: row.payload === 'empty' ? 'empty' : content }, events })
}

/** Somebody else's subscription and one that never was are one answer. */
async function ownOf(call: Call, context: Context): Promise<SubscriptionRow> {
  const row = await context.store.subscriptions.find(call.params['id'] ?? '', call.caller)
  if (row === undefined) throw notFound()
  return row
}

type Wanted = Omit<SubscriptionRow, 'id' | 'subject' | 'institution' | 'role' | 'version' | 'told'>

/** What the body asks for, as far as this caller may have it. */
function wantedOf(call: Call, context: Context): Wanted {
  if (call.body.kind !== 'json') throw new Problem('invalid', 'send a Subscription as application/fhir+json', { id: 'no-body' })
  const resource = resourceOf(call.body.value, 'Subscription')
  const read = readSubscription(resource, context.config.subscriptions.endpoints)
  if ('faults' in read) throw new Problem('unprocessable', 'this subscription is not offered', { issues: read.faults })
  requireReadable(call, read.ok.topic.type)
  const nowMs = context.now().getTime()
  const { topic, endpoint, headers, payload, heartbeatMs, deadlineMs, status } = read.ok
  return {
    endpoint,
    headers,
    payload,
    heartbeatMs,
    deadlineMs,
    status,
    topic: topic.url,
    caller: keepCaller(call.caller),
    body: JSON.stringify(withoutOurs(resource)),
    error: undefined,
    updatedMs: nowMs,
    endMs: endOf(read.ok, context, nowMs),
    failures: 0,
    heardMs: nowMs,
  }
}

/** Whoever could not read what an event is about is not told of it. */
function requireReadable({ caller }: Call, type: string): void {
  const { scopes } = parseScopes(caller.scopes.join(' '))
  if (!mayTouch(caller.role, type, 'read'))
    throw new Problem('forbidden', 'this role may not read what this topic is about', { id: 'role' })
  if (!allows(scopes, { level: levelOf(caller.role), type, interaction: 'read' }))
    throw new Problem('forbidden', 'the scope of the token does not cover what this topic is about', { id: 'scope' })
}

function endOf({ end }: WantedSubscription, context: Context, nowMs: number): number {
  if (end === undefined) return nowMs + longestMs
  const time = parseTime(end, context.config.timeZone)
  if (time !== undefined && time.fromMs > nowMs && time.fromMs <= nowMs + longestMs) return time.fromMs
  throw new Problem('unprocessable', '`end` is an instant within the next 90 days', { id: 'bad-end', expression: 'Subscription.end' })
}

/** Status, error, end and version are written by us. */
function withoutOurs(resource: Resource): object {
  const ours = new Set(['id', 'status', 'error', 'end'])
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !ours.has(name)))
}
