/**
 * batch and transaction. A transaction is one of three things: a referral (a new referral Task), an answer (a PUT of one), or a feed of an
 * institution's own records; each is one database transaction. A batch's entries go through the front door again, one by one.
 * Spec: http://hl7.org/fhir/R4/http.html#transaction
 */
import type { Bundle, BundleEntry, Resource, Task } from '../../fhir-profiles/r4.ts'
import { profile } from '../../fhir-profiles/codes.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../context.ts'
import { answerReferral } from '../intake-answer.ts'
import { submitReferral } from '../intake-referral.ts'
import { requireValid, takeRecords, type IntakeEntry } from '../intake.ts'
import { isPartyTask } from '../judged.ts'
import { ledgerEntry, maskedQuery, whoOf } from '../ledger-entry.ts'
import { mayTouch, type Interaction } from '../logic/access.ts'
import { allows, levelOf, parseScopes } from '../logic/scope.ts'
import { bodyHash, once, type Once } from '../once.ts'
import { asProblem, Problem } from '../problem.ts'
import { releaseEntries, type Released } from '../release.ts'
import type { WrittenEntry } from '../written.ts'

export type Enter = (call: Call) => Promise<Released>

interface Entry {
  readonly method: 'PUT' | 'POST'
  readonly resource: Resource
  readonly fullUrl: string
  readonly ifMatch: string
}

export async function bundle(call: Call, context: Context, enter: Enter): Promise<Released> {
  const body = bundleOf(call, context)
  if (body.type === 'batch') return batch(call, context, body, enter)
  if (body.type !== 'transaction') {
    throw new Problem('invalid', 'only a Bundle of type `transaction` or `batch` is posted here; messages go to $process-message', {
      id: 'bundle-type',
      expression: 'Bundle.type',
    })
  }
  const entries = (body.entry ?? []).map(entryOf)
  const key = onceOf(body)
  const task = entries.find((entry) => isReferral(entry.resource))
  if (task?.method === 'POST') return refer(call, context, entries, key)
  if (task?.method === 'PUT' && (await isPartyTask(context, call, task.resource.id ?? '')))
    return answer(call, context, { task, entries, key })
  if (task?.method === 'PUT' && task.resource.resourceType === 'Task' && task.resource.status === 'requested')
    return refer(call, context, entries, key)
  return feed(call, context, entries, key)
}

function bundleOf(call: Call, context: Context): Bundle {
  const value = call.body.kind === 'json' ? call.body.value : undefined
  const count = typeof value === 'object' && value !== null && 'entry' in value && Array.isArray(value.entry) ? value.entry.length : 0
  if (count > context.config.limits.maxBundleEntries) {
    throw new Problem('too-large', `a Bundle may hold ${context.config.limits.maxBundleEntries} entries; send it in parts`, {
      id: 'too-many-entries',
      expression: 'Bundle.entry',
    })
  }
  requireValid([{ value: withoutBatched(value), at: '' }])
  if (!isResource(value) || value.resourceType !== 'Bundle')
    throw new Problem('invalid', 'the body must be a Bundle', { id: 'not-a-bundle' })
  return value
}

/** The resources of a batch are judged by their own entries, one by one; those of a transaction together with the Bundle. */
function withoutBatched(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'batch') return value
  if (!('entry' in value) || !Array.isArray(value.entry)) return value
  return { ...value, entry: value.entry.map(withoutResource) }
}

function withoutResource(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'resource'))
}

function entryOf(entry: BundleEntry, at: number): Entry {
  const place = `Bundle.entry[${at}]`
  const { method, url } = entry.request ?? {}
  if (method === undefined)
    throw new Problem('invalid', 'each entry of a transaction needs a request', { id: 'entry-request', expression: `${place}.request` })
  if (method !== 'PUT' && method !== 'POST') {
    throw new Problem('not-supported', `\`${method}\` inside a transaction is not supported yet`, {
      id: 'entry-method',
      expression: `${place}.request.method`,
    })
  }
  if (entry.request?.ifNoneExist !== undefined || url?.includes('?') === true) {
    throw new Problem('not-supported', 'conditional writes are not supported yet; use PUT with an id of your own', {
      id: 'conditional',
      expression: `${place}.request`,
    })
  }
  const { resource } = entry
  if (resource === undefined)
    throw new Problem('invalid', 'this entry needs a resource', { id: 'entry-resource', expression: `${place}.resource` })
  const [type, id] = (url ?? '').split('/')
  if (type !== resource.resourceType || (method === 'PUT' && id !== resource.id)) {
    throw new Problem('invalid', 'the address of the entry and its resource differ', {
      id: 'entry-url',
      expression: `${place}.request.url`,
    })
  }
  return { method, resource, fullUrl: entry.fullUrl ?? '', ifMatch: entry.request?.ifMatch ?? '' }
}

/** The sender's own name for the request, if it gave one. */
function onceOf(body: Bundle): Once {
  const { value, system = '' } = body.identifier ?? {}
  return value === undefined ? { id: '', sha256: '' } : { id: `bundle ${system}|${value}`, sha256: bodyHash(body) }
}

function isReferral(resource: Resource): boolean {
  return (
    resource.resourceType === 'Task' &&
    resource.meta?.profile?.some((canonical) => canonical.split('|')[0] === profile.referralTask) === true
  )
}

