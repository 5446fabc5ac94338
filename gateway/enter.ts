/** The front door: role and scope from the token alone, then the row's handler. Batch entries come through here again. */
import { find } from './addresses.ts'
import type { Call, Context } from './context.ts'
import { mayRun, mayTouch, type Interaction, type Operation } from './logic/access.ts'
import { allows, levelOf, parseScopes, type Scope } from './logic/scope.ts'
import { requireLookupRate, requireRequestRate } from './limits.ts'
import { Problem } from './problem.ts'
import type { Released } from './released.ts'
import { rested } from './rested.ts'
import { hooks, type Enter, type Route, type RowAccess } from './routes.ts'
import type { Caller } from './security/caller.ts'
import { standing } from './standing.ts'
import { requireTaken } from './taken.ts'
import { onTheTick } from './tick.ts'

/** Finds the row, checks role and scope, then runs the handler. */
export async function enter(call: Call, context: Context): Promise<Released> {
  const { route, params } = find(call)
  return onTheTick(context.config.limits.missingMs, () => through(route, { ...call, params }, context))
}

async function through(route: Route, call: Call, context: Context): Promise<Released> {
  const named = await standing(call, context)
  guard(named, route.access)
  requireTaken(named, whatOf(route.access))
  await requireLookupRate(named, context)
  if (!asksAlong.has(whatOf(route.access))) await named.admission.required()
  const within: Enter = (inner, inside = context) => {
    // an entry of a batch costs what a request costs
    requireRequestRate(context, inner.caller)
    return enter(inner, inside)
  }
  const answer = (): Promise<Released> => route.handler(named, context, within)
  // only what writes nothing may run twice
  return route.gate === 'release' ? rested(answer) : answer()
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

/**
 * What asks whether its token was ended along with its entry in the ledger: until then it tells nothing, changes nothing and asks nobody outside. A
 * Bundle asks nothing itself: its entries do, and a transaction before it begins (`bundle.ts`).
 */
const asksAlong: ReadonlySet<string> = new Set<Interaction | Operation | ''>(['read', 'search-type', 'everything', ''])

/** The interaction or operation a row stands for; '' for a Bundle, whose entries have their own. */
function whatOf(access: RowAccess): Interaction | Operation | '' {
  return access.by === 'type' ? access.interaction : access.by === 'operation' ? access.operation : ''
}

/** Operations that change something need the scope of what they do; the others read. */
const writingOperations: Readonly<Partial<Record<Operation, Interaction>>> = { 'process-message': 'refer', resend: 'update' }

const parsed = new WeakMap<Caller, readonly Scope[]>()

function scopesOf(caller: Caller): readonly Scope[] {
  const known = parsed.get(caller)
  if (known !== undefined) return known
  const { scopes } = parseScopes(caller.scopes.join(' '))
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
