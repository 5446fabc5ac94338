/**
 * kill -9 of the gateway while it writes exports and tells subscribers: an export that was promised is written whole, every line once; every
 * event has one number and one notice, however often it is told, and none is missing.
 */
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasPostgres } from '../support/databases.ts'
import type { Body } from '../support/gateway-client.ts'
import { freePort } from '../support/ports.ts'
import { cases, enginesAtThisScale, seedOr } from '../support/proof.ts'
import { randomFrom } from '../support/seeded.ts'
import { fillRecords } from './many-records.ts'
import { oneProcess, type OneProcess } from './one-process.ts'
import { feed, patient, personId, referral, taskOf, writeConsent } from './records.ts'

const seed = seedOr(20261122)
const kills = cases(1)
const port = await freePort()
const origin = `http://127.0.0.1:${port}`
/** three files of an export and one that is begun */
const many = 3_500
const longestLifeMs = 1_500

interface Notice {
  readonly id: string
  readonly number: string
  readonly focus: string
}

const heard: Notice[] = []
let endpoint: Server
beforeAll(async () => {
  endpoint = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      heard.push(...noticesIn(Buffer.concat(chunks).toString('utf8')))
      // a kill meets notices that were taken and whose answer never came
      setTimeout(() => response.end(), 30)
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(port, '127.0.0.1', resolve))
})
afterAll(() => {
  endpoint.closeAllConnections()
  endpoint.close()
})

interface Part {
  readonly name: string
  readonly valueString?: string
  readonly valueReference?: { readonly reference: string }
  readonly part?: readonly Part[]
}

/** The events a notification tells of. */
function noticesIn(text: string): readonly Notice[] {
  // what a notification holds is what the test checks
  const body = JSON.parse(text) as Body
  const parts = (body.entry?.[0]?.resource?.['parameter'] ?? []) as readonly Part[]
  return parts
    .filter(({ name }) => name === 'notification-event')
    .map(({ part = [] }) => ({
      id: body.id ?? '',
      number: part.find(({ name }) => name === 'event-number')?.valueString ?? '',
      focus: part.find(({ name }) => name === 'focus')?.valueReference?.reference.split('/fhir/R4/')[1] ?? '',
    }))
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < 3_000; count += 1) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(40)
  }
  throw new Error(`waited in vain for ${what}`)
}

/** What was answered before the process was killed; a request that died with it promised nothing. */
const answered = async <T>(ask: Promise<T>): Promise<T | undefined> => ask.catch(() => undefined)

describe.each(enginesAtThisScale(hasPostgres))(`kills of the gateway that exports and notifies (${kills}), on %s`, (engine) => {
  let gateway: OneProcess
  const [tasks, jobs]: [string[], string[]] = [[], []]
  let subscription = ''
  let promised = 0

  beforeAll(async () => {
    heard.length = 0
    gateway = await oneProcess(engine, {
      subscriptions: { endpoints: [origin], maxAttempts: 100 },
      rateLimits: { requestsPerMinute: { people: 0 } },
    })
    await gateway.start()
    const { client } = gateway
    await feed(client, 'clinic', [patient('clinic', 1)])
    await feed(client, 'tertiary', [patient('tertiary', 1)])
    await writeConsent(client, 1)
    const person = await personId(client, 1)
    const channel = { type: 'rest-hook', endpoint: `${origin}/hook`, payload: 'application/fhir+json' }
    const criteria = 'https://care-network.kr/fhir/SubscriptionTopic/referral-task'
    const made = await client
      .as('tertiary-system')
      .post('Subscription', { resourceType: 'Subscription', status: 'requested', reason: 'worklist', criteria, channel })
    subscription = made.body.id ?? ''
    await until('the handshake', async () =>
      (await client.as('tertiary-system').get(`Subscription/${subscription}`)).body.status === 'active' ? true : undefined,
    )
    await gateway.kill()
    await gateway.database(({ sql }) => fillRecords(sql, { institution: 'clinic', persons: [person], count: many }))
  }, 240_000)
  afterAll(async () => gateway.close())

  const refer = async (name: string): Promise<void> => {
    const sent = await answered(gateway.client.as('clinic-system').post('', referral(name, 1)))
    if (sent?.status === 200) tasks.push(taskOf(sent))
  }
  const exportAll = async (): Promise<void> => {
    const kicked = await answered(gateway.client.as('clinic-system').get('Patient/$export', { prefer: 'respond-async' }))
    if (kicked?.status === 202) jobs.push(kicked.headers.get('content-location')?.split('/fhir/R4/')[1] ?? '')
  }

  test(
    `seed ${seed}: what was promised is there after each of them`,
    async () => {
      const random = randomFrom(seed)
      for (let turn = 0; turn < kills; turn += 1) {
        await gateway.start()
        const work = [exportAll(), ...[1, 2, 3].map((each) => refer(`${turn}-${each}`))]
        await sleep(random() * longestLifeMs)
        await gateway.kill()
        await Promise.all(work)
        // three at a time may be asked for: each is read to its end before the next
        await gateway.start()
        for (const job of jobs.splice(0)) await wholeExport(job)
        await gateway.kill()
      }
      // so that neither proof is empty: one of each that nothing disturbed
      await gateway.start()
      await Promise.all([refer('last'), exportAll()])
      for (const job of jobs.splice(0)) await wholeExport(job)
      expect(promised).toBeGreaterThan(0)
      await toldOnce()
    },
    120_000 + kills * 30_000,
  )

  async function wholeExport(job: string): Promise<void> {
    const system = gateway.client.as('clinic-system')
    const manifest = await until('the manifest', async () => {
      const reply = await system.get(job)
      expect([200, 202]).toContain(reply.status)
      // what a manifest holds is what the test checks
      return reply.status === 200 ? (JSON.parse(reply.text) as { output: readonly { url: string }[] }) : undefined
    })
    const names: string[] = []
    for (const { url } of manifest.output) {
      const { text } = await system.get(url.split('/fhir/R4/')[1] ?? '', { accept: 'application/fhir+ndjson' })
      for (const [name] of text.matchAll(/"many-\d+"/g)) names.push(name)
    }
    expect([names.length, new Set(names).size]).toEqual([many, many])
    promised += 1
    expect((await system.delete(job)).status).toBe(202)
  }

  async function toldOnce(): Promise<void> {
    const asker = gateway.client.as('tertiary-system')
    const count = await until('every event to be told', async () => {
      const { text } = await asker.get(`Subscription/${subscription}/$status`)
      const total = Number(/"events-since-subscription-start","valueString":"(\d+)"/.exec(text)?.[1])
      return heard.some(({ number }) => Number(number) === total) &&
        tasks.every((task) => heard.some(({ focus }) => focus === `Task/${task}`))
        ? total
        : undefined
    })
    const numbers = [...new Set(heard.map(({ number }) => Number(number)))].toSorted((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: count }, (_, at) => at + 1))
    const notices = Map.groupBy(heard, ({ number }) => number)
    expect([...notices.values()].filter((told) => new Set(told.map(({ id, focus }) => `${id} ${focus}`)).size > 1)).toEqual([])
    expect(tasks.length).toBeGreaterThan(0)
  }
})
