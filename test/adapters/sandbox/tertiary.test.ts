import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { seedResources } from '../../../adapters/sandbox/tertiary/seed.ts'
import { startTertiary } from '../../../adapters/sandbox/tertiary/start.ts'
import { type TertiaryUnderTest, openTertiary } from '../fhir-rest/tertiary-harness.ts'

describe('the university hospital of the sandbox', () => {
  let emr: TertiaryUnderTest
  beforeAll(async () => {
    emr = await openTertiary()
  })
  afterAll(() => emr.close())

  const ids = async (path: string) => {
    const { body } = await emr.fhir('GET', path)
    return body.resourceType === 'Bundle' ? (body.entry ?? []).map((entry) => entry.resource?.id) : [body.resourceType]
  }

  test('it knows the people of its stories and nobody else, and has 2, 3, 4, 5 and 9 under care', async () => {
    expect(new Set(await ids('Patient?_count=100'))).toEqual(new Set([1, 2, 3, 4, 5, 6, 9].map((number) => `pt-100${number}`)))
    const { body } = await emr.fhir('GET', 'Encounter?status=in-progress')
    const encounters = body.resourceType === 'Bundle' ? (body.entry ?? []).flatMap((entry) => entry.resource ?? []) : []
    const now = encounters.flatMap((each) =>
      each.resourceType === 'Encounter' ? [`${each.subject?.reference?.at(-1)} ${each.class.code}`] : [],
    )
    expect(now.toSorted()).toEqual(['2 IMP', '3 AMB', '4 AMB', '5 AMB', '9 EMER'])
  })

  test.each([
    ['Patient?name=강&birthdate=1968-04-17', ['pt-1001']],
    ['Patient?identifier=urn:oid:1.2.410.100110.10.01100003|T-0005', ['pt-1005']],
    ['Condition?patient=pt-1009&code=R40.2', ['co-9-2-1']],
    ['Condition?patient=Patient/pt-1009&category=진단&_sort=-_lastUpdated&_count=1', ['co-9-2-1']],
    ['Patient?_lastUpdated=gt2999-01-01', []],
    ['Patient?favourite=blue', ['OperationOutcome']],
  ])('search %s', async (path, expected) => {
    expect(await ids(path)).toEqual(expected)
  })

  test('pages join without loss', async () => {
    const seen: (string | undefined)[] = []
    for (let path = 'Observation?_count=4'; path !== '';) {
      const { body } = await emr.fhir('GET', path)
      if (body.resourceType !== 'Bundle') throw new Error('expected a Bundle')
      seen.push(...(body.entry ?? []).map((entry) => entry.resource?.id))
      path = body.link?.find((link) => link.relation === 'next')?.url.replace(`${emr.url}/`, '') ?? ''
    }
    expect(seen.length).toBe(new Set(seen).size)
    expect(seen.length).toBe(seedResources(new Date()).filter((resource) => resource.resourceType === 'Observation').length)
  })

  test('a transaction is all or nothing, and a reference to nowhere is refused by its path', async () => {
    const task = (id: string, patient: string) => ({
      resource: { resourceType: 'Task', id, status: 'requested', intent: 'order', for: { reference: patient } },
      request: { method: 'PUT', url: `Task/${id}` },
    })
    const refused = await emr.fhir('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [task('t-1', 'Patient/pt-1001'), task('t-2', 'Patient/nobody')],
    })
    expect(refused.status).toBe(422)
    expect(refused.body).toMatchObject({ issue: [{ expression: ['Task.for'] }] })
    expect((await emr.fhir('GET', 'Task/t-1')).status).toBe(404)
  })

  test('the desk takes only lawful steps, and keeps every version', async () => {
    await emr.fhir('PUT', 'Task/t-3', { resourceType: 'Task', id: 't-3', status: 'requested', intent: 'order' })
    expect((await emr.desk('POST', 'tasks/t-3/complete', { report: 'x' })).status).toBe(409)
    expect((await emr.desk('POST', 'tasks/t-3/reject')).status).toBe(400)
    expect((await emr.desk('POST', 'tasks/t-3/accept')).status).toBe(200)
    expect((await emr.desk('POST', 'tasks/t-3/complete', { report: '소견' })).body).toMatchObject({ status: 'completed' })
    expect((await emr.fhir('GET', 'Task/t-3/_history')).body).toMatchObject({ total: 3 })
    expect((await emr.desk('POST', 'tasks/t-0/accept')).status).toBe(404)
    expect((await emr.desk('POST', 'faults', { mode: 'fire' })).status).toBe(400)
    expect((await emr.desk('GET', 'health')).body).toEqual({ status: 'ok' })
  })

  test('without its token a caller learns nothing', async () => {
    expect((await fetch(`${emr.url}/Patient/pt-1001`)).status).toBe(401)
    expect((await fetch(`${emr.url}/metadata`)).status).toBe(200)
  })

  test('no chart reaches into the future, at any hour of the day it is written for', () => {
    for (const hour of ['00:10', '06:00', '23:50']) {
      const now = new Date(`2026-03-02T${hour}:00+09:00`)
      const times = JSON.stringify(seedResources(now)).match(/\d{4}-\d\d-\d\dT[\d:]{8}\+09:00/g) ?? []
      expect(times.length).toBeGreaterThan(50)
      expect(times.filter((time) => Date.parse(time) > now.getTime())).toEqual([])
    }
  })
})

test('what the hospital wrote is there after it was switched off and on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tertiary-'))
  const config = { port: 0, deskPort: 0, token: 't', dataFile: join(folder, 'emr.db'), now: new Date(), fault: 'none' } as const
  const headers = { authorization: 'Bearer t', 'content-type': 'application/fhir+json' }
  const first = await startTertiary(config)
  await fetch(`${first.url}/Task/t-1`, {
    method: 'PUT',
    headers,
    body: '{"resourceType":"Task","id":"t-1","status":"requested","intent":"order"}',
  })
  await first.close()
  const second = await startTertiary(config)
  expect((await fetch(`${second.url}/Task/t-1`, { headers })).status).toBe(200)
  await second.close()
  rmSync(folder, { recursive: true })
})

test('the program says where it is on one line and ends cleanly when told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tertiary-'))
  const file = join(folder, 'tertiary.json')
  writeFileSync(file, JSON.stringify({ token: 't', dataFile: join(folder, 'emr.db'), fault: 'hang' }))
  const main = fileURLToPath(new URL('../../../adapters/sandbox/tertiary/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const [line] = await once(child.stdout, 'data')
  lines.push(String(line))
  child.stdout.on('data', (more) => lines.push(String(more)))
  const [, url = '', desk = ''] =
    /^tertiary EMR (http:\/\/127\.0\.0\.1:\d+\/fhir) desk (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line)) ?? []
  expect((await fetch(`${desk}/health`)).status).toBe(200)
  const hanging = fetch(`${url}/metadata`).then(
    () => 'answered',
    () => 'cut',
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect([code, lines.length, await hanging]).toEqual([0, 1, 'cut'])
  rmSync(folder, { recursive: true })
})

test('a configuration with faults names them all and starts nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tertiary-'))
  const file = join(folder, 'tertiary.json')
  writeFileSync(file, JSON.stringify({ port: -1, fault: 'fire', colour: 'red' }))
  const { readTertiaryConfig } = await import('../../../adapters/sandbox/tertiary/config.ts')
  expect(() => readTertiaryConfig(file)).toThrow('`colour` is not a known key; `port` must be a port number; `token` must be text')
  rmSync(folder, { recursive: true })
})
