/**
 * What adapters bring: feeds, referrals, answers. The receipt is given only after the commit, and only then is the EMR acknowledged.
 * What cannot be taken as it is rests in quarantine with its place and reason; what failed on our side is asked for again.
 */
import type { Parcel, Receipt } from '../adapters/contract.ts'
import { stringifyExact } from '../fhir-profiles/json.ts'
import type { Bundle, Resource } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { answerOnto } from './answer-onto.ts'
import { answerReferral } from './intake-answer.ts'
import { submitReferral } from './intake-referral.ts'
import { requireValid, takeRecords, type IntakeEntry } from './intake.ts'
import { ledgerEntry, whoIsAdapter } from './ledger-entry.ts'
import { bodyHash, once, type Once } from './once.ts'
import { taskOfParcel } from './parcel-task.ts'
import { asProblem, Problem } from './problem.ts'

export async function takeParcel(context: Context, institution: string, parcel: Parcel): Promise<Receipt> {
  try {
    await take(context, institution, parcel)
    await context.store.quarantine.landed(institution, parcel.id, context.now().getTime())
    return { outcome: 'ok' }
  } catch (thrown) {
    const problem = asProblem(thrown)
    if (problem.kind === 'fault' || problem.kind === 'unavailable' || problem.kind === 'busy') {
      context.log('error', 'parcel-not-taken', {
        institution,
        parcel: parcel.id,
        fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown',
      })
      return { outcome: 'transient', reason: 'the gateway could not store it; send it again' }
    }
    const [issue] = problem.issues
    const place = issue?.expression ?? ''
    const reason = issue?.diagnostics ?? problem.message
    const body = stringifyExact({ kind: parcel.kind, bundle: parcel.bundle })
    await context.store.quarantine.rest(context.newId(), {
      institution,
      message: parcel.id,
      kind: parcel.kind,
      reason,
      place,
      fault: issue?.id ?? problem.kind,
      body,
      raw: undefined,
      bytes: Buffer.byteLength(body),
      atMs: context.now().getTime(),
    })
    context.log('warn', 'parcel-quarantined', { institution, parcel: parcel.id, kind: parcel.kind, reason: issue?.id })
    return { outcome: 'fatal', reason, where: place }
  }
}

async function take(context: Context, institution: string, parcel: Parcel): Promise<void> {
  const entries = entriesOf(parcel.bundle)
  requireValid(entries.map(({ resource }, at) => ({ value: resource, at: `Bundle.entry[${at}].resource` })))
  const common = {
    who: whoIsAdapter(context, institution),
    request: { requestId: parcel.id, query: '' },
    space: 'local' as const,
    once: { id: `parcel ${parcel.id}`, sha256: bodyHash(parcel.bundle), gaps: { message: parcel.id, list: parcel.gaps } },
  }
  switch (parcel.kind) {
    case 'feed':
      return feed(context, institution, { entries, common })
    case 'referral-request':
      await referred(context, institution, { entries, common })
      return
    case 'referral-response': {
      const wanted = entries.flatMap(({ resource }) => (resource.resourceType === 'Task' ? [resource] : []))[0]
      if (wanted === undefined)
        throw new Problem('unprocessable', 'an answer holds its Task', { id: 'referral-task', expression: 'Bundle.entry' })
      const task = await taskOfParcel(context, institution, wanted)
      await answerReferral(context, {
        ...common,
        institution,
        task,
        change: (current, names) => answerOnto(current, names(wanted)),
        ifMatch: '',
        entries: entries.filter(({ resource }) => resource.resourceType !== 'Task'),
      })
      return
    }
    case 'recall':
      throw new Problem('unprocessable', 'institutions do not send recalls', { id: 'parcel-kind' })
    default:
      return parcel.kind satisfies never
  }
}

type Entries = readonly {
  readonly resource: Resource
  readonly fullUrl: string
  readonly method: 'PUT' | 'POST'
  readonly onlyIfAbsent: boolean
}[]

function entriesOf(bundle: Bundle): Entries {
  return (bundle.entry ?? []).flatMap(({ resource, fullUrl, request }) => {
    if (resource === undefined) return []
    const method = request?.method === 'POST' || (request === undefined && resource.id === undefined) ? ('POST' as const) : ('PUT' as const)
    return [{ resource, fullUrl: fullUrl ?? '', method, onlyIfAbsent: request?.ifNoneMatch === '*' }]
  })
}

/** The network knows nobody to send it to: a person has to mend that. What the letter says of the patient is the sender's own record all the same. */
const noDestination: ReadonlySet<string> = new Set(['referral-owner', 'referral-route-undecided', 'referral-route-refused'])

async function referred(context: Context, institution: string, input: Parameters<typeof feed>[2]): Promise<void> {
  try {
    await submitReferral(context, { ...input.common, sender: institution, space: 'local', entries: input.entries })
  } catch (thrown) {
    if (!(thrown instanceof Problem) || !thrown.issues.some(({ id }) => id !== undefined && noDestination.has(id))) throw thrown
    const { common } = input
    const once = { ...common.once, id: `records of ${common.once.id}` }
    await feed(context, institution, {
      entries: input.entries.filter(({ resource }) => !['Task', 'Consent'].includes(resource.resourceType)),
      common: { ...common, once },
    })
    throw thrown
  }
}

async function feed(
  context: Context,
  institution: string,
  input: { entries: Entries; common: { who: ReturnType<typeof whoIsAdapter>; request: { requestId: string; query: string }; once: Once } },
): Promise<void> {
  await context.store.transaction((tables) =>
    once(tables, context, institution, input.common.once, async () => {
      const results = await takeRecords(tables, context, {
        institution,
        space: 'local',
        entries: input.entries.map((entry): IntakeEntry => ({ ...entry, ifMatch: '', parties: [] })),
      })
      await tables.ledger.append([
        ledgerEntry(context, input.common.who, input.common.request, {
          action: 'C',
          interaction: 'feed',
          outcome: 'success',
          persons: [...new Set(results.flatMap((result) => result.person ?? []))],
          entities: results.filter(({ isKept }) => !isKept).map(({ type, id, version }) => ({ type, id, version })),
          consents: [],
          note: '',
        }),
      ])
      return { task: '', entries: [] }
    }),
  )
}
