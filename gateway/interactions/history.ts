/**
 * vread, and the history of a record, of a type and of a system's whole partition. A version is shown only where the current record is in
 * the caller's view, so that an old version never says more than today's consent allows.
 * Spec: http://hl7.org/fhir/R4/http.html#vread, http://hl7.org/fhir/R4/http.html#history
 */
import { parseTime } from '../../fhir-profiles/time.ts'
import type { Call, Context } from '../context.ts'
import { networkId } from '../directory.ts'
import { nobody, reachOf, sightFor } from '../judged.ts'
import { personsAbout } from '../pointing.ts'
import { Problem } from '../problem.ts'
import { releaseHistory, releaseVersion } from '../release-history.ts'
import { shaped, subsetAsked } from '../release-shape.ts'
import { releaseNothing, type Released } from '../release.ts'
import { openPage, sealPage, type SealedPage } from '../sealed.ts'
import type { VersionPlace, VersionWindow } from '../store/versions.ts'

const always: VersionWindow = { sinceMs: 0, current: undefined }

export async function vread(call: Call, context: Context): Promise<Released> {
  const ask = subsetAsked(call)
  // A person is composed per caller and has no stored versions.
  if (call.params['type'] === 'Patient' && call.caller.role !== 'system') return releaseNothing(context, call, 'vread')
  const { held, sight } = await found(call, context)
  const number = Number(/^[1-9]\d{0,8}$/.exec(call.params['version'] ?? '')?.[0] ?? 0)
  const load = async (_after: unknown, limit: number, id: string) => {
    const [version] = await context.store.versions.ofOne({ ...always, id, after: { id, version: number + 1, updatedMs: 0 }, limit })
    return version?.place.version === number ? [version] : []
  }
  return shaped(await releaseVersion(context, call, { held, sight, load }), ask)
}

export async function historyOfOne(call: Call, context: Context): Promise<Released> {
  const asked = askedOf(call, context)
  if (call.params['type'] === 'Patient' && call.caller.role !== 'system') return releaseNothing(context, call, 'history-instance')
  const { held, sight } = await found(call, context)
  const load = (after: VersionPlace | undefined, limit: number, id: string) =>
    context.store.versions.ofOne({ ...asked.window, id, after, limit })
  return shaped(await releaseHistory(context, call, { ...asked, interaction: 'history-instance', sight, load, of: { held } }), asked.ask)
}

export async function historyOfType(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  const asked = askedOf(call, context)
  // The ledger has no versions, persons are composed, and a Binary is judged by what names it, which a list of all does not know.
  const isNone = ['AuditEvent', 'Patient', 'Binary'].includes(type)
  if (isNone && call.caller.role !== 'system') return releaseNothing(context, call, 'history-type')
  return manyVersions(call, context, { asked, type, interaction: 'history-type' })
}

/** A system's own partition, every type. */
export async function historyOfAll(call: Call, context: Context): Promise<Released> {
  return manyVersions(call, context, { asked: askedOf(call, context), type: undefined, interaction: 'history-system' })
}

async function manyVersions(
  call: Call,
  context: Context,
  input: { asked: Asked; type: string | undefined; interaction: 'history-type' | 'history-system' },
): Promise<Released> {
  const { asked, type, interaction } = input
  const sight = await sightFor(context.store, context, call, { type: type ?? '', persons: [] })
  const { condition, party, onlyParty } = sight
  const reach = reachOf(call, type ?? '')
  const load = (after: VersionPlace | undefined, limit: number) =>
    context.store.versions.ofMany({ ...asked.window, ...reach, type, condition, party, onlyParty, after, limit })
  return shaped(await releaseHistory(context, call, { ...asked, interaction, sight, load, of: undefined }), asked.ask)
}

async function found(call: Call, context: Context) {
  const { type = '', id = '' } = call.params
  const { store } = context
  const key = { institution: call.caller.institution, type, localId: id }
  const held =
    call.caller.role === 'system'
      ? ((await store.records.byKey(key)) ?? (await store.records.byKey({ ...key, institution: networkId })))
      : await store.records.byId(type, id)
  const own = await store.identities.personsOfRecord(id)
  const known = [...own, ...(await personsAbout(store, held))]
  const sight = await sightFor(store, context, call, { type, persons: known.length === 0 ? [nobody] : known })
  return { held, sight }
}

type Asked = ReturnType<typeof askedOf>

const defaultCount = 100

/** `_since`, `_at`, `_count`, or the sealed link that goes on with them. */
function askedOf(call: Call, context: Context) {
  const type = `history ${call.path}`
  const sealed = call.query.find(([name]) => name === '_page')?.[1]
  const page = sealed === undefined ? undefined : openPage(context.pageKey, call.caller, sealed)
  if (sealed !== undefined && page?.type !== type)
    throw new Problem('invalid', 'this page link is not valid for this caller; repeat the request', { id: 'page-link' })
  const query = page?.query ?? call.query
  const one = (name: string): string | undefined => query.find(([each]) => each === name)?.[1]
  const since = instantOf(context, '_since', one('_since'))
  const at = instantOf(context, '_at', one('_at'))
  if (one('_sort') !== undefined && one('_sort') !== '-_lastUpdated')
    throw new Problem('not-supported', 'a history is sorted by `-_lastUpdated` only', { id: 'unsupported-parameter', expression: '_sort' })
  const url = `${context.config.publicUrl}/fhir/R4/${call.path}`
  const link = ({ updatedMs, id, version }: VersionPlace): string =>
    `${url}?_page=${sealPage(context.pageKey, call.caller, { type, query, place: [updatedMs, id, version] })}`
  const own = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString()
  return {
    ask: subsetAsked({ ...call, query }),
    window: { sinceMs: since?.fromMs ?? 0, current: at } satisfies VersionWindow,
    count: countOf(one('_count'), context.config.limits.maxPageSize),
    // only from a link of ours
    after: page === undefined ? undefined : placeOf(page),
    self: own === '' ? url : `${url}?${own}`,
    next: link,
  }
}

function instantOf(context: Context, name: string, value: string | undefined) {
  if (value === undefined) return undefined
  const time = parseTime(value, context.config.timeZone)
  if (time === undefined) throw new Problem('invalid', `\`${name}\` needs a FHIR date or instant`, { id: 'bad-date', expression: name })
  return time
}

function countOf(value: string | undefined, max: number): number {
  if (value === undefined) return Math.min(defaultCount, max)
  if (!/^[1-9]\d{0,5}$/.test(value))
    throw new Problem('invalid', '`_count` must be a whole number above 0', { id: 'bad-count', expression: '_count' })
  return Math.min(Number(value), max)
}

function placeOf({ place: [updatedMs, id, version] }: SealedPage): VersionPlace {
  return { updatedMs: Number(updatedMs), id: String(id), version: Number(version) }
}
