/**
 * Polls named views of a clinic's SQL database and writes to its inbox table. The clinic opens no port and changes nothing but to offer
 * the views, the inbox and a commit-ordered change number.
 */
import type { AdapterKind, AdapterPorts, EmrAdapter, Health, Parcel, Receipt, RecordQuery } from '../contract.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import type { Gap } from '../contract.ts'
import { missingColumns } from './columns.ts'
import { readConfig } from './config.ts'
import type { SqlViewConfig } from './config.ts'
import { loadCursor } from './cursor.ts'
import type { Cursor } from './cursor.ts'
import { uuid } from './identity.ts'
import { answerParcel } from './map-answer.ts'
import { inboxRow } from './map-inbox.ts'
import { canonicalBase } from '../../fhir-profiles/codes.ts'
import { feedParcel } from './map.ts'
import { referralParcel } from './map-referral.ts'
import type { MapContext } from './map-row.ts'
import { pollView } from './poll.ts'
import type { Feed, Poll } from './poll.ts'
import { SourceFault } from './source.ts'
import type { SqlSource } from './source.ts'
import { sqliteSource } from './sqlite.ts'

export const sqlView: AdapterKind = {
  kind: 'sql-view',
  faults(config) {
    const reading = readConfig(config)
    return reading.ok ? [] : reading.faults
  },
  create(config, ports) {
    const reading = readConfig(config)
    if (!reading.ok) throw new Error(`the configuration of sql-view has faults: ${reading.faults.join('; ')}`)
    return new SqlViewAdapter(reading.config, sqliteSource(reading.config.database, reading.config.busyTimeoutMs), ports)
  },
}

/** Longest pause between two tries while the database or the gateway is away. */
const maxPauseMs = 30_000

/** A first look finds years of records; letters must not wait until all of them are read. */
const pagesPerTurn = 1

/** One clinic. Holds no patient data: rows live for the call that reads them. */
export class SqlViewAdapter implements EmrAdapter {
  readonly description: EmrAdapter['description']
  readonly #config: SqlViewConfig
  readonly #source: SqlSource
  readonly #ports: AdapterPorts
  readonly #context: MapContext
  readonly #feeds: readonly Feed[]
  readonly #cursors = new Map<string, Cursor>()
  /** what is wrong with a view's shape, by view; said by check() and logged once */
  readonly #shapeFaults = new Map<string, string>()
  readonly #closed = new AbortController()

  constructor(config: SqlViewConfig, source: SqlSource, ports: AdapterPorts) {
    const { mapping } = config
    this.#config = config
    this.#source = source
    this.#ports = ports
    this.#context = {
      mapping,
      institution: ports.institution,
      uuid: (name) => uuid(`${canonicalBase}/sql-view/${ports.institution.number}/${name}`),
    }
    this.#feeds = feedsOf(this.#context)
    this.description = {
      kind: 'sql-view',
      product: 'SQL views of a clinic EMR (SQLite)',
      mode: 'stored',
      capabilities: mapping.inbox === undefined ? ['listen'] : ['listen', 'deliver'],
    }
  }

  /** Reads column names only. */
  async check(_signal: AbortSignal): Promise<Health> {
    try {
      const faults = [...(await missingColumns(this.#source, this.#config.mapping)), ...this.#shapeFaults.values()]
      return faults.length === 0 ? { ok: true } : { ok: false, reason: [...new Set(faults)].join('; ') }
    } catch (error) {
      return { ok: false, reason: reasonOf(error) }
    }
  }

  /** A polled clinic is not asked: its records rest in the gateway's store. */
  fetch(_query: RecordQuery, _signal: AbortSignal): AsyncIterable<Resource | Gap> {
    return { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) }
  }

  async deliver(parcel: Parcel, _signal: AbortSignal): Promise<Receipt> {
    const { inbox } = this.#config.mapping
    if (inbox === undefined) return { outcome: 'fatal', reason: 'the mapping file names no inbox', where: 'inbox' }
    const reading = inboxRow(parcel, inbox, this.#context, this.#ports.now())
    if (!reading.ok) return { outcome: 'fatal', reason: reading.reason, where: reading.where }
    try {
      await this.#source.insertOnce(inbox.table, reading.row, inbox.key)
      return { outcome: 'ok', reference: parcel.id }
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error
      if (error.kind === 'refused') return { outcome: 'fatal', reason: error.message, where: inbox.table }
      return { outcome: 'transient', reason: reasonOf(error) }
    }
  }

  async listen(take: (parcel: Parcel) => Promise<Receipt>, signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#closed.signal])
    const { source, memory, log } = { source: this.#source, memory: this.#ports.memory, log: this.#ports.log }
    const poll: Poll = {
      source,
      memory,
      log,
      take,
      signal: stop,
      overlap: this.#config.overlap,
      batchRows: this.#config.batchRows,
      pages: pagesPerTurn,
    }
    let failures = 0
    while (!stop.aborted) {
      const look = await this.#pollAll(poll)
      if (look === 'more') continue
      failures = look === 'good' ? 0 : failures + 1
      await pause(
        failures === 0 ? this.#config.pollMs : Math.min(this.#config.pollMs * 2 ** failures, Math.max(maxPauseMs, this.#config.pollMs)),
        stop,
      )
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  /** All views in turn, in the order of the mapping file. `more`: look again at once; `bad`: the next look should wait longer. */
  async #pollAll(poll: Poll): Promise<'good' | 'more' | 'bad'> {
    let isMore = false
    for (const feed of this.#feeds) {
      const name = `sql-view/${this.#config.epoch}/${feed.view}`
      try {
        const cursor = this.#cursors.get(name) ?? (await loadCursor(poll.memory, name))
        const result = await pollView(feed, name, cursor, poll)
        this.#cursors.set(name, result.cursor)
        this.#shapeFaults.delete(feed.view)
        if (result.end === 'transient') return 'bad'
        if (result.end === 'stopped') return 'good'
        isMore ||= result.end === 'more'
      } catch (error) {
        this.#cursors.delete(name)
        if (!this.#isShape(feed, error)) {
          poll.log('sql-view.away', { view: feed.view, reason: reasonOf(error) })
          return 'bad'
        }
      }
    }
    return isMore ? 'more' : 'good'
  }

  /** A view that is not as the mapping says stops itself, not the other views. */
  #isShape(feed: Feed, error: unknown): boolean {
    if (!(error instanceof SourceFault) || error.kind !== 'shape') return false
    if (this.#shapeFaults.get(feed.view) !== error.message) this.#ports.log('sql-view.shape', { view: feed.view, reason: error.message })
    this.#shapeFaults.set(feed.view, error.message)
    return true
  }
}

function feedsOf(context: MapContext): readonly Feed[] {
  const { views, outbox, answers } = context.mapping
  return [
    ...views.map((view): Feed => ({ ...view, parcel: (id, row) => feedParcel(id, view, row, context) })),
    ...(outbox === undefined ? [] : [{ ...outbox, parcel: (id, row) => referralParcel(id, outbox, row, context) } satisfies Feed]),
    ...(answers === undefined ? [] : [{ ...answers, parcel: (id, row) => answerParcel(id, answers, row, context) } satisfies Feed]),
  ]
}

/** Our own words for the faults of the source; of anything else only its kind, because its message may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof SourceFault) return `${error.kind}: ${error.message}`
  return error instanceof Error ? `unexpected ${error.name}` : 'unexpected fault'
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
