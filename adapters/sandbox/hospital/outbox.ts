/** What must reach the peer: written with the change it tells of, sent in order until it is acknowledged. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Chart } from './chart.ts'
import { textOf } from './chart.ts'
import type { Answer, Link } from './link.ts'
import { encodeFor } from './messages.ts'

export type Feed = 'HIS' | 'LIS'

/** Call inside the transaction of the change. Answers the control id. */
export function queue(chart: Chart, feed: Feed, kind: string, write: (controlId: string) => string): string {
  const id = chart.nextControlId()
  chart.change('insert into outbox (control_id, feed, kind, body, state) values (?, ?, ?, ?, ?)', id, feed, kind, write(id), 'waiting')
  return id
}

export interface OutboundOptions {
  readonly links: Readonly<Record<Feed, Link>>
  readonly signal: AbortSignal
  /** resolves early when something was queued */
  readonly woken: () => Promise<void>
}

const firstRetryMs = 100
const longestRetryMs = 5_000

/** One message at a time, the oldest first: results never overtake the visit they belong to. Runs until the signal aborts. */
export async function sendOutbox(chart: Chart, { links, signal, woken }: OutboundOptions): Promise<void> {
  let retryMs = firstRetryMs
  while (!signal.aborted) {
    const row = chart.first("select * from outbox where state = 'waiting' order by seq limit 1")
    if (row === undefined) {
      await woken()
      continue
    }
    const feed: Feed = textOf(row, 'feed') === 'LIS' ? 'LIS' : 'HIS'
    const [seq, controlId] = [Number(row['seq']), textOf(row, 'control_id')]
    const answer = await links[feed].send(encodeFor(feed, textOf(row, 'body')), controlId)
    if (signal.aborted && answer.kind === 'none') return
    const state = stateAfter(answer)
    chart.change('update outbox set state = ?, attempts = attempts + 1, answer = ? where seq = ?', state, wordsOf(answer), seq)
    if (state === 'waiting') {
      await pause(retryMs, undefined, { signal, ref: false }).catch(onlyAbort)
      retryMs = Math.min(longestRetryMs, retryMs * 2)
    } else retryMs = firstRetryMs
  }
}

/** Sent again: no answer, and `try later` (AE with condition 207 or none). Anything else is for a person: it will not get better by itself. */
function stateAfter(answer: Answer): 'waiting' | 'sent' | 'refused' {
  if (answer.kind === 'none') return 'waiting'
  if (answer.code === 'AA' || answer.code === 'CA') return 'sent'
  return answer.code === 'AE' && (answer.condition === '207' || answer.condition === '') ? 'waiting' : 'refused'
}

function wordsOf(answer: Answer): string {
  return answer.kind === 'none'
    ? answer.reason
    : [answer.code, answer.condition, answer.place, answer.text].filter((part) => part !== '').join(' ')
}

function onlyAbort(cause: unknown): void {
  if (!(cause instanceof Error) || cause.name !== 'AbortError') throw cause
}
