/**
 * batch and transaction. A transaction is one of three things: a referral (a new referral Task), an answer (a PUT of one), or whatever a
 * system does with its own records (`transaction.ts`); each is one database transaction. A batch's entries go through the front door again,
 * one by one.
 * Spec: http://hl7.org/fhir/R4/http.html#transaction
 */
import type { Bundle, BundleEntry, Resource, Task } from '../../fhir-profiles/r4.ts'
import { profile } from '../../fhir-profiles/codes.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../context.ts'
import { answerReferral } from '../intake-answer.ts'
import { submitReferral } from '../intake-referral.ts'
import { requireValid } from '../intake.ts'
import { isPartyTask } from '../judged.ts'
import { maskedQuery, whoOf } from '../ledger-entry.ts'
import { mayTouch, type Interaction } from '../logic/access.ts'
import { allows, levelOf, parseScopes } from '../logic/scope.ts'
import { bodyHash, type Once } from '../once.ts'
import { asProblem, Problem } from '../problem.ts'
import { releaseEntries, type Released } from '../release.ts'
import { unlessKnown } from '../release-shape.ts'
import type { Enter } from '../routes.ts'
import type { WrittenEntry } from '../written.ts'
import { asCall, entriesOf, type TransactionEntry } from './entries.ts'
import { transaction } from './transaction.ts'

/** What a referral or an answer is made of. */
interface Entry {
  readonly method: 'PUT' | 'POST'
  readonly resource: Resource
  readonly fullUrl: string
  readonly ifMatch: string
}

export async function bundle(call: Call, context: Context, enter: Enter): Promise<Released> {
  const body = bundleOf(call, context)
  if (body.type === 'batch') return batch(call, context, body, enter)
  await call.admission.required()
  if (body.type !== 'transaction') {
    throw new Problem('invalid', 'only a Bundle of type `transaction` or `batch` is posted here; messages go to $process-message', {
      id: 'bundle-type',
      expression: 'Bundle.type',
    })
  }
  const entries = entriesOf(body)
  const key = onceOf(body)
  const task = entries.find(isReferral)
  const isAnswer = task?.method === 'PUT' && (await isPartyTask(context, call, task.id))
  const isRequest = task?.method === 'POST' || (task?.method === 'PUT' && !isAnswer && isRequested(task))
  if (isAnswer)
    return answer(call, context, {
      task: actEntry(task),
      entries: entries.map((each) => (each === task ? actEntry(task) : actEntry(each))),
      key,
    })
  if (isRequest) return refer(call, context, entries.map(actEntry), key)
  return transaction(call, context, { entries, key, enter })
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

/** A referral and its answer are made of new records and of records the sender keeps, each by its address. */
function actEntry(entry: TransactionEntry): Entry {
  const { method, resource, fullUrl, ifMatch, query, ifNoneExist, at } = entry
  if (method !== 'PUT' && method !== 'POST')
    throw new Problem('not-supported', `\`${method}\` inside a referral or its answer is not supported`, {
      id: 'entry-method',
      expression: `${at}.request.method`,
    })
  if (query !== undefined || ifNoneExist !== '')
    throw new Problem('not-supported', 'a referral and its answer name their records by id; use PUT with an id of your own', {
      id: 'conditional',
      expression: `${at}.request`,
    })
  if (resource === undefined)
    throw new Problem('invalid', 'this entry needs a resource', { id: 'entry-resource', expression: `${at}.resource` })
  return { method, resource, fullUrl, ifMatch }
}

/** The sender's own name for the request, if it gave one. */
function onceOf(body: Bundle): Once {
  const { value, system = '' } = body.identifier ?? {}
  return value === undefined ? { id: '', sha256: '' } : { id: `bundle ${system}|${value}`, sha256: bodyHash(body) }
}

function isReferral({ resource }: TransactionEntry): boolean {
  return (
    resource?.resourceType === 'Task' &&
    resource.meta?.profile?.some((canonical) => canonical.split('|')[0] === profile.referralTask) === true
  )
}

function isRequested({ resource }: TransactionEntry): boolean {
  return resource?.resourceType === 'Task' && resource.status === 'requested'
}

/** Checked from the table and the scopes of the token alone, before anything is looked at. */
function requireMay(call: Call, entries: readonly Entry[], act: 'refer' | 'answer'): void {
  const { role, scopes: granted } = call.caller
  const { scopes } = parseScopes(granted.join(' '))
  for (const [at, { method, resource }] of entries.entries()) {
    const type = resource.resourceType
    const written: Interaction = method === 'PUT' ? 'update' : 'create'
    const expression = `Bundle.entry[${at}]`
    if (!mayTouch(role, type, act)) throw new Problem('forbidden', 'this role may not write this type', { id: 'role', expression })
    const isChange = act === 'answer' && type === 'Task'
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
  const others = input.entries.filter((entry) => entry.resource !== wanted)
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
    entry.resource === wanted ? answered.task : (answered.entries[next++] ?? answered.task),
  )
  return releaseEntries(context, 'transaction-response', inOrder)
}

type BatchReply = { readonly released: Released } | { readonly problem: Problem; readonly requestId: string }

/** how many reads of a batch are under way at once: together they ask the database once, and others are not kept waiting for long */
const readsAtOnce = 25

/** Each entry stands alone and goes through token, table and gate like a request of its own. Reads that follow each other are asked together. */
async function batch(call: Call, context: Context, body: Bundle, enter: Enter): Promise<Released> {
  const entries = body.entry ?? []
  const replies: BatchReply[] = []
  while (replies.length < entries.length) {
    const from = replies.length
    const change = entries.slice(from, from + readsAtOnce).findIndex(({ request }) => request?.method !== 'GET')
    const until = change === -1 ? Math.min(from + readsAtOnce, entries.length) : Math.max(from + change, from + 1)
    const asked = entries.slice(from, until).map((entry, at) => batchEntry(call, { entry, at: from + at }, enter))
    replies.push(...(await Promise.all(asked)))
  }
  return releaseEntries(context, 'batch-response', replies)
}

async function batchEntry(
  call: Call,
  { entry, at }: { readonly entry: BundleEntry; readonly at: number },
  enter: Enter,
): Promise<BatchReply> {
  try {
    const asked = asCall(call, entry, at)
    return { released: unlessKnown(asked, await enter(asked)) }
  } catch (thrown) {
    const problem = asProblem(thrown)
    if (problem.kind === 'fault') throw thrown
    return { problem, requestId: call.requestId }
  }
}
