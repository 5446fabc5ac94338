/**
 * The same seeded requests to two stores, one of which never held what the asking institution is refused. Every reply of the one must equal the
 * reply of the other (non-interference); whatever differs is a leak, or a fault of the kit, and never nothing.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { attacks, type Attack } from './attacks.ts'
import { chosen, type TwinAsk } from './choices.ts'
import { fill } from './fill.ts'
import { difference, masked, type Reply, type Side } from './mask.ts'
import { randomFrom, type Random } from './random.ts'
import type { Ask, Server } from './server.ts'
import { makeWorld, type World, type WorldPerson } from './world.ts'
import { refusalOf } from './world-consent.ts'

export interface Finding {
  readonly attack: string
  readonly as: string
  /** the request as the first store got it */
  readonly request: string
  readonly difference: string
}

export interface Row {
  readonly attack: string
  readonly about: string
  readonly tried: number
  readonly differences: number
}

export interface Outcome {
  readonly rows: readonly Row[]
  readonly findings: readonly Finding[]
  readonly tried: number
}

export interface RunOptions {
  readonly seed: number
  readonly requests: number
  /** stop at the first difference: for builds that are known to leak */
  readonly isEnough?: (findings: number) => boolean
  /** ids of the attacks to try; all when absent */
  readonly only?: readonly string[]
  /** worlds that stand in the stores before the asking begins; ids of an earlier run in these stores */
  readonly worlds?: readonly Filled[]
}

/** A world in both stores, with what each of its records and persons is called there. */
export interface Filled {
  readonly world: World
  readonly here: ReadonlyMap<string, string>
  readonly there: ReadonlyMap<string, string>
}

/** Requests to one world before the next one is made: enough for every attack some times over. */
export const requestsPerWorld = 600

/** Fills both stores with one world. `here` holds everything, `there` never held what is refused. */
export async function fillTwins(here: Server, there: Server, seed: number, index: number): Promise<Filled> {
  const world = makeWorld(randomFrom(seed + index), index, here.sensitive)
  const [full, bare] = await Promise.all([
    fill(here, world, false, randomFrom(seed + 7_000_000 + index)),
    fill(there, world, true, randomFrom(seed + 8_000_000 + index)),
  ])
  return { world, here: full.ids, there: bare.ids }
}

/** Throws when a server does not answer, or takes a world otherwise than asked. */
export async function run(here: Server, there: Server, options: RunOptions): Promise<Outcome> {
  const sinceMs = options.worlds === undefined ? Date.now() - 60_000 : Date.now() - 3_600_000
  const random = randomFrom(options.seed + 1)
  const tryable = attacks.filter(({ id }) => options.only?.includes(id) ?? true)
  const count = Math.max(1, Math.ceil(options.requests / requestsPerWorld))
  const tally = new Map(attacks.map((attack) => [attack.id, { tried: 0, differences: 0 }]))
  const findings: Finding[] = []
  let tried = 0
  for (let index = 0; index < count; index += 1) {
    const filled = options.worlds?.[index] ?? (await fillTwins(here, there, options.seed, index))
    const twins = new Twins(here, there, filled, sinceMs)
    const until = Math.round(((index + 1) * options.requests) / count)
    if (options.only === undefined) findings.push(...(await twins.expectations()))
    while (tried < until) {
      const attack = tryable[tried % tryable.length]
      if (attack === undefined) throw new TypeError('there is no attack')
      const result = await twins.attack(random, attack)
      tried += 1
      const row = tally.get(attack.id)
      if (row !== undefined && result.isTried) row.tried += result.requests
      if (row !== undefined && result.findings.length > 0) row.differences += result.findings.length
      findings.push(...result.findings)
      if (options.isEnough?.(findings.length) === true) return outcomeOf(tally, findings)
    }
  }
  return outcomeOf(tally, findings)
}

function outcomeOf(tally: ReadonlyMap<string, { tried: number; differences: number }>, findings: readonly Finding[]): Outcome {
  const rows = attacks.map(({ id, about }) => ({ attack: id, about, ...(tally.get(id) ?? { tried: 0, differences: 0 }) }))
  return { rows, findings, tried: rows.reduce((sum, row) => sum + row.tried, 0) }
}

const maxPages = 5

class Twins {
  readonly #here: Server
  readonly #there: Server
  readonly #filled: Filled
  readonly #sides: readonly [Side, Side]
  readonly #sinceMs: number

