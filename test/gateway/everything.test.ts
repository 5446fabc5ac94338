/** `$everything` in pages: nothing twice, nothing left out, bounded in memory, and a link is good for whom it was made. */
import { beforeAll, expect, test } from '@jest/globals'
import { hasPostgres, withoutPostgres } from '../support/databases.ts'
import type { Asker, Body, Reply, TestGateway } from '../support/gateway-client.ts'
import { eachGateway, startTestGateway } from '../support/gateway.ts'
import { scale } from '../support/proof.ts'
import { condition, feed, observation, openEncounter, patient, personId, writeConsent } from './records.ts'
import { fillRecords } from './many-records.ts'

const linkOf = ({ body }: Reply): string | undefined => body.link?.find(({ relation }) => relation === 'next')?.url.split('/fhir/R4/')[1]
const shown = ({ body }: Reply): readonly Body[] =>
  (body.entry ?? []).flatMap(({ resource, search }) => (resource === undefined || search?.mode === 'outcome' ? [] : [resource]))

/** Every page of it, in order. */
async function walked(asker: Asker, path: string): Promise<readonly Reply[]> {
  const replies: Reply[] = []
  for (let next: string | undefined = path; next !== undefined;) {
    const reply: Reply = await asker.get(next)
    expect({ status: reply.status, issue: reply.body.issue }).toEqual({ status: 200, issue: undefined })
    replies.push(reply)
    next = linkOf(reply)
  }
  return replies
}

const namesIn = (replies: readonly Reply[]): readonly string[] =>
  replies.flatMap(shown).map(({ resourceType, id }) => `${resourceType}/${id}`)

eachGateway('$everything', {}, (gateway) => {
  let person = ''
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), ...[1, 2, 3, 4, 5].map((n) => condition(`c${n}`, 'C-0001', 'I10'))])
    await feed(gateway(), 'clinic', [{ resourceType: 'Organization', id: 'lab', name: 'a laboratory' }])
    await feed(gateway(), 'clinic', [observation('o1', 'C-0001', { performer: [{ reference: 'Organization/lab' }] })])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01'), condition('t1', 'T-0001', 'E11')])
    await writeConsent(gateway(), 1)
    person = await personId(gateway(), 1)
  })

  test.each(['tertiary-doctor', 'clinic-doctor', 'patient-1'])('shows %s each record once, whatever the size of a page', async (name) => {
    const asker = gateway().as(name)
    const [whole] = await walked(asker, `Patient/${person}/$everything`)
    if (whole === undefined) throw new Error('there is a first page')
    expect(whole.body.total).toBe(shown(whole).length)
    for (const count of [1, 2, 3]) {
      const pages = await walked(asker, `Patient/${person}/$everything?_count=${count}`)
      expect(namesIn(pages)).toEqual(namesIn([whole]))
      expect(pages.length).toBeGreaterThan(1)
      // the person is composed on the first page, beside its records
      expect(pages.every((page, at) => shown(page).length <= count + (at === 0 ? 1 : 0))).toBe(true)
    }
  })

  test('shows a system its own records, and then what they refer to', async () => {
    const asker = gateway().as('clinic-system')
    const whole = await walked(asker, 'Patient/C-0001/$everything')
    expect(namesIn(whole).slice(0, 1)).toEqual(['Patient/C-0001'])
    expect(namesIn(whole)).toContain('Organization/lab')
    const pages = await walked(asker, 'Patient/C-0001/$everything?_count=2')
    expect(namesIn(pages)).toEqual(namesIn(whole))
    expect(pages.every((page) => shown(page).length <= 2)).toBe(true)
    // what another institution holds of the person takes no room
    expect(pages.slice(0, -1).map((page) => shown(page).length)).toEqual(pages.slice(0, -1).map(() => 2))
  })

  test('brings by `_since` what was written from then on, and by `_type` what was asked, in address or body', async () => {
    const asker = gateway().as('clinic-system')
    const { body } = await asker.get('Observation/o1')
    const since = encodeURIComponent(body.meta?.lastUpdated ?? '')
    expect(namesIn(await walked(asker, `Patient/C-0001/$everything?_since=${since}`))).toEqual(['Observation/o1'])
    expect(namesIn(await walked(asker, `Patient/C-0001/$everything?_type=Observation,Patient`))).toEqual([
      'Patient/C-0001',
      'Observation/o1',
    ])
    const parameters = { resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Observation' }] }
    expect(namesIn([await asker.post('Patient/C-0001/$everything', parameters)])).toEqual(['Observation/o1'])
    const later = await gateway().as('clinic-doctor').get(`Patient/${person}/$everything?_since=2999-01-01`)
    expect([later.status, shown(later)]).toEqual([200, []])
  })

  test.each([
    ['_since=yesterday', 'bad-date'],
    ['_count=0', 'bad-count'],
    ['_count=x', 'bad-count'],
    ['_type=Sandwich', 'unknown-type'],
    ['start=2020', 'unsupported-parameter'],
    ['_page=abc', 'page-link'],
  ])('refuses %s by name', async (query, id) => {
    const reply = await gateway().as('clinic-doctor').get(`Patient/${person}/$everything?${query}`)
    expect([reply.status, reply.body.issue?.[0]?.details?.coding?.[0]?.code]).toEqual([400, id])
  })

  test('makes page links for one caller and one person, and judges each page by the consents of its moment', async () => {
    const asker = gateway().as('tertiary-doctor')
    const first = await asker.get(`Patient/${person}/$everything?_count=2`)
    const link = linkOf(first) ?? ''
    expect(link).toMatch(/_page=/)
    expect((await gateway().as('clinic-doctor').get(link)).status).toBe(400)
    expect((await asker.get(link.replace(person, 'nobody'))).status).not.toBe(200)
    const consents = await gateway().as('patient-1').get('Consent')
    const consent = consents.body.entry?.[0]?.resource ?? {}
    const withdrawn = { ...consent, status: 'inactive' }
    const put = await gateway()
      .as('patient-1')
      .put(`Consent/${consent.id}`, withdrawn, { 'if-match': `W/"${consent.meta?.versionId}"` })
    expect(put.status).toBe(200)
    const rest = await walked(asker, link)
    expect(rest.flatMap(shown).filter(({ resourceType }) => resourceType === 'Observation')).toEqual([])
    expect(rest.map(({ text }) => text).join('')).not.toContain('I10')
  })
})

