/** `$quarantine` and `$quarantine-replay`: for the integrator. Metadata by field name; never content, never a patient's number. */
import type { Call, Context } from '../context.ts'
import { maskedQuery, whoOf } from '../ledger-entry.ts'
import { Problem } from '../problem.ts'
import { lookAtQuarantine, replayAll, replayOne, type ActingOnQuarantine, type Replayed } from '../quarantine.ts'
import { publish, type PlainParameters, type PlainValue } from '../release-public.ts'
import type { Released } from '../released.ts'

const maxListed = 500
/** of one request; ask again for more */
const maxReplayed = 500

/** What rests and what landed of late, newest first, as Parameters. */
export async function quarantineList(call: Call, context: Context): Promise<Released> {
  const rows = await lookAtQuarantine(context, actingOf(call), maxListed)
  const parameter = rows.map((row) => ({
    name: 'message',
    part: [
      { name: 'id', valueString: row.id },
      { name: 'institution', valueString: row.institution },
      { name: 'received', valueString: new Date(row.atMs).toISOString() },
      { name: 'kind', valueString: row.kind },
      { name: 'place', valueString: row.place },
      { name: 'reason', valueString: row.reason },
      { name: 'bytes', valueInteger: row.bytes },
      { name: 'replays', valueInteger: row.replays },
      { name: 'state', valueCode: row.landedMs === undefined ? (row.isKept ? 'resting' : 'not-kept') : 'landed' },
    ].filter((part) => !('valueString' in part) || part.valueString !== '') satisfies readonly PlainValue[],
  }))
  return publish({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) })
}

/** Body: Parameters with `id` (one message), or none for everything that rests. */
export async function quarantineReplay(call: Call, context: Context): Promise<Released> {
  const id = idIn(call)
  const done = id === undefined ? await replayAll(context, actingOf(call), maxReplayed) : [await replayOne(context, actingOf(call), id)]
  const parameter = done.map((one) => ({ name: 'replayed', part: partsOf(one) }))
  return publish({ resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) } satisfies PlainParameters)
}

function actingOf(call: Call): ActingOnQuarantine {
  return { who: whoOf(call.caller, call.address), request: { requestId: call.requestId, query: maskedQuery(call) } }
}

function partsOf(one: Replayed): readonly PlainValue[] {
  return [
    { name: 'id', valueString: one.id },
    { name: 'outcome', valueCode: one.outcome },
    ...('reason' in one ? [{ name: 'reason', valueString: one.reason }] : []),
    ...('place' in one && one.place !== '' ? [{ name: 'place', valueString: one.place }] : []),
  ]
}

function idIn({ body }: Call): string | undefined {
  if (body.kind !== 'json') return undefined
  const value = body.value
  const list = typeof value === 'object' && value !== null && 'parameter' in value && Array.isArray(value.parameter) ? value.parameter : []
  for (const item of list) {
    const named: unknown = item
    if (typeof named !== 'object' || named === null || !('name' in named) || named.name !== 'id') continue
    if ('valueString' in named && typeof named.valueString === 'string') return named.valueString
    throw new Problem('invalid', '`id` is a valueString', { id: 'quarantine-id', expression: 'Parameters.parameter' })
  }
  return undefined
}
