/** Bulk export: asked for, written, downloaded line by line under the consents of the moment, gone when it is removed or expires. */
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { exportNext, fileBounds } from '../../gateway/export.ts'
import type { ExportJob } from '../../gateway/store/export-jobs.ts'
import { bulkExports, type ExportKey } from '../../gateway/store/exports.ts'
import { hasPostgres, openTestDatabase, withoutPostgres } from '../support/databases.ts'
import type { Asker, Reply, TestGateway } from '../support/gateway-client.ts'
import { eachGateway, startTestGateway } from '../support/gateway.ts'
import { cases, scale } from '../support/proof.ts'
import { fillRecords } from './many-records.ts'
import { condition, feed, observation, openEncounter, patient, personId, referral, writeConsent } from './records.ts'

const async_ = { prefer: 'respond-async' }

interface Manifest {
  readonly transactionTime: string
  readonly requiresAccessToken: boolean
  readonly request: string
  readonly output: readonly { readonly type: string; readonly url: string }[]
  readonly error: readonly unknown[]
}

const below = (url: string): string => url.split('/fhir/R4/')[1] ?? ''

/** Kick-off until the manifest; the address of the status with it. */
async function exported(
  asker: Asker,
  path: string,
): Promise<{ readonly status: string; readonly manifest: Manifest; readonly reply: Reply }> {
  const kicked = await asker.get(path, async_)
  expect({ status: kicked.status, text: kicked.text }).toEqual({ status: 202, text: '' })
  const status = below(kicked.headers.get('content-location') ?? '')
  for (let look = 0; look < 15_000; look += 1) {
    const reply = await asker.get(status)
    // what a manifest holds is what the tests check
    if (reply.status === 200) return { status, manifest: JSON.parse(reply.text) as Manifest, reply }
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([202, '1'])
    await pause(20)
  }
  throw new Error('the export was not written')
}

async function linesOf(asker: Asker, manifest: Manifest): Promise<readonly string[]> {
  const names: string[] = []
  for (const { type, url } of manifest.output) {
    const reply = await asker.get(below(url), { accept: 'application/fhir+ndjson' })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/fhir+ndjson; charset=utf-8'])
    for (const line of reply.text.split('\n').filter((text) => text !== '')) {
      // every line is a resource, or this throws
      const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string }
      expect(resourceType).toBe(type)
      names.push(`${resourceType}/${id}`)
    }
  }
  return names.toSorted()
}

const issueOf = ({ body }: Reply): string | undefined => body.issue?.[0]?.details?.coding?.[0]?.code

