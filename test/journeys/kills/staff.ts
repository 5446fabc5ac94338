/**
 * The people at the three desks, at work while processes are killed: they refer, enter results, accept and report whatever lies before
 * them, again and again, and remember what a desk told them is done. A desk that is away is tried again; any other failure is one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { sandboxInstitutions } from '../../../adapters/sandbox/people.ts'
import { clinicInbox, hospitalReferrals, tertiaryTasks } from '../../support/referrals.ts'
import type { Network } from '../../support/sandbox.ts'
import { desk, type Institution } from '../../support/stories.ts'

const lookEveryMs = 100

export interface Staff {
  /** a referral at the clinic's desk; its number, or undefined when the desk did not answer */
  refer(to: 'tertiary' | 'hospital', reason: string): Promise<string | undefined>
  /** a result at the hospital's desk, which tells the network by HL7; the message's id */
  enterResult(value: string): Promise<string | undefined>
  /** numbers of referrals whose report the clinic has read */
  readonly reported: ReadonlySet<string>
  /** steps the university hospital's desk said are taken: `<parcel> <step>` */
  readonly taken: ReadonlySet<string>
  /** Rejects when a desk failed other than by being away. */
  goHome(): Promise<void>
  /** never resolves; rejects when a desk failed other than by being away */
  readonly failure: Promise<never>
}

/** `known`: what the shift before had read */
export function staffAtWork(network: Network, known: ReadonlySet<string> = new Set()): Staff {
  const reported = new Set(known)
  const taken = new Set<string>()
  const stop = new AbortController()
  const atWork = work(network, { reported, taken, signal: stop.signal })
  const failure = atWork.then(() => new Promise<never>(() => undefined))
  // whoever awaits it learns of it; until then it is not an unhandled one
  failure.catch(() => undefined)
  const post = async (institution: Institution, path: string, body: object): Promise<unknown> => {
    const reply = await ifThere(() => desk(network, institution, path, body))
    if (reply !== undefined && reply.status >= 300) throw new Error(`${path} at the ${institution}: ${reply.status}`)
    return reply?.body
  }
  return {
    reported,
    taken,
    async refer(to, reason) {
      const letter = { patientNumber: 'C-0001', department: 'IM', toInstitutionNumber: sandboxInstitutions[to].number, reason }
      return wordIn(await post('clinic', '/referrals', letter), 'referralNumber')
    },
    async enterResult(value) {
      const result = { code: '4548-4', name: '당화혈색소', value, unit: '%' }
      return wordIn(await post('hospital', '/patients/H-0001/results', result), 'controlId')
    },
    async goHome() {
      stop.abort()
      await atWork
    },
    failure,
  }
}

interface Work {
  readonly reported: Set<string>
  readonly taken: Set<string>
  readonly signal: AbortSignal
}

async function work(network: Network, hands: Work): Promise<void> {
  while (!hands.signal.aborted) {
    await Promise.all([atTertiary(network, hands), atHospital(network), atClinic(network, hands)])
    await sleep(lookEveryMs)
  }
}

async function atTertiary(network: Network, { taken }: Work): Promise<void> {
  for (const { id, status } of (await ifThere(() => tertiaryTasks(network))) ?? []) {
    const step = status === 'accepted' ? 'complete' : ['requested', 'received'].includes(status) ? 'accept' : undefined
    if (step === undefined) continue
    const body = step === 'complete' ? { report: `회신: ${id}` } : {}
    const reply = await ifThere(() => desk(network, 'tertiary', `/tasks/${id}/${step}`, body))
    if (reply?.status === 200) taken.add(`${id} ${step}`)
    else if (reply !== undefined) throw new Error(`${step} at the university hospital: ${reply.status}`)
  }
}

async function atHospital(network: Network): Promise<void> {
  const before = await ifThere(() => hospitalReferrals(network))
  for (const { id, state } of before?.received ?? []) {
    const step = state === 'received' ? 'accept' : state === 'accepted' ? 'reply' : undefined
    if (step === undefined) continue
    const body = step === 'reply' ? { text: `회신: ${id}` } : {}
    const reply = await ifThere(() => desk(network, 'hospital', `/referrals/${encodeURIComponent(id)}/${step}`, body))
    if (reply !== undefined && reply.status !== 200) throw new Error(`${step} at the hospital: ${reply.status}`)
  }
}

async function atClinic(network: Network, { reported }: Work): Promise<void> {
  for (const { referralNumber, status } of (await ifThere(() => clinicInbox(network))) ?? [])
    if (referralNumber !== null && status === 'completed') reported.add(referralNumber)
}

/** undefined when the desk's process is not there, or went away before it had answered. */
async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (thrown) {
    // what `fetch` throws for a connection refused, reset or cut short: https://fetch.spec.whatwg.org/#concept-network-error
    // (looked at by its name: an error from outside jest's realm is no `instanceof` of ours)
    if (/^TypeError: (fetch failed|terminated)/.test(String(thrown))) return undefined
    throw thrown
  }
}

function wordIn(body: unknown, key: string): string | undefined {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, key) : undefined
  return typeof value === 'string' ? value : undefined
}
