/**
 * Hostile input from public lists, over HTTP at our own routes: broken and odd JSON, strings that broke others, injections, traversals,
 * prototype pollution. No 5xx, no match, nothing written, nothing slow. Every tenth or so of it in `npm test`, all of it in `npm run prove`.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isUtf8 } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeShared, sharedFiles } from '../fhir-profiles/shared.ts'
import { hasPostgres } from '../support/databases.ts'
import type { Asker, Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale, scale } from '../support/proof.ts'
import { feed, observation, patient } from './records.ts'

const slowMs = 2_000
/** How many of a list are sent: each n-th, the same ones in every run. */
const some = <T>(list: readonly T[], wanted: number): readonly T[] =>
  scale > 1 ? list : list.filter((_, at) => at % Math.max(1, Math.ceil(list.length / wanted)) === 0)

const linesOf = (folder: string): readonly string[] =>
  sharedFiles(`attacks/${folder}`, '.txt').flatMap(({ bytes }) =>
    bytes
      .toString('utf8')
      .split(/\r?\n/)
      .filter((line) => line !== ''),
  )

/** One payload a line, as `payload` says. */
const pollutions = sharedFiles('attacks/prototype-pollution', '.jsonl').flatMap(({ bytes }) =>
  [...bytes.toString('utf8').matchAll(/"payload":("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) => String(JSON.parse(text))),
)

describeShared('hostile input', () => {
  describe.each(enginesAtThisScale(hasPostgres))('on %s', (engine) => {
    let running: TestGateway | undefined
    const gateway = (): TestGateway => {
      if (running === undefined) throw new Error('the gateway has not started')
      return running
    }
    const system = (): Asker => gateway().as('clinic-system')
    const clean = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))

    beforeAll(async () => {
      running = await startTestGateway(engine, { limits: { maxBodyBytes: 1_000_000 } })
      await feed(running, 'clinic', [patient('clinic', 1), observation('kept', 'C-0001')])
    }, 120_000)
    afterAll(async () => running?.close())

    /** In time, no fault of ours, and nothing of any object changed. */
    const harmless = async (what: string, ask: () => Promise<Reply>): Promise<Reply> => {
      const startedAt = performance.now()
      const reply = await ask()
      expect([what, reply.status < 500, performance.now() - startedAt < slowMs * (scale > 1 ? 1 : 3)]).toEqual([what, true, true])
      return reply
    }
    const unchanged = async (): Promise<void> => {
      expect((await system().get('Observation/kept')).headers.get('etag')).toBe('W/"1"')
      expect((await system().get('Patient?_count=0')).body.total).toBe(1)
      expect(JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))).toBe(clean)
      expect((await gateway().raw('/health/ready')).status).toBe(200)
    }

    test('JSON that is none is refused, and JSON that is no resource too', async () => {
      for (const { name, bytes } of some(sharedFiles('attacks/json-parsing'), 40)) {
        const reply = await harmless(name, () => system().send('POST', 'Patient', { 'content-type': 'application/fhir+json' }, bytes))
        expect([name, reply.status, reply.body.resourceType]).toEqual([name, 400, 'OperationOutcome'])
      }
      await unchanged()
    }, 600_000)

    test('fuzzed JSON and payloads against prototypes are refused as body, as patch and as query', async () => {
      const payloads = [...linesOf('json-fuzz'), ...pollutions]
      for (const payload of some(payloads, 15)) {
        const what = payload.slice(0, 60)
        const reply = await harmless(what, () => system().post('Patient', payload))
        expect([what, reply.status >= 400]).toEqual([what, true])
        // no operations at all are a patch, and every write is a version
        if (payload.trim() !== '[]') await harmless(what, () => system().patch('Observation/kept', payload))
        await harmless(what, () => system().get(`Patient?${encodeURI(payload.slice(0, 2_000).replaceAll('#', ''))}`))
      }
      await unchanged()
    }, 600_000)

    test('strings that broke others come back as they were sent, or are refused', async () => {
      const strings: readonly unknown[] = sharedFiles('attacks/naughty-strings').flatMap(({ bytes }) => JSON.parse(bytes.toString('utf8')))
      for (const [at, text] of some(strings, 25).entries()) {
        if (typeof text !== 'string') continue
        const what = `${at} ${JSON.stringify(text).slice(0, 60)}`
        const put = await harmless(what, () =>
          system().put('Basic/naughty', { resourceType: 'Basic', id: 'naughty', code: { text }, subject: { reference: 'Patient/C-0001' } }),
        )
        if (put.status < 300) expect([what, (await system().get('Basic/naughty')).body['code']]).toEqual([what, { text }])
        else expect([what, put.status]).toEqual([what, 400])
      }
      await unchanged()
    }, 600_000)

    test('injections as value of a parameter, as id, as criteria and as header match nothing', async () => {
      for (const line of some(linesOf('injection'), 25)) {
        const value = encodeURIComponent(isUtf8(Buffer.from(line)) ? line.toWellFormed() : '')
        const what = line.slice(0, 60)
        for (const path of [
          `Observation?code=${value}`,
          `Patient?name=${value}`,
          `Observation?_id=${value}`,
          `Patient?identifier=${value}`,
        ]) {
          const reply = await harmless(`${what} at ${path.split('?')[0]}`, () => system().get(path))
          if (reply.status === 200 && !path.includes('name=')) expect([what, reply.body.total]).toEqual([what, 0])
        }
        const deleted = await harmless(what, () => system().delete(`Observation?identifier=${value}`))
        expect([what, [204, 400].includes(deleted.status)]).toEqual([what, true])
        const read = await harmless(what, () => system().get(`Observation/${value}`))
        expect([what, [400, 404].includes(read.status) || value.length === 0 || read.body.id !== 'kept']).toEqual([what, true])
        if (/^[\x20-\x7e]*$/.test(line))
          await harmless(what, () => system().get('Observation/kept', { 'if-none-match': line, prefer: line }))
      }
      await unchanged()
    }, 600_000)

    test('traversals as id open no file', async () => {
      for (const line of some(linesOf('path-traversal'), 30)) {
        const what = line.slice(0, 60)
        for (const path of [`Binary/${encodeURIComponent(line.toWellFormed())}`, `Binary/${line.replaceAll(/[^\x21-\x7e]/g, '')}`]) {
          const reply = await harmless(what, () => system().get(path))
          expect([what, reply.text.includes('root:') || reply.text.includes('[boot loader]')]).toEqual([what, false])
          expect([what, reply.status >= 400 || reply.body.resourceType === 'Bundle' || reply.status === 200]).toEqual([what, true])
        }
      }
      await unchanged()
    }, 600_000)

    test('a Bundle beyond the size that is taken is refused before it is read', async () => {
      let sent = 0
      const chunk = Buffer.alloc(65_536, 32)
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += chunk.length
          if (sent > 100_000_000) controller.close()
          else controller.enqueue(chunk)
        },
      })
      const headers = { authorization: `Bearer ${await system().token()}`, 'content-type': 'application/fhir+json' }
      const streamed = fetch(`${gateway().url}/fhir/R4`, { method: 'POST', headers, body, duplex: 'half' })
      // a connection that is closed while the client still writes may show as a broken one: what counts is that nobody read on
      const status = await streamed.then((response) => response.status).catch(() => 413)
      expect([status, sent < 20_000_000]).toEqual([413, true])
      const announced = await gateway()
        .raw('/fhir/R4', { method: 'POST', headers, body: Buffer.alloc(2_000_000, 32) })
        .catch(() => undefined)
      expect(announced?.status ?? 413).toBe(413)
      await unchanged()
    }, 60_000)
  })
})

// The lists are folders of files with endings of their own; one that is missing would make a test of nothing.
describeShared('the lists of hostile input', () => {
  test.each(['json-parsing', 'json-fuzz', 'prototype-pollution', 'naughty-strings', 'injection', 'path-traversal'])(
    '%s is there',
    (name) => {
      const folder = fileURLToPath(new URL('../../../shared/cases/attacks', import.meta.url))
      expect(readdirSync(join(folder, name)).length).toBeGreaterThan(0)
    },
  )
})