eachGateway('a bulk export', {}, (gateway) => {
  const as = (name: string): Asker => gateway().as(name)
  let person = ''
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [
      patient('clinic', 1),
      patient('clinic', 2),
      condition('c1', 'C-0001', 'I10'),
      condition('c2', 'C-0002', 'E11'),
      observation('o1', 'C-0001'),
      { resourceType: 'Group', id: 'few', type: 'person', actual: true, member: [{ entity: { reference: 'Patient/C-0001' } }] },
    ])
    await feed(gateway(), 'hospital', [patient('hospital', 1), condition('h1', 'H-0001', 'J45')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), patient('tertiary', 2), openEncounter('now', 'T-0002', '01')])
    await writeConsent(gateway(), 1)
    person = await personId(gateway(), 1)
  })

  test('of a system is its own partition, in its own ids', async () => {
    const { manifest, reply } = await exported(as('clinic-system'), 'Patient/$export')
    expect(await linesOf(as('clinic-system'), manifest)).toEqual(
      ['Condition/c1', 'Condition/c2', 'Group/few', 'Observation/o1', 'Patient/C-0001', 'Patient/C-0002'].toSorted(),
    )
    expect(manifest).toMatchObject({ requiresAccessToken: true, error: [], request: `${gateway().url}/fhir/R4/Patient/$export` })
    expect(Date.parse(reply.headers.get('expires') ?? '')).toBeGreaterThan(Date.parse(manifest.transactionTime))
    const since = encodeURIComponent(manifest.transactionTime)
    expect((await exported(as('clinic-system'), `Patient/$export?_since=${since}`)).manifest.output).toEqual([])
  })

  test('of a Group is of its members, of a type asked for of that type', async () => {
    const group = await exported(as('clinic-system'), 'Group/few/$export?_type=Condition,Observation')
    expect(await linesOf(as('clinic-system'), group.manifest)).toEqual(['Condition/c1', 'Observation/o1'])
    for (const id of ['nothing', 'open-referrals'])
      expect((await as('hospital-system').get(`Group/${id}/$export`, async_)).status).toBe(404)
  })

  test('of a doctor names persons, and of the own institution only', async () => {
    const { manifest } = await exported(as('tertiary-doctor'), 'Patient/$export')
    const second = await personId(gateway(), 2)
    const lines = await linesOf(as('tertiary-doctor'), manifest)
    expect(lines.filter((line) => line.startsWith('Patient/'))).toEqual([`Patient/${person}`, `Patient/${second}`].toSorted())
    expect(lines.filter((line) => !line.startsWith('Patient/'))).toHaveLength(1)
  })

  test('of the patients of open referrals holds what their consents disclose, and after a withdrawal the same file does not', async () => {
    const sent = await as('clinic-system').post('', referral('exported', 1))
    expect(sent.status).toBe(200)
    const { manifest } = await exported(as('tertiary-doctor'), 'Group/open-referrals/$export?_type=Condition,Patient')
    expect(manifest.output.map(({ type }) => type).toSorted()).toEqual(['Condition', 'Condition', 'Patient'])
    expect(await linesOf(as('tertiary-doctor'), manifest)).toHaveLength(3)
    const consents = await as('patient-1').get('Consent')
    for (const { resource = {} } of (consents.body.entry ?? []).filter(({ search }) => search?.mode === 'match')) {
      const put = { ...resource, status: 'inactive' }
      const reply = await as('patient-1').put(`Consent/${resource.id}`, put, { 'if-match': `W/"${resource.meta?.versionId}"` })
      expect(reply.status).toBe(200)
    }
    expect(await linesOf(as('tertiary-doctor'), manifest)).toEqual([`Patient/${person}`])
    const entries = await as('auditor').get(`AuditEvent?patient=${person}&_count=50`)
    expect(entries.text).toContain('"code":"export"')
  })

  test('keeps to the version of its moment, and leaves out what was deleted since', async () => {
    await feed(gateway(), 'hospital', [patient('hospital', 2), condition('kept', 'H-0002', 'I10'), condition('gone', 'H-0002', 'I10')])
    const system = as('hospital-system')
    const { manifest } = await exported(system, 'Patient/$export?_type=Condition')
    await feed(gateway(), 'hospital', [condition('kept', 'H-0002', 'E11'), condition('new', 'H-0002', 'E11')])
    expect((await system.delete('Condition/gone')).status).toBe(204)
    expect(await linesOf(system, manifest)).toEqual(['Condition/h1', 'Condition/kept'])
    const text = (await system.get(below(manifest.output[0]?.url ?? ''))).text
    expect([text.includes('I10'), text.includes('E11')]).toEqual([true, false])
  })

  test('is its owner’s alone, and is gone when it is removed or its time is over', async () => {
    const { status, manifest } = await exported(as('clinic-system'), 'Patient/$export')
    const file = below(manifest.output[0]?.url ?? '')
    for (const path of [status, file]) {
      const other = await as('hospital-system').get(path)
      const never = await as('hospital-system').get(path.replaceAll(/[0-9a-f]{8}-/g, '00000000-'))
      expect([other.status, other.text]).toEqual([404, never.text])
    }
    expect((await as('clinic-system').delete(status)).status).toBe(202)
    for (const path of [status, file]) expect((await as('clinic-system').get(path)).status).toBe(404)
    expect((await as('clinic-system').delete(status)).status).toBe(404)
    const again = await exported(as('clinic-system'), 'Patient/$export')
    await gateway().context.store.sql.query('update export_job set expires_ms = 0')
    expect((await as('clinic-system').get(again.status)).status).toBe(404)
    await gateway().context.store.exports.forget(1)
    const { rows } = await gateway().context.store.sql.query<{ left: number }>('select count(*)::int as left from export_file')
    expect(rows[0]?.left).toBe(0)
  })

  test.each([
    ['Patient/$export', {}, 'respond-async'],
    ['Patient/$export?_outputFormat=text/csv', async_, 'output-format'],
    ['Patient/$export?_type=Sandwich', async_, 'unknown-type'],
    ['Patient/$export?_type=Consent', async_, 'type-not-exported'],
    ['Patient/$export?_since=soon', async_, 'bad-date'],
    ['Patient/$export?_typeFilter=Observation%3Fcode%3Dx', async_, 'unsupported-parameter'],
    ['Patient/$export?_elements=id', async_, 'unsupported-parameter'],
  ])('%s is refused by name', async (path, headers, id) => {
    const reply = await as('clinic-system').get(path, headers)
    expect([reply.status, issueOf(reply)]).toEqual([400, id])
  })

  test('is asked for by POST as well, and goes on with a third, not with a fourth at a time', async () => {
    const system = as('tertiary-system')
    const parameters = { resourceType: 'Parameters', parameter: [{ name: '_type', valueString: 'Encounter' }] }
    const kicked: Reply[] = []
    for (let count = 0; count < 3; count += 1) {
      kicked.push(await system.post('Patient/$export', parameters, async_))
      // held back, as if the writing took long
      await gateway().context.store.sql.query(
        `update export_job set state = 'queued', next_ms = 9000000000000000 where institution = 'tertiary' and role = 'system'`,
      )
    }
    expect(kicked.map(({ status }) => status)).toEqual([202, 202, 202])
    const fourth = await system.post('Patient/$export', parameters, async_)
    expect([fourth.status, issueOf(fourth), fourth.headers.get('retry-after')]).toEqual([429, 'export-rate', '10'])
  })
})

