/** A page of one person's whole visible record: the person composed, then records; silent institutions are named for everybody alike. */
import { bundleText } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { open, type Held, type HeldContent } from './held.ts'
import { isVisible, type Sight } from './judge.ts'
import { judgeRested, type Part } from './judged.ts'
import { coverageNotice, silentNotices } from './notices.ts'
import { notFound } from './problem.ts'
import { personOf } from './composed.ts'
import { matchOf, personEntry, record, refusal, released } from './release-act.ts'
import { mint, type Released } from './released.ts'

export interface EverythingPage {
  readonly sight: Sight
  readonly person: string
  /** Patient records of the person, whoever may see them */
  readonly charts: readonly Held[]
  /** the person is composed of them: false where it is not asked for, or was on an earlier page */
  readonly isComposed: boolean
  /** of this page */
  readonly stored: readonly Held[]
  /** all that was answered live; which of it is of this page is told here */
  readonly live: readonly Held[]
  /** key behind which this page goes on; '' = from the first */
  readonly liveAfter: string
  /** how many live ones fit */
  readonly room: number
  readonly sinceMs: number | undefined
  readonly isFirst: boolean
  readonly isStoredOver: boolean
  readonly silent: readonly string[]
  /** link to what follows; `key`: of the last live record shown */
  readonly next: (key: string) => string
}

const notHere: ReadonlySet<string> = new Set(['Patient', 'Task', 'Consent'])

export async function releaseEverything(context: Context, call: Call, page: EverythingPage): Promise<Released> {
  const { sight, person, sinceMs } = page
  const live = page.live.map(open)
  const liveCharts = page.isFirst ? live.filter(({ facts }) => facts.type === 'Patient') : []
  const waiting = live
    .filter(({ facts, updatedMs }) => !notHere.has(facts.type) && (sinceMs === undefined || updatedMs >= sinceMs))
    .filter((content) => keyOf(content) > page.liveAfter)
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  // all of it at once: what is in force now is asked for once
  const storedCharts = page.charts.map(open)
  const { lists, standing } = await judgeApart(context, call, sight, [
    page.isComposed ? [...storedCharts, ...liveCharts] : [],
    page.stored.map(open),
    page.isStoredOver ? waiting : [],
  ])
  const [charts = [], stored = [], passed = []] = lists
  const shown = passed.slice(0, page.room)
  const parts = [...charts, ...stored, ...shown]
  // whose chart is seen is known, whatever types are asked; that others know the person too must not decide it
  const isKnown = sight.related.includes(person) || storedCharts.some((content) => isVisible(sight, content))
  if (parts.length === 0 && !isKnown) {
    await record(
      context,
      call,
      { ...refusal('everything', undefined, sight.consulted), persons: [person] },
      standing ?? sight.policy?.standing,
    )
    throw notFound()
  }
  await record(context, call, { ...released('everything', parts, sight.consulted), persons: [person] }, standing ?? sight.policy?.standing)
  const base = `${context.config.publicUrl}/fhir/R4`
  const composed = composedOf(person, charts, sinceMs)
  const entries = [...composed.map((each) => personEntry(base, each)), ...[...stored, ...shown].map((part) => matchOf(base, part))]
  const keys = new Map(waiting.map((content) => [content.facts.id, keyOf(content)]))
  const isMore = !page.isStoredOver || passed.length > shown.length
  const next = isMore ? page.next(keys.get(shown.at(-1)?.networkId ?? '') ?? page.liveAfter) : undefined
  const text = bundleText({
    type: 'searchset',
    // the whole is counted where it is on one page
    total: page.isFirst && next === undefined ? entries.length : undefined,
    self: `${base}/Patient/${person}/$everything`,
    next,
    entries,
    notices: [...silentNotices(page.silent), coverageNotice],
  })
  return mint(200, {}, text)
}

/** What passes of each list, and the rules it rests on. */
async function judgeApart(context: Context, call: Call, sight: Sight, asked: readonly (readonly HeldContent[])[]) {
  const { parts, standing } = await judgeRested(context, call, sight, asked.flat())
  // in their order, without what is refused
  const left = parts.toReversed()
  const lists = asked.map((list) => list.flatMap(({ facts }) => (left.at(-1)?.networkId === facts.id ? left.splice(-1) : [])))
  return { lists, standing }
}

/** The whole person, whatever changed of it; not at all when nothing did since. */
function composedOf(person: string, charts: readonly Part[], sinceMs: number | undefined) {
  if (charts.length === 0) return []
  const composed = personOf(person, charts)
  return sinceMs === undefined || composed.updatedMs >= sinceMs ? [composed] : []
}

/** The same order at every asking, whatever network ids the records were given. */
function keyOf({ facts, localId }: HeldContent): string {
  return `${facts.custodian}\n${facts.type}\n${localId}`
}
