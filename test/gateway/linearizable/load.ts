/**
 * Many people's consents withdrawn and given again while a doctor of another institution asks about them by every address there is. What
 * is asked, of which process, and the pauses come from a seed; how the two processes and the database interleave them does not.
 */
import type { TestGateway } from '../../support/gateway-client.ts'
import { seededConsents } from '../../../bin/sandbox/stories.ts'
import type { Change, Look } from './history.ts'

/** One person of the load, with what was recorded about them. */
export interface Lane {
  readonly number: number
  readonly person: string
  /** what marks the records of the other institution */
  readonly canary: string
  /** requests that show it while the consent holds */
  readonly asks: readonly Ask[]
  readonly changes: Change[]
  readonly looks: Look[]
}

export interface Ask {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly type?: string
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly etag: string
  readonly beganAtMs: number
  readonly firstByteAtMs: number
  readonly endedAtMs: number
}

interface Load {
  readonly gateway: Pick<TestGateway, 'token'>
  readonly bases: readonly string[]
  readonly random: () => number
  /** statuses that neither show nor hide */
  readonly odd: string[]
}

/** Changes each lane's consent `changesPerLane` times while `readers` ask about it. */
export async function runLoad(load: Load, lanes: readonly Lane[], ask: { changesPerLane: number; readers: number }): Promise<void> {
  const askers = createAskers(load)
  await Promise.all(
    lanes.map(async (lane) => {
      let isOver = false
      const writer = (async () => {
        try {
          await writeOn(load, lane, askers, ask.changesPerLane)
        } finally {
          isOver = true
        }
      })()
      await Promise.all([writer, ...Array.from({ length: ask.readers }, () => readOn(load, lane, askers, () => isOver))])
    }),
  )
}

async function writeOn(load: Load, lane: Lane, askers: Askers, changes: number): Promise<void> {
  const consentOf = seededConsents('2026-01-01T09:00:00+09:00')
    .find(({ number }) => number === 1)
    ?.make(lane.person)
  const patient = `patient-${lane.number}`
  let current = { path: '', etag: '' }
  for (let turn = 0; turn <= changes; turn += 1) {
    const shows = turn % 2 === 0
    const answer = shows
      ? await askers(patient, { method: 'POST', path: 'Consent', body: JSON.stringify(consentOf) })
      : await askers(patient, { method: 'PATCH', path: current.path, body: inactive, type: 'application/json-patch+json' }, current.etag)
    if (answer.status !== (shows ? 201 : 200)) throw new Error(`a change was answered ${answer.status}: ${answer.text.slice(0, 300)}`)
    if (shows) current = { path: `Consent/${/"id":"([^"]+)"/.exec(answer.text)?.[1] ?? ''}`, etag: answer.etag }
    lane.changes.push({ shows, sentAtMs: answer.beganAtMs, repliedAtMs: answer.firstByteAtMs })
    // half of the time somebody asks in the very moment of the reply
    if (load.random() < 0.5) await lookOn(load, lane, askers)
    else await pause(load.random() * 12)
  }
}

const inactive = JSON.stringify([{ op: 'replace', path: '/status', value: 'inactive' }])

async function readOn(load: Load, lane: Lane, askers: Askers, isOver: () => boolean): Promise<void> {
  while (lane.changes.length === 0) await pause(2)
  while (!isOver()) {
    await lookOn(load, lane, askers)
    await pause(load.random() * 8)
  }
}

async function lookOn(load: Load, lane: Lane, askers: Askers): Promise<void> {
  const chosen = lane.asks[Math.floor(load.random() * lane.asks.length)]
  if (chosen === undefined) return
  const { status, text, beganAtMs, endedAtMs } = await askers('tertiary-doctor', chosen)
  if (status === 200 || status === 404) lane.looks.push({ path: chosen.path, beganAtMs, endedAtMs, shows: text.includes(lane.canary) })
  else load.odd.push(`${status} ${chosen.path}`)
}

export type Askers = (who: string, ask: Omit<Ask, 'method'> & { method: 'GET' | 'POST' | 'PATCH' }, etag?: string) => Promise<Answer>

/** Asks either process, as anybody of the sandbox; tokens are renewed before they lapse. */
export function createAskers({ gateway, bases, random }: Pick<Load, 'gateway' | 'bases' | 'random'>): Askers {
  const tokens = new Map<string, { readonly madeAtMs: number; readonly token: Promise<string> }>()
  const tokenOf = (who: string): Promise<string> => {
    const known = tokens.get(who)
    if (known !== undefined && performance.now() - known.madeAtMs < 300_000) return known.token
    const token = gateway.token(who)
    tokens.set(who, { madeAtMs: performance.now(), token })
    return token
  }
  return async (who, { method, path, body, type = 'application/fhir+json' }, etag) => {
    const base = bases[Math.floor(random() * bases.length)] ?? ''
    const authorization = `Bearer ${await tokenOf(who)}`
    const headers = {
      authorization,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(etag === undefined ? {} : { 'if-match': etag }),
    }
    const beganAtMs = performance.now()
    const response = await fetch(`${base}/fhir/R4/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(60_000),
    })
    const firstByteAtMs = performance.now()
    const text = await response.text()
    return {
      status: response.status,
      text,
      etag: response.headers.get('etag') ?? '',
      beganAtMs,
      firstByteAtMs,
      endedAtMs: performance.now(),
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
