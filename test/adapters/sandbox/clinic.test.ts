import { afterEach, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EmrAdapter, Parcel } from '../../../adapters/contract.ts'
import { startClinic } from '../../../adapters/sandbox/clinic/clinic.ts'
import type { Clinic } from '../../../adapters/sandbox/clinic/clinic.ts'
import { sandboxPeople } from '../../../adapters/sandbox/people.ts'
import { sqlView } from '../../../adapters/sql-view/adapter.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { startNode } from '../../support/processes.ts'
import { Gateway, testPorts, until } from '../sql-view/fixture.ts'

const main = fileURLToPath(new URL('../../../adapters/sandbox/clinic/main.ts', import.meta.url))
const mapping = fileURLToPath(new URL('../../../adapters/sandbox/clinic/mapping.json', import.meta.url))
const cleanups: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'clinic-'))
  cleanups.push(() => rmSync(made, { recursive: true }))
  return made
}

interface Running {
  readonly clinic: Clinic
  readonly adapter: EmrAdapter
  readonly gateway: Gateway
}

/** The clinic and a gateway that polls it. */
async function running(seedReferrals = true): Promise<Running> {
  const database = join(folder(), 'emr.db')
  const clinic = await startClinic({ database, deskPort: 0, clockOffsetMs: 0, seedReferrals })
  const adapter = sqlView.create({ kind: 'sql-view', database, mapping, pollMs: 10 }, testPorts())
  const gateway = new Gateway()
  const control = new AbortController()
  const done = adapter.listen?.(gateway.take, control.signal)
  cleanups.push(async () => {
    control.abort()
    await done
    await clinic.close()
  })
  return { clinic, adapter, gateway }
}

