/**
 * What we offer, in one table: method, path, interaction, handler. The CapabilityStatement and the role check (`enter.ts`) derive from it;
 * what is not here does not exist, and a row without an `access` cannot be written.
 */
import type { Call, Context } from './context.ts'
import { bundle } from './interactions/bundle.ts'
import { searchCompartment, searchWholeCompartment } from './interactions/compartment.ts'
import { historyOfAll, historyOfOne, historyOfType, vread } from './interactions/history.ts'
import { read } from './interactions/read.ts'
import { search } from './interactions/search.ts'
import { create, patch, remove, update } from './interactions/write.ts'
import type { Interaction, Operation } from './logic/access.ts'
import { availableActionsOf } from './operations/available-actions.ts'
import { consultConsent } from './operations/consent-consult.ts'
import { explainConsent } from './operations/consent-explain.ts'
import { everything } from './operations/everything.ts'
import { cancelExport, exportFile, exportGroup, exportPatients, exportStatus } from './operations/export.ts'
import { inclusionProofOf } from './operations/inclusion-proof.ts'
import { matchPatient } from './operations/match.ts'
import { metaOf } from './operations/meta.ts'
import { processMessage } from './operations/process-message.ts'
import { resend } from './operations/resend.ts'
import {
  createSubscription,
  readSubscriptionOf,
  removeSubscription,
  searchSubscriptions,
  subscriptionEvents,
  subscriptionStatus,
  updateSubscription,
} from './operations/subscription.ts'
import { summary } from './operations/summary.ts'
import { terminologyRoutes } from './routes-terminology.ts'
import { validateRoutes } from './routes-validate.ts'
import { quarantineList, quarantineReplay } from './operations/quarantine.ts'
import type { Released } from './released.ts'

/** The front door once more, for what a request asks within itself; `within`: inside the transaction it opened. */
export type Enter = (call: Call, within?: Context) => Promise<Released>

export type Handler = (call: Call, context: Context, enter: Enter) => Promise<Released>

/** How a row is guarded before its handler runs: by type and interaction, as a named operation, or entry by entry inside. */
export type RowAccess =
  | { readonly by: 'type'; readonly interaction: Interaction }
  /** `type`: what a scope must cover; `*` where the answer or the request holds whatever a record holds, '' where it holds no resource at all */
  | { readonly by: 'operation'; readonly operation: Operation; readonly type: string }
  | { readonly by: 'entry' }

/**
 * Which gate a row's answer leaves by. `release`: records, judged one by one. `publish`: plain values of a closed list of types. `act`:
 * something is written, and what comes back of it is judged like a read. `none`: nothing but a status leaves. A refusal is a Problem at any
 * of them, and holds no stored value.
 */
export type Gate = 'release' | 'publish' | 'act' | 'none'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** segments; `:type` is a known resource type, `:id` and `:version` FHIR ids */
  readonly path: string
  readonly access: RowAccess
  readonly gate: Gate
  readonly handler: Handler
}

const byType = (interaction: Interaction): RowAccess => ({ by: 'type', interaction })
const operation = (name: Operation, type: string): RowAccess => ({ by: 'operation', operation: name, type })
const subscribing = operation('subscription', 'Task')

