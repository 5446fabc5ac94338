/**
 * One look at one view: read the window, leave out what was seen, offer the rest in the order of the change numbers.
 * Invariant: a row version is remembered only after `take` answered ok or fatal, so whatever happens in between it is offered again
 * under the same parcel id.
 */
import { setImmediate as giveWay } from 'node:timers/promises'
import type { AdapterPorts, Gap, Parcel, Receipt } from '../contract.ts'
import { advanced, floorOf, saveCursor, seenKey, trimmed } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import { parcelId, rowHash } from './identity.ts'
import { withoutResidentNumbers } from './map-row.ts'
import { SourceFault } from './source.ts'
import type { SqlRow, SqlSource, ViewKey } from './source.ts'

/** One polled view and what its rows become. */
export interface Feed extends ViewKey {
  readonly residentNumbers?: readonly string[]
  parcel(id: string, row: SqlRow): Parcel
}

export interface Poll {
  readonly source: SqlSource
  readonly memory: AdapterPorts['memory']
  readonly log: AdapterPorts['log']
  readonly take: (parcel: Parcel) => Promise<Receipt>
  readonly signal: AbortSignal
  /** how many change numbers below the highest one taken are read again */
  readonly overlap: number
  readonly batchRows: number
  /** how many pages of one view are read before the other views have their turn; all when it is not said */
  readonly pages?: number
}

export interface PollResult {
  readonly cursor: Cursor
  /** read: nothing new is left · more: its turn is over, something new is left · transient: the gateway wants the same parcel later · stopped: by the signal */
  readonly end: 'read' | 'more' | 'transient' | 'stopped'
}

interface FreshRow {
  readonly change: number
  readonly hash: string
  readonly row: SqlRow
  readonly gaps: readonly Gap[]
}

/**
 * Offers everything new in the view and remembers it under `name`, page by page.
 * Each page starts at the bottom of the window again: a number that becomes visible between two pages is then still above the bottom.
 * Throws SourceFault, and what `memory` throws; both leave the cursor where it was remembered last.
 */
export async function pollView(feed: Feed, name: string, start: Cursor, poll: Poll): Promise<PollResult> {
  let cursor = start
  for (let turn = 0; !poll.signal.aborted; turn += 1) {
    if (turn === poll.pages) return { cursor, end: 'more' }
    const fresh = await freshRows(feed, cursor, poll)
    if (fresh.length === 0) return { cursor, end: 'read' }
    const page = await takeRows(feed, fresh, cursor, poll)
    if (page.cursor !== cursor) await saveCursor(poll.memory, name, trimmed(page.cursor, poll.overlap))
    cursor = trimmed(page.cursor, poll.overlap)
    if (page.end !== 'read') return { cursor, end: page.end }
  }
  return { cursor, end: 'stopped' }
}

async function freshRows(feed: Feed, cursor: Cursor, poll: Poll): Promise<readonly FreshRow[]> {
  const floor = floorOf(cursor, poll.overlap)
  // Rows that were seen come first and are no progress: the page must reach beyond them.
  for (let limit = cursor.seen.size + poll.batchRows; ; limit *= 2) {
    const rows = await poll.source.rows(feed, floor, limit)
    const found = new Map<string, FreshRow>()
    for (const row of rows) {
      const item = freshRow(feed, row)
      const key = seenKey(item.change, item.hash)
      if (!cursor.seen.has(key)) found.set(key, item)
    }
    if (rows.length === 0 && cursor.high !== undefined) await requireNoRestart(feed, poll)
    if (found.size > 0 || rows.length < limit) return [...found.values()]
  }
}

function freshRow(feed: Feed, raw: SqlRow): FreshRow {
  const { row, gaps } = withoutResidentNumbers(feed, raw)
  const change = row[feed.change]
  if (typeof change !== 'number' || !Number.isSafeInteger(change)) {
    throw new SourceFault('shape', `column \`${feed.change}\` of \`${feed.view}\` holds something that is no whole number`)
  }
  return { change, row, gaps, hash: rowHash(row) }
}

/** The highest row taken should still be in the window. If all rows lie below it, the clinic's numbers began anew (restored, replaced). */
async function requireNoRestart(feed: Feed, poll: Poll): Promise<void> {
  const [any] = await poll.source.rows(feed, Number.MIN_SAFE_INTEGER, 1)
  if (any === undefined) return
  throw new SourceFault(
    'shape',
    `the change numbers of \`${feed.view}\` went back, as after a restored backup: check the database, then give the adapter a new \`epoch\` to read it from the start`,
  )
}

async function takeRows(feed: Feed, rows: readonly FreshRow[], start: Cursor, poll: Poll): Promise<PollResult> {
  let cursor = start
  for (const { change, hash, row, gaps } of rows) {
    if (poll.signal.aborted) return { cursor, end: 'stopped' }
    const parcel = feed.parcel(parcelId(feed.view, change, hash), row)
    const receipt = await offer({ ...parcel, gaps: [...gaps, ...parcel.gaps] }, poll)
    if (receipt.outcome === 'transient') {
      poll.log('sql-view.transient', { view: feed.view, change, reason: receipt.reason })
      return { cursor, end: 'transient' }
    }
    if (receipt.outcome === 'fatal') poll.log('sql-view.refused', { view: feed.view, change, reason: receipt.reason, where: receipt.where })
    cursor = advanced(cursor, change, hash, receipt.outcome === 'fatal' ? 'refused' : 'taken')
    // An embedded database answers without ever leaving this turn of the event loop: thousands of rows would keep every caller waiting.
    await giveWay()
  }
  return { cursor, end: 'read' }
}

/** A gateway that breaks while it takes has kept nothing, as far as we know: the same as transient. */
async function offer(parcel: Parcel, poll: Poll): Promise<Receipt> {
  try {
    return await poll.take(parcel)
  } catch (error) {
    return { outcome: 'transient', reason: `the gateway broke off (${error instanceof Error ? error.name : 'unknown'})` }
  }
}
