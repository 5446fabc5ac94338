/**
 * What the generated people agreed to and who is referred where, told to the running network through its own doors: consents by the patients and
 * guardians, referrals and answers at the EMRs' desks. Safe to repeat: what was done before a stop is left as it is.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { agreements, type Agreement } from '../../adapters/sandbox/population/agreements.ts'
import { population } from '../../adapters/sandbox/population/population.ts'
import { patientNumber, sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { callFhir, sandboxToken, type SandboxKey } from './client.ts'
import type { SandboxPorts } from './network.ts'
import { consentExcept, personIn } from './stories.ts'

export interface Telling {
  readonly url: string
  readonly key: SandboxKey
  readonly ports: SandboxPorts
  /** the Korean day the EMRs' charts were written for */
  readonly asOf: string
  readonly signal: AbortSignal
}

type Place = keyof typeof sandboxInstitutions
type Referred = Agreement & { readonly referral: NonNullable<Agreement['referral']> }
type Row = Readonly<Record<string, unknown>>

const answerDeadlineMs = 120_000

/** Resolves to what was told. Throws when a door does not answer as it should. */
export async function tellStories(telling: Telling): Promise<{ readonly consents: number; readonly referrals: number }> {
  const people = population(telling.asOf)
  const names = new Map(people.map(({ number, name }) => [number, name]))
  const all = agreements(people, telling.asOf)
  const signed = all.filter(({ consent }) => consent !== undefined)
  for (const agreement of signed) {
    telling.signal.throwIfAborted()
    await consent(telling, agreement)
  }
  const referred = all.flatMap((each): readonly Referred[] => (each.referral === undefined ? [] : [{ ...each, referral: each.referral }]))
  const nameOf = ({ number }: Referred): string => names.get(number) ?? ''
  for (const each of referred) await refer(telling, each, nameOf(each))
  for (const each of referred) await answer(telling, each, nameOf(each))
  return { consents: signed.length, referrals: referred.length }
}

async function consent({ url, key }: Telling, { number, consent: words }: Agreement): Promise<void> {
  if (words === undefined) return
  const token = await sandboxToken(key, { as: `${words.by}-${number}`, purposes: ['PATRQT'] })
  const had = await callFhir(url, token, { method: 'GET', path: 'Consent?_count=1' })
  if (isRow(had.body) && had.body['total'] !== 0) return
  const at = new Date(Date.now() - 86_400_000).toISOString()
  const made = await callFhir(url, token, { method: 'POST', path: 'Consent', body: consentExcept(words.but, personIn(token), at) })
  if (made.status !== 201) throw new Error(`the consent of person ${number} was not taken (${made.status})`)
}

async function refer(telling: Telling, { number, referral }: Referred, name: string): Promise<void> {
  const { from, to, reason, department, kcd, note, isSigned } = referral
  const ask = { patientNumber: patientNumber({ number }, from), toInstitutionNumber: sandboxInstitutions[to].number, department, reason }
  if ((await sentFrom(telling, from)).some((row) => isAbout(row, from, number) && row['direction'] !== 'in')) return
  const until = new Date(Date.now() + 180 * 86_400_000).toISOString().slice(0, 10)
  const words: Readonly<Record<Place, object>> = {
    clinic: {
      kcd: kcd.replace('.', ''),
      hiraReason: '01',
      note,
      ...(isSigned ? { consent: { signedBy: name, relation: '0', until } } : {}),
    },
    hospital: { icd: kcd },
    tertiary: { kcd, note },
  }
  await post(deskOf(telling.ports, from), 'referrals', { ...ask, ...words[from] })
}

/** What this desk has sent, in its own words. */
async function sentFrom({ ports }: Telling, from: Place): Promise<readonly Row[]> {
  const paths: Readonly<Record<Place, string>> = { clinic: 'outbox', hospital: 'referrals', tertiary: 'tasks' }
  const body = await get(deskOf(ports, from), paths[from])
  if (from === 'clinic') return rowsOf(body)
  if (from === 'hospital') return rowsOf(isRow(body) ? body['sent'] : [])
  return rowsOf(isRow(body) ? body['tasks'] : []).filter(({ id }) => String(id).startsWith('rf-'))
}

