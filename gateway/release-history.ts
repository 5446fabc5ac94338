/**
 * Versions on the way out. One is shown where its record passes as it is now and as that version was: none says more than today's consent
 * allows. One that is about another patient or department than the record is now is shown to its own EMR only.
 */
import { bundleText, type TextEntry } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held, type HeldContent } from './held.ts'
import type { Sight } from './judge.ts'
import { judge, judgeNothing, type Part } from './judged.ts'
import { isSameMatter } from './logic/same-matter.ts'
import { noOctets, type Octets } from '../fhir-profiles/octets.ts'
import { notFound, Problem } from './problem.ts'
import { pastVersions } from './redaction.ts'
import { record, refusal, released } from './release-act.ts'
import { mint, type Released } from './released.ts'
import type { HeldVersion, VersionPlace } from './store/versions.ts'

/** A version that passed, in the caller's ids. */
interface ShownVersion {
  readonly place: VersionPlace
  readonly part: Part
  readonly text: Octets
  readonly deleted: boolean
}

/** `id`: of the one record asked about; '' = of many */
export type LoadVersions = (after: VersionPlace | undefined, limit: number, id: string) => Promise<readonly HeldVersion[]>

/** One version. Hidden and missing are one answer; a deletion is gone only to whom it would be shown. */
export async function releaseVersion(
  context: Context,
  call: Call,
  input: { held: Held | undefined; sight: Sight; load: LoadVersions },
): Promise<Released> {
  const content = input.held === undefined ? undefined : open(input.held)
  if (content === undefined) await judgeNothing(context, call, call.params['type'] ?? '')
  const loaded = content === undefined ? [] : await input.load(undefined, 1, content.facts.id)
  const [only] = await shownOf(context, call, input.sight, loaded)
  if (only === undefined) {
    await record(context, call, refusal('vread', content, input.sight.consulted))
    throw notFound()
  }
  await record(context, call, { ...released('vread', [only.part], input.sight.consulted), entities: [entityOf(only)] })
  if (only.deleted) throw new Problem('gone', 'this version is a deletion', { id: 'deleted' })
  const { updatedMs, version } = only.place
  return mint(200, { etag: `W/"${version}"`, 'last-modified': new Date(updatedMs).toUTCString() }, only.text)
}

export interface HistoryInput {
  readonly interaction: 'history-instance' | 'history-type' | 'history-system'
  readonly sight: Sight
  readonly load: LoadVersions
  readonly after: VersionPlace | undefined
  readonly count: number
  readonly self: string
  readonly next: (after: VersionPlace) => string
  /** of one record: where none of its versions passes, it is not there */
  readonly of: { readonly held: Held | undefined } | undefined
}

/** How many versions are judged in one go. */
const batch = 100

/**
 * A page of versions, newest first: filled from what passes, so that no hidden version takes a place; the link to the next is there only
 * where something more would be shown.
 */
export async function releaseHistory(context: Context, call: Call, input: HistoryInput): Promise<Released> {
  const content = input.of?.held === undefined ? undefined : open(input.of.held)
  const isMissing = input.of !== undefined && content === undefined
  if (isMissing) await judgeNothing(context, call, call.params['type'] ?? '')
  const shown = isMissing ? [] : await enough(context, call, input, content?.facts.id ?? '')
  // none in the time asked for is an empty history; of a record that is not in view there is none
  if (input.of !== undefined && shown.length === 0 && !(await isInView(context, call, input.sight, content))) {
    await record(context, call, refusal(input.interaction, content, input.sight.consulted))
    throw notFound()
  }
  const page = shown.slice(0, input.count)
  const last = page.at(-1)
  const parts = [...new Map(page.map(({ part }) => [part.networkId, part])).values()]
  await record(context, call, { ...released(input.interaction, parts, input.sight.consulted), entities: page.map(entityOf) })
  const base = `${context.config.publicUrl}/fhir/R4`
  const next = shown.length > input.count && last !== undefined ? input.next(last.place) : undefined
  const total = next === undefined && input.after === undefined ? page.length : undefined
  const entries = page.map((version) => historyEntry(base, version))
  return mint(200, {}, bundleText({ type: 'history', total, self: input.self, next, entries, notices: [] }))
}

async function isInView(context: Context, call: Call, sight: Sight, content: HeldContent | undefined): Promise<boolean> {
  return content !== undefined && (await judge(context, call, sight, [{ ...content, deleted: false }])).length > 0
}

async function enough(
  context: Context,
  call: Call,
  { sight, load, after, count }: HistoryInput,
  id: string,
): Promise<readonly ShownVersion[]> {
  const shown: ShownVersion[] = []
  let cursor = after
  while (shown.length <= count) {
    const loaded = await load(cursor, batch, id)
    shown.push(...(await shownOf(context, call, sight, loaded)))
    if (loaded.length < batch) break
    cursor = loaded.at(-1)?.place
  }
  return shown
}

async function shownOf(context: Context, call: Call, sight: Sight, loaded: readonly HeldVersion[]): Promise<readonly ShownVersion[]> {
  const records = new Map<string, HeldContent>()
  for (const { held } of loaded) {
    const content = open(held)
    records.set(content.facts.id, content)
  }
  const now = await judge(
    context,
    call,
    sight,
    [...records.values()].map((content) => ({ ...content, deleted: false })),
  )
  const parts = new Map(now.map((part) => [part.networkId, part]))
  const candidates = loaded.flatMap((version) => {
    const content = records.get(version.place.id)
    const part = parts.get(version.place.id)
    return content === undefined || part === undefined || !isToldOf(call, content, version) ? [] : [{ version, content, part }]
  })
  const versions = candidates.map(({ version, content }) => ({
    content,
    version: { ...version, version: String(version.place.version), updatedMs: version.place.updatedMs },
  }))
  const past = await pastVersions(context.store, versions, context.directory.places)
  const texts = new Map((await judge(context, call, sight, past)).map((part) => [`${part.networkId}/${part.version}`, part.text]))
  return candidates.flatMap(({ version: { place, deleted }, part }) => {
    const text = texts.get(`${place.id}/${place.version}`)
    return text === undefined ? [] : [{ place, part, text, deleted }]
  })
}

function isToldOf({ caller }: Call, content: HeldContent, version: HeldVersion): boolean {
  const isOwn = caller.role === 'system' && content.facts.custodian === caller.institution
  return isOwn || isSameMatter(content.peopleText, version.peopleText)
}

function historyEntry(base: string, { part, place, text, deleted }: ShownVersion): TextEntry {
  const url = `${part.type}/${part.id}`
  const status = deleted ? '204 No Content' : place.version === 1 ? '201 Created' : '200 OK'
  return {
    fullUrl: `${base}/${url}`,
    text: deleted ? noOctets : text,
    rest: {
      request: { method: deleted ? 'DELETE' : 'PUT', url },
      response: { status, etag: `W/"${place.version}"`, lastModified: new Date(place.updatedMs).toISOString() },
    },
  }
}

function entityOf({ part, place }: ShownVersion): { type: string; id: string; version: string } {
  return { type: part.type, id: part.networkId, version: String(place.version) }
}