const count = scale > 1 ? cases(100_000) : 4_000
const only = hasPostgres ? test : test.skip
describe(`a bulk export of many records ${hasPostgres ? '' : withoutPostgres}`, () => {
  only('has its portions end where they would without what is hidden, however much that is', async () => {
    const { database, close } = await openTestDatabase('PostgreSQL')
    const persons = Array.from({ length: 20 }, (_, at) => `person-${at}`)
    await fillRecords(database.sql, { institution: 'clinic', persons, count: 24_000 })
    const job: ExportJob = {
      id: 'job',
      subject: 'doctor',
      institution: 'clinic',
      role: 'doctor',
      caller: '',
      request: '',
      types: [],
      persons: undefined,
      isOwnOnly: true,
      sinceMs: undefined,
      atMs: 1_800_000_000_000,
      expiresMs: 1_900_000_000_000,
    }
    // one record in twenty: of ten thousand ids that are walked through at a time five hundred
    const view = { condition: { op: 'persons', anyOf: ['person-7'] }, party: undefined } as const
    const portion = (after: string): Promise<readonly ExportKey[]> =>
      bulkExports(database.sql).recordKeys(job, { ...view, institution: 'clinic', type: 'Observation', after, limit: 1_000 })
    const first = await portion('')
    const second = await portion(first.at(-1)?.place ?? '')
    expect([first.length, second.length]).toEqual([1_000, 200])
    expect(new Set([...first, ...second].map(({ key }) => Number(key.split('-')[1]) % 20))).toEqual(new Set([7]))
    expect(await portion(second.at(-1)?.place ?? '')).toEqual([])
    await close()
  })
  only(
    `takes no more than 300 MB besides for ${count} of them, in files of bounded size`,
    async () => {
      const gateway: TestGateway = await startTestGateway('PostgreSQL')
      try {
        await feed(gateway, 'clinic', [patient('clinic', 1), patient('clinic', 2)])
        const persons = [await personId(gateway, 1), await personId(gateway, 2)]
        await fillRecords(gateway.context.store.sql, { institution: 'clinic', persons, count })
        // as deploy/ starts it: a heap that may take what the machine has takes it
        setFlagsFromString('--heap-growing-percent=120')
        const before = process.memoryUsage().rss
        let [most, lines] = [before, 0]
        const { manifest } = await exported(gateway.as('clinic-doctor'), 'Patient/$export')
        for (const { url } of manifest.output) {
          const { status, text } = await gateway.as('clinic-doctor').get(below(url))
          expect(status).toBe(200)
          const own = text.split('\n').length - 1
          expect(own).toBeLessThanOrEqual(fileBounds.lines)
          lines += own
          most = Math.max(most, process.memoryUsage().rss)
        }
        expect(lines).toBe(count + 2)
        expect((most - before) / 1_048_576).toBeLessThan(300)
        expect(await exportNext(gateway.context)).toBe(false)
      } finally {
        await gateway.close()
      }
    },
    3_600_000,
  )
})
