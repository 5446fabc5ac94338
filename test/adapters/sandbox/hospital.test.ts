import { afterEach, describe, expect, test } from '@jest/globals'
import { request } from 'node:http'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { startHospital } from '../../../adapters/sandbox/hospital/hospital.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { ackFor, all, only, receiver, resources } from '../hl7v2-mllp/bench.ts'
import { cleanUp, cleanups, folder, get, post, running, seeded, until } from './hospital-bench.ts'

afterEach(cleanUp)

describe('한빛종합병원 sends what it knows', () => {
  test('every seeded person with visits, diagnoses and results, all of it valid R4, visits before results', async () => {
    const { gateway } = await running()
    await until(() => gateway.taken.length === seeded)
    expect(gateway.taken.flatMap((parcel) => resources(parcel).flatMap((resource) => validate(resource)))).toEqual([])
    expect(gateway.taken.flatMap(({ gaps }) => gaps)).toEqual([])
    const people = new Set(gateway.taken.flatMap((parcel) => all(parcel, 'Patient').map(({ id }) => id)))
    expect([...people]).toEqual(['H-0001', 'H-0002', 'H-0003', 'H-0004', 'H-0005', 'H-0006', 'H-0008', 'H-0009'])
    const visits = new Set<string>()
    for (const parcel of gateway.taken) {
      for (const encounter of all(parcel, 'Encounter')) visits.add(`Encounter/${encounter.id}`)
      for (const observation of all(parcel, 'Observation')) expect(visits).toContain(observation.encounter?.reference)
    }
  })

  test('person 4 has a psychiatric visit (department 03) with its diagnosis and results, and another one beside it', async () => {
    const { gateway } = await running()
    await until(() => gateway.taken.length === seeded)
    const own = gateway.taken
      .flatMap((parcel) => resources(parcel))
      .filter((resource) => JSON.stringify(resource).includes('Patient/H-0004'))
    const visit = own.find((resource) => resource.resourceType === 'Encounter' && resource.serviceType?.coding?.[0]?.code === '03')
    expect(visit).toMatchObject({
      status: 'finished',
      serviceType: { coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/hira-medical-department' }] },
    })
    const within = own.filter((resource) => JSON.stringify(resource).includes(`"Encounter/${visit?.id}"`))
    expect(within.find((resource) => resource.resourceType === 'Condition')).toMatchObject({ code: { coding: [{ code: 'F32.1' }] } })
    expect(within.filter((resource) => resource.resourceType === 'Observation').length).toBe(2)
    // a result names its visit too
    expect(new Set(own.flatMap((resource) => (resource.resourceType === 'Encounter' ? [resource.id] : []))).size).toBe(2)
  })

  test('results in CP949, everything else in UTF-8, as its systems are', async () => {
    const peer = await receiver((message) => ackFor(message))
    cleanups.push(() => peer.close())
    const hospital = await startHospital({
      dataFile: join(folder(), 'h.db'),
      listenPort: 0,
      deskPort: 0,
      peer: { host: '127.0.0.1', port: peer.port },
      clockOffsetMs: 0,
    })
    cleanups.push(() => hospital.close())
    await until(() => peer.received.length === seeded)
    for (const bytes of peer.received) {
      const isResult = bytes.includes('ORU^R01')
      expect(bytes.toString('latin1')).toContain(isResult ? '|KS X 1001' : '|UNICODE UTF-8')
      expect(isResult ? iconv.decode(bytes, 'cp949') : bytes.toString('utf8')).toMatch(/\|[가-힣]\^[가-힣]{2}\^/)
    }
  })

  test('until it is acknowledged, and never again after', async () => {
    let tries = 0
    const { gateway, offered } = await running(() => {
      tries += 1
      return tries % 3 === 1 ? { outcome: 'transient', reason: 'busy' } : undefined
    })
    await until(() => gateway.taken.length === seeded, 30_000)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(new Set(gateway.taken.map(({ id }) => id)).size).toBe(seeded)
    expect(gateway.taken.length).toBe(seeded)
    expect(offered.length).toBeGreaterThan(seeded)
  }, 60_000)

  test('what is refused for good waits for a person and does not hold up the rest; it can be sent again', async () => {
    let isMended = false
    const { hospital, gateway } = await running((parcel) =>
      !isMended && all(parcel, 'Patient').some(({ id }) => id === 'H-0003') && all(parcel, 'DiagnosticReport').length === 0
        ? { outcome: 'fatal', reason: 'not valid', where: 'PID-8' }
        : undefined,
    )
    await until(() => gateway.taken.length === seeded - 1)
    const outbox = await get(hospital, '/outbox')
    const refused = Array.isArray(outbox) ? outbox.filter((row: { state: string }) => row.state === 'refused') : []
    expect(refused).toMatchObject([{ kind: 'ADT^A04', answer: expect.stringContaining('PID.1.8') }])
    isMended = true
    expect((await post(hospital, `/outbox/${String(refused[0].control_id)}/resend`)).status).toBe(202)
    await until(() => gateway.taken.length === seeded)
  })

  test('one more result when the laboratory has one', async () => {
    const { hospital, gateway } = await running()
    await until(() => gateway.taken.length === seeded)
    expect(
      (await post(hospital, '/patients/H-0001/results', { code: '2160-0', name: '크레아티닌', value: '0.80', unit: 'mg/dL' })).status,
    ).toBe(201)
    await until(() => gateway.taken.length === seeded + 1)
    const last = gateway.taken.at(-1)
    expect(last === undefined ? undefined : only(last, 'Observation')).toMatchObject({
      subject: { reference: 'Patient/H-0001' },
      code: { coding: [{ code: '2160-0' }] },
    })
  })
})

describe('the desk', () => {
  test.each([
    ['/referrals', { patientNumber: 'H-0001' }, 400],
    ['/referrals', { patientNumber: 'H-7777', department: '01', reason: 'x' }, 404],
    ['/referrals/none/accept', {}, 404],
    ['/patients/H-7777/results', {}, 404],
    ['/outbox/none/resend', {}, 404],
    ['/nowhere', {}, 404],
    ['/referrals', [], 400],
  ])('%s with %j is answered with %i', async (path, body, status) => {
    const { hospital } = await running()
    expect((await post(hospital, path, body)).status).toBe(status)
  })

  test('serves this machine only, under its own name', async () => {
    const { hospital } = await running()
    const { port } = new URL(hospital.deskUrl)
    const status = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/referrals', headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(403)
  })
})
