/**
 * What a system does with its own records in one go: all of it, or nothing. Deletions, then new records, then changes, then reads, whatever
 * the order of the entries; the answers are in theirs. Spec: http://hl7.org/fhir/R4/http.html#trules
 */
import type { Call, Context } from '../context.ts'
import { criteriaOf } from '../intake-criteria.ts'
import { takeWrites, turnsOf, type Done, type Write } from '../intake-writes.ts'
import { ledgerEntry, maskedQuery, whoOf } from '../ledger-entry.ts'
import { mayTouch, type Interaction } from '../logic/access.ts'
import { allows, levelOf, parseScopes } from '../logic/scope.ts'
import { once, type Once } from '../once.ts'
import { Problem } from '../problem.ts'
import { releaseEntries, type EntryReply, type Released } from '../release.ts'
import { unlessKnown } from '../release-shape.ts'
import type { Enter } from '../routes.ts'
import { withinTransaction } from '../within.ts'
import type { WrittenEntry } from '../written.ts'
import { asCall, type TransactionEntry } from './entries.ts'
import { patchOf } from './patch-body.ts'
import { answerOwn, entitiesOf } from './write-own.ts'

interface Input {
  readonly entries: readonly TransactionEntry[]
  readonly key: Once
  readonly enter: Enter
}

export async function transaction(call: Call, context: Context, { entries, key, enter }: Input): Promise<Released> {
  const changes = entries.filter(isChange)
  if (changes.length > 0 && call.caller.role !== 'system')
    throw new Problem('forbidden', 'only a system feeds records; a Bundle of yours is a referral or an answer', { id: 'role' })
  requireMay(call, changes)
  const none = new Map<TransactionEntry, never>()
  // who only reads may be answered by live institutions, which no transaction waits for
  if (changes.length === 0) return answerAll(context, { call, entries, written: none, bodies: none, enter })
  const writes = changes.map(writeOf)
  return withinTransaction(context, turnsOf(call, writes), async (inner) => {
    const bodies = new Map<TransactionEntry, Released>()
    const outcome = await once(inner.store, inner, call.caller.institution, key, async () => {
      const done = await takeWrites(inner, call, writes, (all) => [noteOf(inner, call, all)])
      if (wantsBodies(call)) for (const [at, entry] of changes.entries()) await answered(inner, call, { entry, done: done[at], bodies })
      return { task: '', entries: done.map(({ written }) => written) }
    })
    const written = new Map(changes.map((entry, at) => [entry, outcome.entries[at]]))
    return answerAll(inner, { call, entries, written, bodies, enter })
  })
}

interface Answers {
  readonly call: Call
  readonly written: ReadonlyMap<TransactionEntry, WrittenEntry | undefined>
  readonly bodies: ReadonlyMap<TransactionEntry, Released>
  readonly enter: Enter
}

async function answerAll(context: Context, { entries, ...asked }: Answers & { entries: readonly TransactionEntry[] }): Promise<Released> {
  const replies: EntryReply[] = []
  for (const [at, entry] of entries.entries()) replies.push(await replyTo(context, { ...asked, entry, at }))
  return releaseEntries(context, 'transaction-response', replies)
}

function isChange({ method }: TransactionEntry): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function wantsBodies({ prefer }: Call): boolean {
  return prefer.includes('return=representation')
}

async function answered(
  context: Context,
  call: Call,
  { entry, done, bodies }: { entry: TransactionEntry; done: Done | undefined; bodies: Map<TransactionEntry, Released> },
): Promise<void> {
  if (done !== undefined && done.written.status !== 204) bodies.set(entry, await answerOwn(context, call, done))
}

async function replyTo(context: Context, asked: Answers & { readonly entry: TransactionEntry; readonly at: number }): Promise<EntryReply> {
  const { call, entry, at, written, bodies, enter } = asked
  const own = written.get(entry)
  if (own !== undefined) return { ...own, body: bodies.get(entry) }
  if (isChange(entry)) throw new TypeError('each change has its answer')
  if (entry.url.includes('$'))
    throw new Problem('not-supported', 'operations are not taken inside a transaction; call them by themselves or in a batch', {
      id: 'entry-operation',
      expression: `${entry.at}.request.url`,
    })
  const { method, url, ifMatch, ifNoneMatch, ifNoneExist } = entry
  const request = { method, url, ifMatch, ifNoneMatch, ifNoneExist, ifModifiedSince: entry.ifModifiedSince }
  const read = asCall({ ...call, prefer: '' }, { request }, at)
  return { released: unlessKnown(read, await enter(read, context)) }
}

/** Checked from the table and the scopes of the token alone, before anything is looked at. */
function requireMay(call: Call, changes: readonly TransactionEntry[]): void {
  const { role, scopes: granted } = call.caller
  const { scopes } = parseScopes(granted.join(' '))
  for (const { method, type, at: expression } of changes) {
    const interaction = interactionOf(method)
    if (!mayTouch(role, type, interaction)) throw new Problem('forbidden', 'this role may not write this type', { id: 'role', expression })
    if (!allows(scopes, { level: levelOf(role), type, interaction }))
      throw new Problem('forbidden', 'the scope of the token does not cover this entry', { id: 'scope', expression })
  }
}

function interactionOf(method: TransactionEntry['method']): Interaction {
  return ({ POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete', GET: 'read', HEAD: 'read' } as const)[method]
}

function writeOf(entry: TransactionEntry): Write {
  const { method, type, id, query, resource, fullUrl, ifMatch, ifNoneMatch, ifNoneExist, at } = entry
  const place = `${at}.request`
  const asked = method === 'POST' ? (ifNoneExist === '' ? undefined : ifNoneExist.replace(/^.*\?/, '')) : query
  const common = { type, fullUrl, ifMatch, ifNoneMatch, at, criteria: asked === undefined ? undefined : criteriaOf(type, asked, place) }
  if (method === 'DELETE') return { ...common, method, id }
  if (resource === undefined) throw new TypeError('an entry that writes was read with its resource')
  if (method === 'POST') return { ...common, method, resource }
  if (method === 'PATCH') return { ...common, method, id, patch: patchOf({ kind: 'json', value: resource }) }
  return { ...common, method: 'PUT', id, resource }
}

function noteOf(context: Context, call: Call, done: readonly Done[]): ReturnType<typeof ledgerEntry> {
  const request = { requestId: call.requestId, query: maskedQuery(call) }
  return ledgerEntry(context, whoOf(call.caller, call.address), request, {
    action: 'C',
    interaction: 'transaction',
    outcome: 'success',
    persons: [...new Set(done.flatMap(({ person }) => person ?? []))],
    entities: entitiesOf(done),
    consents: [],
    note: '',
  })
}