/** Nothing new for a while: what was on file has been read. */
async function quiet(gateway: Gateway): Promise<void> {
  for (let before = -1; before !== gateway.parcels.size;) {
    before = gateway.parcels.size
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

async function post(clinic: Clinic, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${clinic.deskUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

async function get(clinic: Clinic, path: string): Promise<unknown> {
  return (await fetch(`${clinic.deskUrl}${path}`)).json()
}

/** What the desk answers when it is asked under another name, which fetch cannot do. */
function statusAs(clinic: Clinic, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${clinic.deskUrl}/outbox`, { headers: { host } }, (response) => resolve(response.resume().statusCode))
    asked.once('error', reject).end()
  })
}

function ofKind(gateway: Gateway, kind: Parcel['kind']): readonly Parcel[] {
  return [...gateway.parcels.values()].filter((parcel) => parcel.kind === kind)
}

describe('the clinic as a program', () => {
  test('prints one line, keeps its records over a restart, stops cleanly when asked', async () => {
    const file = join(folder(), 'clinic.json')
    writeFileSync(file, JSON.stringify({ database: join(folder(), 'deep', 'emr.db'), deskPort: 0 }))
    for (const _start of [1, 2]) {
      const program = startNode([main, '--config', file])
      cleanups.push(() => program.stop('SIGKILL'))
      const line = await program.line(/ready|desk/)
      expect(line).toMatch(/^clinic EMR sqlite \(views polled\) desk http:\/\/127\.0\.0\.1:\d+$/)
      const health = await fetch(`${line.split(' ').at(-1)}/health`)
      expect(await health.json()).toEqual({ ok: true, patients: sandboxPeople.filter((person) => person.at.includes('clinic')).length })
      expect(await program.stop()).toEqual({ code: 0, signal: null })
      expect(program.output()).toBe(`${line}\n`)
    }
  })

  test('names every fault of its configuration', async () => {
    const file = join(folder(), 'clinic.json')
    writeFileSync(file, JSON.stringify({ database: '', deskPort: 99999, colour: 'red' }))
    const program = startNode([main, '--config', file])
    const end = await program.ended
    expect(end.code).toBe(1)
    expect(program.output()).toMatch(/`colour` is not a known key; `database` must be a path; `deskPort` must be a port number/)
  })
})

describe('what the clinic has on file', () => {
  test('every row becomes valid R4 about one of its own patients, and only in-house codes are gaps', async () => {
    const { gateway } = await running()
    await until(() => ofKind(gateway, 'referral-request').length === 2)
    const feeds = ofKind(gateway, 'feed')
    const resources = feeds.flatMap((parcel) => (parcel.bundle.entry ?? []).flatMap((entry) => entry.resource ?? []))
    expect(resources).toHaveLength(feeds.length)
    for (const parcel of gateway.parcels.values()) expect(validate(parcel.bundle)).toEqual([])
    expect(new Set(resources.map((each) => each.resourceType))).toEqual(
      new Set(['Patient', 'Encounter', 'Condition', 'MedicationRequest', 'Observation', 'AllergyIntolerance']),
    )
    const patients = resources.flatMap((each) => (each.resourceType === 'Patient' ? [each.id] : []))
    expect(new Set(patients)).toEqual(new Set(['C-0001', 'C-0002', 'C-0003', 'C-0004', 'C-0005', 'C-0006', 'C-0007', 'C-0009']))
    const gaps = feeds.flatMap((parcel) => parcel.gaps.map((gap) => gap.element))
    expect([...new Set(gaps)].sort()).toEqual(['V_IF_ALG.ALG_CD', 'V_IF_LAB.ITEM_CD', 'V_IF_LAB.UNIT_NM'])
  })

  test('person 1 is allergic to penicillin, has hypertension and diabetes, and takes amlodipine and metformin', async () => {
    const { gateway } = await running()
    await until(() => ofKind(gateway, 'referral-request').length === 2)
    const text = JSON.stringify(ofKind(gateway, 'feed').filter((parcel) => JSON.stringify(parcel).includes('Patient/C-0001')))
    for (const code of ['"I10"', '"E11.9"', '"C08CA01"', '"A10BA02"', '"J01C"', '"1558-6"', '"85354-9"']) expect(text).toContain(code)
  })
})

describe('the desk', () => {
  test('a referral written at the desk leaves as a parcel, and its answer comes back into the inbox once', async () => {
    const { clinic, adapter, gateway } = await running(false)
    const written = await post(clinic, '/referrals', {
      patientNumber: 'C-0002',
      department: '내과',
      toInstitutionNumber: '01100003',
      reason: '정밀 검사',
      kcd: 'I10',
      note: '부탁드립니다',
    })
    expect(written).toMatchObject({ status: 201 })
    await until(() => ofKind(gateway, 'referral-request').length === 1)
    const task = ofKind(gateway, 'referral-request')[0]?.bundle.entry?.[0]?.resource
    if (task?.resourceType !== 'Task') throw new Error('the first entry is the Task')
    const answer: Parcel = {
      id: 'parcel-1',
      kind: 'referral-response',
      gaps: [],
      bundle: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...task, id: 't', status: 'accepted' } }] },
    }
    for (const _again of [1, 2, 3]) expect(await adapter.deliver(answer, AbortSignal.timeout(1_000))).toMatchObject({ outcome: 'ok' })
    const inbox = await get(clinic, '/inbox')
    expect(inbox).toEqual([
      expect.objectContaining({
        parcelId: 'parcel-1',
        kind: 'referral-response',
        status: 'accepted',
        referralNumber: task.identifier?.[0]?.value,
      }),
    ])
    expect(await get(clinic, '/outbox')).toEqual([expect.objectContaining({ patientNumber: 'C-0002', status: 'accepted' })])
  })

  test('a referral received is answered from the desk, with a report', async () => {
    const { clinic, adapter, gateway } = await running(false)
    const task = { resourceType: 'Task', status: 'requested', intent: 'order' } as const
    const received: Parcel = {
      id: 'parcel 2/ü',
      kind: 'referral-request',
      gaps: [],
      bundle: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: task }] },
    }
    await adapter.deliver(received, AbortSignal.timeout(1_000))
    const path = `/inbox/${encodeURIComponent(received.id)}/answer`
    expect(await post(clinic, path, { status: 'completed', report: '경과 양호' })).toMatchObject({ status: 201 })
    await until(() => ofKind(gateway, 'referral-response').length === 1)
    expect(ofKind(gateway, 'referral-response')[0]?.bundle.entry?.[0]?.resource).toMatchObject({
      status: 'completed',
      identifier: [{ system: 'https://care-network.kr/fhir/Identifier/parcel', value: received.id }],
    })
    expect(await post(clinic, path, { status: 'perhaps' })).toMatchObject({ status: 400 })
    expect(await post(clinic, '/inbox/nothing/answer', { status: 'accepted' })).toMatchObject({ status: 404 })
  })

  test('a visit written at the desk reaches the network', async () => {
    const { clinic, gateway } = await running(false)
    await until(() => ofKind(gateway, 'feed').length > 80)
    await quiet(gateway)
    const before = gateway.parcels.size
    expect(
      await post(clinic, '/patients/C-0007/visits', {
        kcd: 'J209',
        name: '급성 기관지염',
        systolic: 120,
        diastolic: 80,
        results: [{ item: 'GLU', value: '101', unit: 'mg/dl' }],
      }),
    ).toMatchObject({ status: 201 })
    await until(() => gateway.parcels.size === before + 4)
    expect(JSON.stringify([...gateway.parcels.values()].slice(before))).toContain('J20.9')
    expect(await post(clinic, '/patients/C-9999/visits', {})).toMatchObject({ status: 404 })
  })

  test('a consent without its receiver, an unknown field, a wrong host and a form post are refused', async () => {
    const { clinic } = await running(false)
    const referral = { patientNumber: 'C-0001', department: 'IM', reason: '의뢰' }
    expect(
      await post(clinic, '/referrals', { ...referral, consent: { signedBy: '강하늘', relation: 'self', until: '2026-12-31' } }),
    ).toMatchObject({ status: 400 })
    expect(await post(clinic, '/referrals', { ...referral, colour: 'red' })).toEqual({
      status: 400,
      body: { error: '`colour` is not a known field' },
    })
    expect((await fetch(`${clinic.deskUrl}/referrals`, { method: 'POST', body: 'patientNumber=C-0001' })).status).toBe(415)
    expect((await fetch(`${clinic.deskUrl}/nowhere`)).status).toBe(404)
    expect(await statusAs(clinic, 'attacker.example')).toBe(403)
    expect(await get(clinic, '/outbox')).toEqual([])
  })
})