export const routes: readonly Route[] = [
  { method: 'POST', path: '', access: { by: 'entry' }, gate: 'act', handler: bundle },
  { method: 'POST', path: '$process-message', access: operation('process-message', '*'), gate: 'act', handler: processMessage },
  { method: 'GET', path: 'Patient/:id/$summary', access: operation('summary', '*'), gate: 'release', handler: summary },
  { method: 'POST', path: 'Patient/:id/$summary', access: operation('summary', '*'), gate: 'release', handler: summary },
  { method: 'GET', path: 'Patient/:id/$everything', access: operation('everything', '*'), gate: 'release', handler: everything },
  { method: 'POST', path: 'Patient/:id/$everything', access: operation('everything', '*'), gate: 'release', handler: everything },
  { method: 'GET', path: 'Patient/$export', access: operation('export', '*'), gate: 'none', handler: exportPatients },
  { method: 'POST', path: 'Patient/$export', access: operation('export', '*'), gate: 'none', handler: exportPatients },
  { method: 'GET', path: 'Group/:id/$export', access: operation('export', '*'), gate: 'none', handler: exportGroup },
  { method: 'POST', path: 'Group/:id/$export', access: operation('export', '*'), gate: 'none', handler: exportGroup },
  { method: 'GET', path: '$export/:id', access: operation('export', '*'), gate: 'publish', handler: exportStatus },
  { method: 'DELETE', path: '$export/:id', access: operation('export', '*'), gate: 'none', handler: cancelExport },
  { method: 'GET', path: '$export-file/:id', access: operation('export', '*'), gate: 'release', handler: exportFile },
  { method: 'GET', path: 'Subscription', access: subscribing, gate: 'publish', handler: searchSubscriptions },
  { method: 'POST', path: 'Subscription', access: subscribing, gate: 'publish', handler: createSubscription },
  { method: 'GET', path: 'Subscription/:id', access: subscribing, gate: 'publish', handler: readSubscriptionOf },
  { method: 'PUT', path: 'Subscription/:id', access: subscribing, gate: 'publish', handler: updateSubscription },
  { method: 'DELETE', path: 'Subscription/:id', access: subscribing, gate: 'none', handler: removeSubscription },
  { method: 'GET', path: 'Subscription/:id/$status', access: subscribing, gate: 'publish', handler: subscriptionStatus },
  { method: 'POST', path: 'Subscription/:id/$status', access: subscribing, gate: 'publish', handler: subscriptionStatus },
  { method: 'GET', path: 'Subscription/:id/$events', access: subscribing, gate: 'release', handler: subscriptionEvents },
  { method: 'POST', path: 'Subscription/:id/$events', access: subscribing, gate: 'release', handler: subscriptionEvents },
  { method: 'GET', path: '$quarantine', access: operation('quarantine', ''), gate: 'publish', handler: quarantineList },
  { method: 'POST', path: '$quarantine-replay', access: operation('quarantine', ''), gate: 'publish', handler: quarantineReplay },
  { method: 'POST', path: 'Patient/$match', access: operation('match', 'Patient'), gate: 'release', handler: matchPatient },
  {
    method: 'GET',
    path: 'Task/:id/$available-actions',
    access: operation('available-actions', 'Task'),
    gate: 'publish',
    handler: availableActionsOf,
  },
  { method: 'POST', path: 'Task/:id/$resend', access: operation('resend', 'Task'), gate: 'act', handler: resend },
  {
    method: 'GET',
    path: 'AuditEvent/:id/$inclusion-proof',
    access: operation('inclusion-proof', 'AuditEvent'),
    gate: 'publish',
    handler: inclusionProofOf,
  },
  { method: 'GET', path: 'Consent/$explain', access: operation('explain', 'Consent'), gate: 'release', handler: explainConsent },
  { method: 'POST', path: 'Consent/$explain', access: operation('explain', 'Consent'), gate: 'release', handler: explainConsent },
  { method: 'GET', path: 'Consent/:id/$explain', access: operation('explain', 'Consent'), gate: 'release', handler: explainConsent },
  { method: 'POST', path: 'Consent/:id/$explain', access: operation('explain', 'Consent'), gate: 'release', handler: explainConsent },
  ...terminologyRoutes,
  ...validateRoutes,
  { method: 'GET', path: ':type/:id/_history/:version', access: byType('vread'), gate: 'release', handler: vread },
  { method: 'GET', path: ':type/:id/$meta', access: byType('read'), gate: 'release', handler: metaOf },
  { method: 'GET', path: ':type/:id/_history', access: byType('history-instance'), gate: 'release', handler: historyOfOne },
  { method: 'GET', path: ':type/_history', access: byType('history-type'), gate: 'release', handler: historyOfType },
  { method: 'GET', path: '_history', access: operation('history-system', '*'), gate: 'release', handler: historyOfAll },
  { method: 'GET', path: ':type/:id', access: byType('read'), gate: 'release', handler: read },
  { method: 'GET', path: 'Patient/:id/:type', access: byType('search-type'), gate: 'release', handler: searchCompartment },
  { method: 'POST', path: 'Patient/:id/:type/_search', access: byType('search-type'), gate: 'release', handler: searchCompartment },
  { method: 'GET', path: 'Patient/:id/*', access: operation('compartment', '*'), gate: 'release', handler: searchWholeCompartment },
  {
    method: 'POST',
    path: 'Patient/:id/*/_search',
    access: operation('compartment', '*'),
    gate: 'release',
    handler: searchWholeCompartment,
  },
  { method: 'GET', path: ':type', access: byType('search-type'), gate: 'release', handler: search },
  { method: 'POST', path: ':type/_search', access: byType('search-type'), gate: 'release', handler: search },
  { method: 'POST', path: ':type', access: byType('create'), gate: 'act', handler: create },
  { method: 'PUT', path: ':type/:id', access: byType('update'), gate: 'act', handler: update },
  { method: 'PATCH', path: ':type/:id', access: byType('patch'), gate: 'act', handler: patch },
  { method: 'DELETE', path: ':type/:id', access: byType('delete'), gate: 'act', handler: remove },
  // by criteria: http://hl7.org/fhir/R4/http.html#cond-update
  { method: 'PUT', path: ':type', access: byType('update'), gate: 'act', handler: update },
  { method: 'PATCH', path: ':type', access: byType('patch'), gate: 'act', handler: patch },
  { method: 'DELETE', path: ':type', access: byType('delete'), gate: 'act', handler: remove },
]

/** CDS Hooks, beside the FHIR base: their replies are no resources, so no batch reaches them. */
export const hooks: readonly Route[] = [
  {
    method: 'POST',
    path: 'patient-consent-consult',
    access: operation('consent-consult', 'Consent'),
    gate: 'release',
    handler: consultConsent,
  },
]

const gates: ReadonlySet<unknown> = new Set<Gate>(['release', 'publish', 'act', 'none'])

/** At start, for a table that no compiler read: throws when a row has no gate, no guard or no handler, so that it is never served. */
export function requireClassified(rows: readonly Route[]): void {
  const open = rows.filter(({ gate, access, handler }) => !gates.has(gate) || !isGuarded(access) || typeof handler !== 'function')
  if (open.length === 0) return
  throw new TypeError(`the route table has rows nobody classified: ${open.map(({ method, path }) => `${method} ${path}`).join(', ')}`)
}

/** Text, not the union: the question is whether the row was written under the compiler's eyes at all. */
function isGuarded(access: { readonly by?: unknown } | undefined): boolean {
  return access?.by === 'type' || access?.by === 'operation' || access?.by === 'entry'
}
