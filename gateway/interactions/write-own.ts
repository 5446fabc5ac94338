/** A system writes its own partition: one write, its ledger row and its answer in one database transaction. */
import type { Call, Context } from '../context.ts'
import { takeWrites, turnsOf, type Done, type Write } from '../intake-writes.ts'
import { criteriaOf, type Criteria } from '../intake-criteria.ts'
import { ledgerEntry, maskedQuery, whoOf, type Act } from '../ledger-entry.ts'
import { sightFor } from '../judged.ts'
import { releaseWritten, type Released } from '../release.ts'
import { withinTransaction } from '../within.ts'

export async function writeOwn(call: Call, context: Context, write: Write): Promise<Released> {
  return withinTransaction(context, turnsOf(call, [write]), async (inner) => {
    const who = whoOf(call.caller, call.address)
    const request = { requestId: call.requestId, query: maskedQuery(call) }
    const [done] = await takeWrites(inner, call, [write], (all) => all.map((each) => ledgerEntry(inner, who, request, actOf(write, each))))
    if (done === undefined) throw new TypeError('one write gives one result')
    return answerOwn(inner, call, done)
  })
}

/** What a write of a request of its own has in common. */
export function askedOf(
  call: Call,
): Pick<Write, 'type' | 'criteria' | 'fullUrl' | 'ifMatch' | 'ifNoneMatch' | 'at'> & { readonly id: string } {
  const { type = '', id = '' } = call.params
  return { type, id, criteria: criteriaIn(call, type, id), fullUrl: '', ifMatch: call.ifMatch, ifNoneMatch: call.ifNoneMatch, at: '' }
}

/** `If-None-Exist` of a create, the query of an address without an id. */
export function criteriaIn(call: Call, type: string, id: string): Criteria | undefined {
  if (call.method === 'POST') return call.ifNoneExist === '' ? undefined : criteriaOf(type, call.ifNoneExist.replace(/^.*\?/, ''), '')
  return id === '' ? criteriaOf(type, call.query, '') : undefined
}

/** A body passes the read gate like any other. */
export async function answerOwn(context: Context, call: Call, { written, networkId, held }: Done): Promise<Released> {
  const { type, status } = written
  // What a system wrote it reads back as it is, whoever it is about.
  const now = status === 204 ? undefined : (held() ?? (await context.store.records.byId(type, networkId)))
  return releaseWritten(context, call, { written, held: now, sight: await sightFor(context.store, context, call, { type, persons: [] }) })
}

const acts = {
  POST: { action: 'C', interaction: 'create' },
  PUT: { action: 'U', interaction: 'update' },
  PATCH: { action: 'U', interaction: 'patch' },
  DELETE: { action: 'D', interaction: 'delete' },
} as const

function actOf(write: Write, done: Done): Act {
  const { action, interaction } = write.method === 'PUT' && done.written.status === 201 ? acts.POST : acts[write.method]
  return {
    action,
    interaction,
    outcome: 'success',
    persons: done.person === null ? [] : [done.person],
    entities: entitiesOf([done]),
    consents: [],
    note: '',
  }
}

/** What was there already, and nothing that was never there. */
export function entitiesOf(all: readonly Done[]): Act['entities'] {
  return all.flatMap(({ written: { type, version }, networkId }) => (networkId === '' ? [] : [{ type, id: networkId, version }]))
}