const manyRecords = scale > 1 ? 50_000 : 3_000
;(hasPostgres ? test : test.skip)(
  `$everything of ${manyRecords} records takes no more than 300 MB besides${hasPostgres ? '' : ` ${withoutPostgres}`}`,
  async () => {
    const gateway: TestGateway = await startTestGateway('PostgreSQL')
    try {
      await feed(gateway, 'clinic', [patient('clinic', 1)])
      const person = await personId(gateway, 1)
      await fillRecords(gateway.context.store.sql, { institution: 'clinic', persons: [person], count: manyRecords })
      const before = process.memoryUsage().rss
      let [most, seen] = [before, 0]
      for (let next: string | undefined = `Patient/${person}/$everything`; next !== undefined;) {
        const reply: Reply = await gateway.as('clinic-doctor').get(next)
        seen += shown(reply).length
        most = Math.max(most, process.memoryUsage().rss)
        next = linkOf(reply)
      }
      expect(seen).toBe(manyRecords + 1)
      expect((most - before) / 1_048_576).toBeLessThan(300)
    } finally {
      await gateway.close()
    }
  },
  600_000,
)

eachGateway('$meta', { isSameOnBoth: true }, (gateway) => {
  test('is the meta of a record as a read shows it, and of what is hidden as of what is not there', async () => {
    await feed(gateway(), 'clinic', [
      patient('clinic', 1),
      condition('c1', 'C-0001', 'I10', { meta: { tag: [{ system: 'urn:t', code: 'x' }] } }),
    ])
    const system = gateway().as('clinic-system')
    const read = await system.get('Condition/c1')
    const meta = await system.get('Condition/c1/$meta')
    expect(meta.body).toEqual({ resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: read.body.meta }] })
    expect([meta.headers.get('etag'), (await system.get('Condition/c1/$meta', { 'if-none-match': 'W/"1"' })).status]).toEqual([
      'W/"1"',
      304,
    ])
    const person = await personId(gateway(), 1)
    expect((await gateway().as('clinic-doctor').get(`Patient/${person}/$meta`)).status).toBe(200)
    const shown = (await gateway().as('clinic-doctor').get('Condition?patient=C-0001')).body.entry?.[0]?.resource?.id ?? ''
    const [hidden, never] = [shown, 'nothing'].map((id) => gateway().as('hospital-doctor').get(`Condition/${id}/$meta`))
    expect([(await hidden)?.status, (await hidden)?.text]).toEqual([404, (await never)?.text])
    expect((await gateway().as('auditor').get(`Condition/${shown}/$meta`)).status).toBe(403)
  })
})
