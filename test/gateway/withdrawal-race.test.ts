/** Promise 3: a request received after the reply to a withdrawal began never shows the data. */
import { beforeAll, expect, test } from '@jest/globals'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, found, openEncounter, patient, personId, withdraw, writeConsent } from './records.ts'

const canary = 'Zq7canary'

eachGateway('reads that race with a withdrawal', { isSameOnBoth: true }, (gateway) => {
  let person = ''
  const doctor = () => gateway().as('tertiary-doctor')
  beforeAll(async () => {
    const told = (id: string) => condition(id, 'C-0001', 'I10', { note: [{ text: canary }] })
    await feed(gateway(), 'clinic', [patient('clinic', 1), told('r-1'), told('r-2'), told('r-3')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    person = await personId(gateway(), 1)
  })

  test.each([1, 2, 3])('round %i: what was asked after the withdrawal was answered shows nothing, by whatever address', async () => {
    const consent = await writeConsent(gateway(), 1)
    const first = await doctor().get(`Condition?patient=${person}&_count=1`)
    expect([first.body.total, first.text.includes(canary)]).toEqual([3, true])
    const record = found(first)[0]?.id ?? ''
    const next = first.body.link?.find((link) => link.relation === 'next')?.url.split('/fhir/R4/')[1] ?? ''
    const paths = [
      `Condition?patient=${person}`,
      `Condition/${record}`,
      `Condition/${record}/_history`,
      next,
      `Patient/${person}/$everything`,
      `Patient/${person}/$summary`,
    ]
    const seen: { readonly askedAtMs: number; readonly path: string; readonly shows: boolean; readonly status: number }[] = []
    let answeredAtMs = Number.POSITIVE_INFINITY
    const reader = async (start: number): Promise<void> => {
      for (let at = start; performance.now() < answeredAtMs + 60; at += 1) {
        const [path = '', askedAtMs] = [paths[at % paths.length], performance.now()]
        const reply: Reply = await doctor().get(path)
        seen.push({ askedAtMs, path, shows: reply.text.includes(canary), status: reply.status })
      }
    }
    const officer = async (): Promise<void> => {
      while (seen.length < 8) await new Promise((resolve) => setImmediate(resolve))
      expect((await withdraw(gateway(), 1, consent)).status).toBe(200)
      answeredAtMs = performance.now()
    }
    await Promise.all([reader(0), reader(2), reader(4), officer()])
    expect(seen.some(({ shows }) => shows)).toBe(true)
    expect(seen.filter(({ askedAtMs, shows }) => askedAtMs > answeredAtMs && shows)).toEqual([])
    for (const path of paths) {
      const reply = await doctor().get(path)
      expect({ path, shows: reply.text.includes(canary), isFault: reply.status >= 500 }).toEqual({ path, shows: false, isFault: false })
    }
    expect(seen.filter(({ status }) => ![200, 404].includes(status))).toEqual([])
  })
})