  constructor(here: Server, there: Server, filled: Filled, sinceMs: number) {
    this.#here = here
    this.#there = there
    this.#filled = filled
    this.#sinceMs = sinceMs
    this.#sides = [
      { base: here.base, names: namesOf(filled.here) },
      { base: there.base, names: namesOf(filled.there) },
    ]
  }

  /** What the world says is refused is missing to the asking clinician, and what it says is open is there: else the twins are not twins. */
  async expectations(): Promise<readonly Finding[]> {
    const findings: Finding[] = []
    for (const record of this.#filled.world.records) {
      if (record.isDeleted || record.type === 'Patient') continue
      const path = `${record.type}/${this.#filled.here.get(record.name) ?? ''}`
      const { status } = await this.#here.send({ as: `${this.#filled.world.asking}-doctor`, method: 'GET', path })
      const wanted = record.isRefused ? 404 : 200
      if (status !== wanted)
        findings.push({
          attack: 'expectation',
          as: record.name,
          request: `GET ${path}`,
          difference: `status ${status}, expected ${wanted}`,
        })
    }
    return findings
  }

  async attack(random: Random, attack: Attack): Promise<{ isTried: boolean; requests: number; findings: readonly Finding[] }> {
    const as = random.pick(attack.as)
    const twin = chosen(random, attack, as, this.#filled)
    if (!(await this.#here.has(as)) || !(await this.#there.has(as))) return { isTried: false, requests: 0, findings: [] }
    const findings: Finding[] = []
    let requests = 0
    const compare = async (asked: TwinAsk): Promise<readonly [Reply, Reply]> => {
      const replies = await Promise.all([this.#here.send(asked.here), this.#there.send(asked.there)])
      requests += 1
      const differs = this.#difference(replies)
      if (differs !== undefined)
        findings.push({ attack: attack.id, as: asked.as, request: `${asked.here.method} ${asked.here.path}`, difference: differs })
      // two writes of one millisecond would lie in the order of their random ids
      if (asked.here.method !== 'GET' && asked.here.method !== 'HEAD') await pause(2)
      return replies
    }
    let replies = await compare(twin)
    if (attack.follow === 'export') await this.#exported(as, replies, compare)
    if (attack.follow === 'export-refused') {
      const told = await this.#refusedSince(as, random.pick(this.#asked()).name, replies, compare)
      if (told !== undefined) findings.push({ attack: attack.id, as, request: 'GET a file of an export', difference: told })
    }
    if (attack.follow === 'undo') await this.#undone(as, replies, compare)
    for (let page = 0; page < maxPages && attack.follow !== undefined && findings.length === 0; page += 1) {
      const next = this.#nextOf(attack, as, replies)
      if (next === undefined) break
      replies = await compare(next)
      if (attack.follow !== 'reuse') continue
      // alike is not enough here: a link is good for whom it was made
      const taken = replies.find(({ status }) => status < 400)
      if (taken !== undefined)
        findings.push({
          attack: attack.id,
          as: next.as,
          request: 'GET the page link of another caller',
          difference: `status ${taken.status}`,
        })
      break
    }
    return { isTried: true, requests, findings }
  }

  /** Waits until both have written, then compares manifest and files. How often one must be asked is no difference. */
  async #exported(as: string, [one, other]: readonly [Reply, Reply], compare: (asked: TwinAsk) => Promise<unknown>): Promise<void> {
    const [here, there] = [statusOf(one), statusOf(other)]
    if (here === undefined || there === undefined) return
    const files = await Promise.all([written(this.#here, as, here), written(this.#there, as, there)])
    await compare(both(as, here, there))
    for (const [at, file] of files[0].entries()) {
      const same = files[1][at]
      if (same !== undefined) await compare(both(as, file, same))
    }
  }

  /** Who was registered is taken out again: from now on the two would know one person by an old id and a new one. */
  async #undone(as: string, [one, other]: readonly [Reply, Reply], compare: (asked: TwinAsk) => Promise<unknown>): Promise<void> {
    const [here, there] = [madeIn(one), madeIn(other)]
    if (here === undefined || there === undefined) return
    const remove = (path: string): Ask => ({ as, method: 'DELETE', path })
    await compare({ as, here: remove(here), there: remove(there) })
  }

  #asked(): readonly WorldPerson[] {
    return this.#filled.world.people.filter(({ at }) => at.includes(this.#filled.world.asking))
  }

  /** Alike is not enough: a file that was written before somebody refused says nothing of them after. */
  async #refusedSince(
    as: string,
    person: string,
    replies: readonly [Reply, Reply],
    compare: (asked: TwinAsk) => Promise<readonly [Reply, Reply]>,
  ): Promise<string | undefined> {
    const [here, there] = [statusOf(replies[0]), statusOf(replies[1])]
    if (here === undefined || there === undefined) return `not begun: ${replies[0].status}`
    const files = await Promise.all([written(this.#here, as, here), written(this.#there, as, there)])
    const [id, other] = [this.#filled.here.get(person) ?? '', this.#filled.there.get(person) ?? '']
    const taken = await Promise.all([refuse(this.#here, id), refuse(this.#there, other)])
    // in whatever ids it is told: records carry their names
    const named = [id, ...this.#filled.world.records.flatMap((record) => (record.person === person ? [`"${record.name}"`] : []))]
    let told: string | undefined
    for (const [at, file] of files[0].entries()) {
      const [one] = await compare(both(as, file, files[1][at] ?? file))
      if (named.some((name) => one.text.includes(name))) told = `tells of ${person}, who has refused since`
    }
    await Promise.all(taken.map(async (undo) => undo()))
    return told
  }

  #nextOf(attack: Attack, as: string, [one, other]: readonly [Reply, Reply]): TwinAsk | undefined {
    const [here, there] = [nextLink(one.text), nextLink(other.text)]
    if (here === undefined || there === undefined) return undefined
    const who = attack.follow === 'reuse' ? 'clinic-doctor' : as
    const ask = (path: string): Ask => ({ as: who, method: 'GET', path })
    return { as: who, here: ask(here), there: ask(there) }
  }

  #difference([one, other]: readonly [Reply, Reply]): string | undefined {
    return difference(masked(one, this.#sides[0], this.#sinceMs), masked(other, this.#sides[1], this.#sinceMs))
  }
}

function namesOf(ids: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  // a person and the records they are known by may share an id on some servers: the first name given is kept
  const names = new Map<string, string>()
  for (const [name, id] of ids) if (!names.has(id)) names.set(id, name)
  return names
}

/** The address of what a write made; undefined when it made nothing. */
function madeIn({ status, headers }: Reply): string | undefined {
  const location = status === 201 ? headers.find(([name]) => name === 'location')?.[1] : undefined
  return /\/fhir\/R4\/(\w+\/[^/]+)\/_history\//.exec(location ?? '')?.[1]
}

function nextLink(text: string): string | undefined {
  const found = /"relation":"next","url":"([^"]+)"/.exec(text)?.[1]
  return found
}

/** @returns how to take it back */
async function refuse(server: Server, person: string): Promise<() => Promise<void>> {
  const as = 'privacy-officer'
  const { status, headers, text } = await server.send({ as, method: 'POST', path: 'Consent', body: JSON.stringify(refusalOf(person)) })
  const etag = headers.find(([name]) => name === 'etag')?.[1] ?? ''
  const id = /"id":"([^"]+)"/.exec(text)?.[1] ?? ''
  if (status !== 201) throw new Error(`a refusal was answered ${status}: ${text.slice(0, 400)}`)
  return async () => {
    const body = JSON.stringify([{ op: 'replace', path: '/status', value: 'inactive' }])
    const typed = { 'content-type': 'application/json-patch+json', 'if-match': etag }
    const reply = await server.send({ as, method: 'PATCH', path: `Consent/${id}`, headers: typed, body })
    if (reply.status !== 200) throw new Error(`taking back a refusal was answered ${reply.status}: ${reply.text.slice(0, 400)}`)
  }
}

const pollMs = 50
const mostPolls = 1_200

function both(as: string, here: string, there: string): TwinAsk {
  const ask = (path: string): Ask => ({ as, method: 'GET', path })
  return { as, here: ask(here), there: ask(there) }
}

function statusOf({ status, headers }: Reply): string | undefined {
  return status === 202 ? headers.find(([name]) => name === 'content-location')?.[1] : undefined
}

/** Addresses of the files of an export, once it is written. */
async function written(server: Server, as: string, path: string): Promise<readonly string[]> {
  for (let polls = 0; polls < mostPolls; polls += 1) {
    const { status, text } = await server.send({ as, method: 'GET', path })
    if (status !== 202) return [...text.matchAll(/"url":"([^"]+)"/g)].map(([, url = '']) => url)
    await pause(pollMs)
  }
  throw new Error('a bulk export was not written within a minute')
}
