/**
 * Patient/[id]/$everything, in pages. For people: one person's records as far as consent allows, stored ones first, then those of institutions
 * asked live. For a system: its own partition's record of one of its own patients, then what that record refers to.
 * Spec: http://hl7.org/fhir/R4/operation-patient-everything.html
 */
import type { Call, Context } from '../context.ts'
import type { Held } from '../held.ts'
import { sightFor } from '../judged.ts'
import { askLive } from '../live.ts'
import { Problem } from '../problem.ts'
import { releaseBundle, releaseNothing, type Released } from '../release.ts'
import { releaseEverything } from '../release-everything.ts'
import { openPage, sealPage, type SealedPage } from '../sealed.ts'
import type { Place } from '../store/pages.ts'
import { countIn, parametersOf, sinceIn, typesIn, type Given } from './parameters.ts'
import { personAsked } from './person-asked.ts'

/** Resources of a page: most records fit in one. */
const mostOfPage = 1_000

interface Asked {
  readonly given: Given
  readonly types: readonly string[]
  readonly sinceMs: number | undefined
  readonly limit: number
  /** what comes next; undefined on the first page */
  readonly turn: Turn | undefined
}

/** `stored`: behind this record of the store. `near`: likewise, of what the record refers to. `live`: behind this key of a live answer. */
type Turn = { readonly of: 'stored' | 'near'; readonly after: Place | undefined } | { readonly of: 'live'; readonly after: string }

export async function everything(call: Call, context: Context): Promise<Released> {
  const asked = askedBy(call, context)
  return call.caller.role === 'system' ? ownEverything(call, context, asked) : personEverything(call, context, asked)
}

async function personEverything(call: Call, context: Context, asked: Asked): Promise<Released> {
  const { person, sight, charts, mayAsk } = await personAsked(call, context, 'everything')
  const { condition, party } = sight
  const { types, sinceMs, limit, turn } = asked
  const isPatientAsked = types.length === 0 || types.includes('Patient')
  const rest = types.filter((type) => type !== 'Patient')
  const isStoredOver = turn?.of === 'live' || (types.length > 0 && rest.length === 0)
  const after = turn?.of === 'stored' ? turn.after : undefined
  const but = ['Task', 'Consent', 'Patient']
  const found = isStoredOver
    ? []
    : await context.store.pages.ofPerson({ person, types: rest, but, sinceMs, after, limit: limit + 1, condition, party })
  const stored = found.slice(0, limit)
  const isLast = found.length === stored.length
  // the person is composed on the first page, of what live institutions know of them too; their records follow the stored ones
  const asksLive = isLast ? types : turn === undefined && isPatientAsked ? ['Patient'] : undefined
  const live = asksLive === undefined ? undefined : await askLive(context, call, { person, types: asksLive, mayAsk })
  const last = stored.at(-1)
  return releaseEverything(context, call, {
    sight,
    person,
    charts: charts ?? (await context.store.recordsOfPerson({ person, types: ['Patient'], but: [], limit: 200, condition, party })),
    isComposed: turn === undefined && isPatientAsked,
    stored: stored.map(({ held }) => held),
    live: live?.held ?? [],
    liveAfter: turn?.of === 'live' ? turn.after : '',
    room: isLast ? limit - stored.length : 0,
    sinceMs,
    isFirst: turn === undefined,
    silent: (live?.silent ?? []).map((id) => context.directory.institution(id)?.name ?? id),
    next: isLast
      ? (key) => nextPage(call, context, asked, { of: 'live', after: key })
      : () => nextPage(call, context, asked, { of: 'stored', after: last?.place }),
    isStoredOver: isLast,
  })
}

async function ownEverything(call: Call, context: Context, asked: Asked): Promise<Released> {
  const { institution } = call.caller
  const page = await ownPage(context, asked, { institution, localId: call.params['id'] ?? '' })
  if (page === undefined) return releaseNothing(context, call, 'everything')
  const { person, held, next } = page
  const sight = await sightFor(context.store, context, call, { type: 'Patient', persons: [] })
  return releaseBundle(context, call, {
    type: 'searchset',
    interaction: 'everything',
    held,
    total: asked.turn === undefined && next === undefined ? held.length : undefined,
    self: addressOf(call, context),
    next: next === undefined ? undefined : nextPage(call, context, asked, next),
    sight,
    persons: [person],
    notices: [],
  })
}

interface OwnPage {
  readonly person: string
  readonly held: readonly Held[]
  readonly next: Turn | undefined
}

/** undefined for a patient of whom no record is stored. */
async function ownPage(
  context: Context,
  { types, sinceMs, limit, turn }: Asked,
  of: { readonly institution: string; readonly localId: string },
): Promise<OwnPage | undefined> {
  const turnOf = turn?.of === 'near' ? 'near' : 'stored'
  const after = turn === undefined || turn.of === 'live' ? undefined : turn.after
  const found = await context.store.pages.ofOwn({ ...of, types, sinceMs, limit, turn: turnOf, after })
  if (found === undefined) return undefined
  const { person, own, near } = found
  const held = own.slice(0, limit).map((each) => each.held)
  if (own.length > limit) return { person, held, next: { of: 'stored', after: own[limit - 1]?.place } }
  const room = limit - own.length
  const more = near.slice(0, room)
  return {
    person,
    held: [...held, ...more.map((each) => each.held)],
    next: near.length > room ? { of: 'near', after: more.at(-1)?.place } : undefined,
  }
}

function askedBy(call: Call, context: Context): Asked {
  const sealed = call.query.find(([name]) => name === '_page')?.[1]
  const page = sealed === undefined ? undefined : openPage(context.pageKey, call.caller, sealed)
  if (sealed !== undefined && page?.type !== pathOf(call))
    throw new Problem('invalid', 'this page link is not valid for this caller; ask $everything again', { id: 'page-link' })
  const given = page?.query ?? parametersOf(call, ['_type', '_since', '_count'])
  return {
    given,
    types: typesIn(given),
    sinceMs: sinceIn(given, context.config.timeZone),
    limit: countIn(given, '_count', mostOfPage) ?? mostOfPage,
    turn: turnIn(page?.place ?? []),
  }
}

function nextPage(call: Call, context: Context, asked: Asked, turn: Turn): string {
  const { after } = turn
  const place = [turn.of, ...(typeof after === 'object' ? [after.rank, after.updatedMs, after.id] : [after ?? ''])]
  return `${addressOf(call, context)}?_page=${sealPage(context.pageKey, call.caller, { type: pathOf(call), query: asked.given, place })}`
}

function turnIn(place: SealedPage['place']): Turn | undefined {
  const [of, first, updatedMs, id] = place.map(String)
  if (of === 'live') return { of, after: first ?? '' }
  if (of !== 'stored' && of !== 'near') return undefined
  return { of, after: id === undefined ? undefined : { rank: Number(first), updatedMs: Number(updatedMs), id } }
}

function pathOf(call: Call): string {
  return `Patient/${call.params['id'] ?? ''}/$everything`
}

function addressOf(call: Call, context: Context): string {
  return `${context.config.publicUrl}/fhir/R4/${pathOf(call)}`
}