/** Checked from the table and the scopes of the token alone, before anything is looked at. */
function requireMay(call: Call, entries: readonly Entry[], act: 'refer' | 'answer' | 'feed'): void {
  const { role, scopes: granted } = call.caller
  const { scopes } = parseScopes(granted.join(' '))
  for (const [at, { method, resource }] of entries.entries()) {
    const type = resource.resourceType
    const written: Interaction = method === 'PUT' ? 'update' : 'create'
    const expression = `Bundle.entry[${at}]`
    if (!mayTouch(role, type, act === 'feed' ? written : act))
      throw new Problem('forbidden', 'this role may not write this type', { id: 'role', expression })
    const isChange = act === 'feed' || (act === 'answer' && type === 'Task')
    if (!allows(scopes, { level: levelOf(role), type, interaction: isChange ? written : act })) {
      throw new Problem('forbidden', 'the scope of the token does not cover this entry', { id: 'scope', expression })
    }
  }
}

const spaceOf = (call: Call): 'local' | 'network' => (call.caller.role === 'system' ? 'local' : 'network')

async function refer(call: Call, context: Context, entries: readonly Entry[], key: Once): Promise<Released> {
  requireMay(call, entries, 'refer')
  const submitted = await submitReferral(context, {
    sender: call.caller.institution,
    who: whoOf(call.caller, call.address),
    request: { requestId: call.requestId, query: maskedQuery(call) },
    space: spaceOf(call),
    entries,
    once: key,
  })
  return releaseEntries(context, 'transaction-response', submitted.entries)
}

async function answer(call: Call, context: Context, input: { task: Entry; entries: readonly Entry[]; key: Once }): Promise<Released> {
  requireMay(call, input.entries, 'answer')
  const wanted = input.task.resource
  if (wanted.resourceType !== 'Task') throw new TypeError('an answer is a Task')
  if (input.task.ifMatch === '')
    throw new Problem('invalid', 'a Task changes only with ifMatch', {
      id: 'if-match-required',
      expression: 'Bundle.entry.request.ifMatch',
    })
  const others = input.entries.filter((entry) => entry !== input.task)
  const answered = await answerReferral(context, {
    institution: call.caller.institution,
    who: whoOf(call.caller, call.address),
    request: { requestId: call.requestId, query: maskedQuery(call) },
    task: wanted.id ?? '',
    change: (_current: Task, names) => names(wanted),
    ifMatch: input.task.ifMatch,
    space: spaceOf(call),
    entries: others,
    once: input.key,
  })
  let next = 0
  const inOrder = input.entries.map((entry): WrittenEntry =>
    entry === input.task ? answered.task : (answered.entries[next++] ?? answered.task),
  )
  return releaseEntries(context, 'transaction-response', inOrder)
}

async function feed(call: Call, context: Context, entries: readonly Entry[], key: Once): Promise<Released> {
  if (call.caller.role !== 'system')
    throw new Problem('forbidden', 'only a system feeds records; a Bundle of yours is a referral or an answer', { id: 'role' })
  requireMay(call, entries, 'feed')
  const { caller } = call
  const written = await context.store.transaction((tables) =>
    once(tables, context, caller.institution, key, async () => {
      const input = {
        institution: caller.institution,
        space: 'local' as const,
        entries: entries.map((entry): IntakeEntry => ({ ...entry, parties: [] })),
      }
      const results = await takeRecords(tables, context, input, (all) => [
        ledgerEntry(
          context,
          whoOf(caller, call.address),
          { requestId: call.requestId, query: maskedQuery(call) },
          {
            action: 'C',
            interaction: 'transaction',
            outcome: 'success',
            persons: [...new Set(all.flatMap((result) => result.person ?? []))],
            entities: all.map(({ type, id, version }) => ({ type, id, version })),
            consents: [],
            note: '',
          },
        ),
      ])
      const value = results.map((result): WrittenEntry => ({
        status: result.status,
        type: result.type,
        id: result.localId,
        version: result.version,
        updatedMs: result.updatedMs,
      }))
      return { task: '', entries: value }
    }),
  )
  return releaseEntries(context, 'transaction-response', written.entries)
}

/** Each entry stands alone and goes through token, table and gate like a request of its own. */
async function batch(call: Call, context: Context, body: Bundle, enter: Enter): Promise<Released> {
  const replies: ({ released: Released } | { problem: Problem; requestId: string })[] = []
  for (const [at, entry] of (body.entry ?? []).entries()) {
    try {
      replies.push({ released: await enter(asCall(call, entry, at)) })
    } catch (thrown) {
      const problem = asProblem(thrown)
      if (problem.kind === 'fault') throw thrown
      replies.push({ problem, requestId: call.requestId })
    }
  }
  return releaseEntries(context, 'batch-response', replies)
}

function asCall(call: Call, entry: BundleEntry, at: number): Call {
  const { method, url } = entry.request ?? {}
  if (method === undefined || url === undefined || /^[a-z][a-z0-9+.-]*:|^\//i.test(url) || url === '') {
    throw new Problem('invalid', 'an entry needs a method and a relative address', {
      id: 'entry-request',
      expression: `Bundle.entry[${at}].request`,
    })
  }
  const [path = '', search = ''] = url.split('?', 2)
  return {
    ...call,
    method,
    path: decoded(path, at),
    params: {},
    query: [...new URLSearchParams(search)],
    body: entry.resource === undefined ? { kind: 'none' } : { kind: 'json', value: entry.resource },
    ifMatch: entry.request?.ifMatch ?? '',
    ifNoneMatch: entry.request?.ifNoneMatch ?? '',
    ifNoneExist: entry.request?.ifNoneExist ?? '',
  }
}

function decoded(path: string, at: number): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new Problem('invalid', 'the address is not valid percent-encoded UTF-8', {
      id: 'bad-address',
      expression: `Bundle.entry[${at}].request.url`,
      cause,
    })
  }
}
