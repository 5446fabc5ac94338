/**
 * What we offer, in one table: method, path, interaction, handler. The CapabilityStatement and the role check derive from it; what is not
 * here does not exist, and a row without an `access` cannot be written.
 */
import type { Call, Context } from './context.ts'
import { bundle } from './interactions/bundle.ts'
import { searchCompartment, searchWholeCompartment } from './interactions/compartment.ts'
import { historyOfAll, historyOfOne, historyOfType, vread } from './interactions/history.ts'
import { read } from './interactions/read.ts'
import { search } from './interactions/search.ts'
import { create, patch, remove, update } from './interactions/write.ts'
import { knownTypes, mayRun, mayTouch, type Interaction, type Operation } from './logic/access.ts'
import { allows, levelOf, parseScopes, type Scope } from './logic/scope.ts'
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
import { rested } from './rested.ts'
import { requireTaken } from './taken.ts'
import { standing } from './standing.ts'
import { terminologyRoutes } from './routes-terminology.ts'
import { validateRoutes } from './routes-validate.ts'
import { requireLookupRate, requireRequestRate } from './limits.ts'
import { notFound, Problem } from './problem.ts'
import { quarantineList, quarantineReplay } from './operations/quarantine.ts'
import type { Released } from './released.ts'
import type { Caller } from './security/caller.ts'

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

const types = new Set(knownTypes)
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

/** The same gate for a hook. */
export async function enterHook(call: Call, context: Context): Promise<Released> {
  const { route, params } = find(call, hooks)
  const named: Call = { ...call, params }
  guard(named, route.access)
  await requireLookupRate(named, context)
  await named.admission.required()
  return route.handler(named, context, () => Promise.reject(new TypeError('a hook calls nothing else')))
}

/** Finds the row, checks role and scope from the token alone, then runs the handler. Batch entries come through here again. */
export async function enter(call: Call, context: Context): Promise<Released> {
  const { route, params } = find(call)
  const named = await standing({ ...call, params }, context)
  guard(named, route.access)
  requireTaken(named, whatOf(route.access))
  await requireLookupRate(named, context)
  // a read asks along with its entry in the ledger, before which it tells nothing
  if (whatOf(route.access) !== 'read') await named.admission.required()
  const within: Enter = (inner, inside = context) => {
    // an entry of a batch costs what a request costs
    requireRequestRate(context, inner.caller)
    return enter(inner, inside)
  }
  const answer = (): Promise<Released> => route.handler(named, context, within)
  // only what writes nothing may run twice
  return route.gate === 'release' ? rested(answer) : answer()
}

/** The interaction or operation a row stands for; '' for a Bundle, whose entries have their own. */
function whatOf(access: RowAccess): Interaction | Operation | '' {
  return access.by === 'type' ? access.interaction : access.by === 'operation' ? access.operation : ''
}

function find(call: Call, table: readonly Route[] = routes): { route: Route; params: Readonly<Record<string, string>> } {
  const method = call.method === 'HEAD' ? 'GET' : call.method
  const given = call.path.split('/')
  for (const route of ofLength(table, given.length)) {
    const params = route.method === method ? paramsOf(route.path, given) : undefined
    if (params !== undefined) return { route, params }
  }
  const others = methodsAt(call.path, table)
  if (others !== '') {
    throw new Problem('method-not-allowed', `\`${call.method}\` is not offered here; try ${others}`, {
      id: 'method-not-allowed',
      headers: { allow: others },
    })
  }
  throw nowhere(call.path)
}

/** What an address of this shape offers, whoever asks and whatever is there: `GET, PUT`; '' for an address of no row. */
export function methodsAt(path: string, table: readonly Route[] = routes): string {
  return [...new Set(table.flatMap((route) => (paramsOf(route.path, path.split('/')) === undefined ? [] : [route.method])))].join(', ')
}

export function nowhere(path: string): Problem {
  const [type] = path.split('/')
  const isType = type !== undefined && /^[A-Z][A-Za-z]+$/.test(type)
  return isType && !types.has(type)
    ? new Problem('not-found', 'this resource type is not offered; see /metadata', { id: 'unknown-type' })
    : notFound()
}

/** The row an address belongs to, without its ids; undefined for an address of no row. */
export function shapeOf(path: string): string | undefined {
  const given = path.split('/')
  for (const route of ofLength(routes, given.length)) {
    const params = paramsOf(route.path, given)
    if (params !== undefined) return route.path.replace(':type', params['type'] ?? '')
  }
  return undefined
}

const byLength = new WeakMap<readonly Route[], ReadonlyMap<number, readonly Route[]>>()

/** The rows of a table that have as many segments; in its order. */
function ofLength(table: readonly Route[], count: number): readonly Route[] {
  const known = byLength.get(table) ?? Map.groupBy(table, ({ path }) => wantedBy(path).length)
  byLength.set(table, known)
  return known.get(count) ?? []
}

const segmentsOf = new Map<string, readonly string[]>()

/** A pattern is one of a row: taken apart once. */
function wantedBy(pattern: string): readonly string[] {
  const known = segmentsOf.get(pattern)
  if (known !== undefined) return known
  const segments = pattern.split('/')
  segmentsOf.set(pattern, segments)
  return segments
}

function paramsOf(pattern: string, given: readonly string[]): Record<string, string> | undefined {
  const wanted = wantedBy(pattern)
  if (wanted.length !== given.length || !wanted.every((name, at) => fits(name, given[at] ?? ''))) return undefined
  const params: Record<string, string> = {}
  for (const [at, name] of wanted.entries()) if (name.startsWith(':')) params[name.slice(1)] = given[at] ?? ''
  if (params['type'] === undefined && /^[A-Z]/.test(wanted[0] ?? '')) params['type'] = wanted[0] ?? ''
  return params
}

function fits(name: string, value: string): boolean {
  if (name === ':type') return types.has(value)
  return name.startsWith(':') ? /^[A-Za-z0-9\-.]{1,64}$/.test(value) : name === value
}

/** Operations that change something need the scope of what they do; the others read. */
const writingOperations: Readonly<Partial<Record<Operation, Interaction>>> = { 'process-message': 'refer', resend: 'update' }

const parsed = new WeakMap<Caller, readonly Scope[]>()

function scopesOf(caller: Caller): readonly Scope[] {
  const scopes = parsed.get(caller) ?? parseScopes(caller.scopes.join(' ')).scopes
  parsed.set(caller, scopes)
  return scopes
}

/** 403 only here, where the token alone says no; everything after this answers as if what is refused did not exist. */
function guard(call: Call, access: RowAccess): void {
  const { role } = call.caller
  const scopes = scopesOf(call.caller)
  const type = call.params['type'] ?? ''
  switch (access.by) {
    case 'entry':
      return
    case 'operation':
      if (!mayRun(role, access.operation)) throw refused('role', 'this role may not use this operation')
      if (
        access.type !== '' &&
        !allows(scopes, { level: levelOf(role), type: access.type, interaction: writingOperations[access.operation] ?? 'read' })
      )
        throw refused('scope', 'the scope of the token does not cover this')
      return
    case 'type':
      if (!mayTouch(role, type, access.interaction)) throw refused('role', 'this role may not do this with this type')
      if (!allows(scopes, { level: levelOf(role), type, interaction: access.interaction }))
        throw refused('scope', 'the scope of the token does not cover this')
      return
    default:
      access satisfies never
  }
}

function refused(id: string, message: string): Problem {
  const headers = id === 'scope' ? { 'www-authenticate': 'Bearer realm="care-network", error="insufficient_scope"' } : {}
  return new Problem('forbidden', message, { id, headers })
}