function isAbout(row: Row, from: Place, number: number): boolean {
  const own = patientNumber({ number }, from)
  return from === 'tertiary' ? row['for'] === tertiaryReference(number) : own === (row['patientNumber'] ?? row['patient'])
}

/** The EMR's own id of a patient, see its `kr-core.ts`. */
function tertiaryReference(number: number): string {
  return `Patient/pt-${1000 + number}`
}

/** As far as the receiver has come: accepted, then completed; or rejected. Waits until the referral has arrived. */
async function answer(telling: Telling, { number, referral }: Referred, name: string): Promise<void> {
  const { end, to, from, answer: words } = referral
  if (end === 'open') return
  const untilMs = Date.now() + answerDeadlineMs
  for (;;) {
    telling.signal.throwIfAborted()
    const arrived = (await arrivedAt(telling, to)).find((row) => row.isNew && row.isAbout({ number, name, from }))
    if (arrived !== undefined) return act(telling, to, arrived.id, end, words)
    const isDone = (await arrivedAt(telling, to)).some((row) => !row.isNew && row.isAbout({ number, name, from }))
    if (isDone) return
    if (Date.now() > untilMs) throw new Error(`the referral of person ${number} did not arrive at ${to}`)
    await sleep(500, undefined, { signal: telling.signal })
  }
}

interface Arrived {
  readonly id: string
  readonly isNew: boolean
  isAbout(who: { number: number; name: string; from: Place }): boolean
}

async function arrivedAt({ ports }: Telling, to: Place): Promise<readonly Arrived[]> {
  const desk = deskOf(ports, to)
  if (to === 'clinic') {
    return rowsOf(await get(desk, 'inbox')).map((row) => ({
      id: String(row['parcelId']),
      isNew: row['status'] === 'requested' || row['status'] === null,
      isAbout: ({ name, from }) => row['patientName'] === name && row['fromInstitutionNumber'] === sandboxInstitutions[from].number,
    }))
  }
  if (to === 'hospital') {
    const body = await get(desk, 'referrals')
    return rowsOf(isRow(body) ? body['received'] : []).map((row) => ({
      id: String(row['id']),
      isNew: row['state'] === 'received',
      isAbout: ({ name }) => row['patient_name'] === name,
    }))
  }
  const body = await get(desk, 'tasks')
  const tasks = rowsOf(isRow(body) ? body['tasks'] : []).filter(({ id }) => !String(id).startsWith('rf-'))
  return tasks.map((row) => ({
    id: String(row['id']),
    isNew: row['status'] === 'requested' || row['status'] === 'received',
    isAbout: ({ number }) => row['for'] === tertiaryReference(number),
  }))
}

type End = 'accepted' | 'completed' | 'rejected'

async function act({ ports }: Telling, to: Place, id: string, end: End, words: string): Promise<void> {
  const desk = deskOf(ports, to)
  if (to === 'clinic') {
    const steps = end === 'completed' ? ['accepted', 'completed'] : [end]
    for (const status of steps) {
      const said = status === 'completed' ? { report: words } : status === 'rejected' ? { reason: words } : {}
      await post(desk, `inbox/${id}/answer`, { status, ...said })
    }
    return
  }
  const place = to === 'hospital' ? `referrals/${id}` : `tasks/${id}`
  if (end === 'rejected') return post(desk, `${place}/reject`, { reason: words })
  await post(desk, `${place}/accept`, {})
  if (end === 'completed')
    await post(desk, `${place}/${to === 'hospital' ? 'reply' : 'complete'}`, to === 'hospital' ? { text: words } : { report: words })
}

function deskOf(ports: SandboxPorts, place: Place): number {
  return { clinic: ports.clinicDesk, hospital: ports.hospitalDesk, tertiary: ports.tertiaryDesk }[place]
}

async function get(desk: number, path: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${desk}/${path}`, { signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`a desk did not show its ${path.split('/')[0] ?? ''} (${response.status})`)
  return response.json()
}

async function post(desk: number, path: string, body: object): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${desk}/${encodeURI(path)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })
  if (!response.ok) throw new Error(`a desk did not take a ${path.split('/')[0] ?? ''} (${response.status})`)
}

function rowsOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isRow) : []
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
