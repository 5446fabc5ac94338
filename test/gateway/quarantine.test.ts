/** What could not be taken rests, is listed without its content, and lands once when the mapping has been fixed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { quarantineList, quarantineReplay } from '../../bin/quarantine.ts'
import { readConfig } from '../../gateway/config-load.ts'
import { takeParcel } from '../../gateway/incoming.ts'
import type { Bundle } from '../../fhir-profiles/r4.ts'
import { startGateway, type Gateway } from '../../gateway/main.ts'
import { header, pid, send } from '../adapters/hl7v2-mllp/bench.ts'
import { eachDatabase, unopenedDatabase } from '../support/databases.ts'
import { clientOf, gatewaySetup, type Body, type GatewaySetup } from '../support/gateway-client.ts'
import { freePort } from '../support/ports.ts'

const visit = 'PV1|1|O||||||||ENT|||||||||V1|||||||||||||||||||||||||20260310090000'

/** The parts of every item of a Parameters, by name. */
const parts = (body: Body): readonly Readonly<Record<string, unknown>>[] =>
  // Parameters as the operation writes them
  ((body['parameter'] ?? []) as { part: { name: string }[] }[]).map(({ part }) =>
    Object.fromEntries(part.map(({ name, ...value }) => [name, Object.values(value)[0]])),
  )

eachDatabase(
  'quarantine',
  (_open, engine) => {
    let made: Awaited<ReturnType<typeof unopenedDatabase>> | undefined
    let setup: GatewaySetup | undefined
    let running: Gateway | undefined
    let mllp = 0
    const folder = mkdtempSync(join(tmpdir(), 'carenet-quarantine-'))
    const file = join(folder, 'gateway.json')

    /** The configuration with these departments of the hospital. */
    const content = (departments: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => {
      // gatewaySetup wrote it
      const institutions = setup?.content['institutions'] as { id: string; adapter: object }[]
      const adapter = { kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port: mllp }, departments }
      return { ...setup?.content, institutions: institutions.map((item) => (item.id === 'hospital' ? { ...item, adapter } : item)) }
    }
    const env = (): Record<string, string> => {
      if (made === undefined) throw new Error('no database')
      const { source } = made
      return 'databaseUrl' in source ? { DATABASE_URL: source.databaseUrl } : { CARENET_DATA_DIR: source.dataDir }
    }
    const start = async (departments: Readonly<Record<string, string>>): Promise<void> => {
      writeFileSync(file, JSON.stringify(content(departments)))
      const loaded = readConfig(env(), content(departments), new Date())
      if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
      running = await startGateway(loaded.ok)
    }
    const as = (name: string) => {
      if (setup === undefined) throw new Error('no gateway')
      return clientOf(setup).as(name)
    }
    const command = async (work: (print: (line: string) => void) => Promise<boolean>): Promise<{ ok: boolean; lines: string[] }> => {
      const lines: string[] = []
      return { ok: await work((line) => lines.push(line)), lines }
    }
    const patientAt = async (): Promise<number | undefined> =>
      (await as('hospital-doctor').get('Patient?identifier=urn:oid:1.2.410.100110.10.11100002|H-0001')).body.total

    /** In the order in which they were entered. */
    const bodies = async (): Promise<readonly string[]> => {
      const rows = await running?.context.store.sql.query<{ body: string }>('select body from ledger order by seq')
      return (rows?.rows ?? []).map(({ body }) => body)
    }
    const noteOf = (body: string): string => (JSON.parse(body) as { outcomeDesc?: string }).outcomeDesc ?? '' // our own AuditEvent

    beforeAll(async () => {
      process.env['LOG_LEVEL'] ??= 'silent'
      made = await unopenedDatabase(engine)
      setup = await gatewaySetup()
      mllp = await freePort()
      await start({})
    })
    afterAll(async () => {
      await running?.stop()
      await made?.remove()
      rmSync(folder, { recursive: true })
    })

    test('a visit of a department nobody mapped, a broken charset and a message without patient number all rest', async () => {
      expect(await send(mllp, header('ADT^A04', { id: 'Q1' }), pid, visit)).toContain('ERR||PV1^1^10')
      expect(await send(mllp, header('ADT^A04', { id: 'Q2', charset: 'ASCII' }), pid)).toContain('ERR||MSH^1^18')
      expect(await send(mllp, header('ADT^A04', { id: 'Q3' }), 'PID|1||||견^본하나')).toContain('ERR||PID^1^3')
      expect(await send(mllp, header('SIU^S12', { id: 'Q4' }), pid)).toContain('MSA|AR')
      expect(await send(mllp, header('ADT^A04', { id: 'Q1' }), pid, visit)).toContain('MSA|AE')
      const rows = parts((await as('integrator').get('$quarantine')).body)
      expect(rows.map(({ kind, place, state }) => [kind, place, state].join(' ')).toSorted()).toEqual([
        'ADT^A04 MSH-18 resting',
        'ADT^A04 PID-3 resting',
        'ADT^A04 PV1-10 resting',
        'SIU^S12 MSH-9 resting',
      ])
      expect(rows.map(({ institution }) => institution)).toEqual(['hospital', 'hospital', 'hospital', 'hospital'])
    })

    test('the integrator sees fields and reasons, never content; nobody else sees anything', async () => {
      const { text } = await as('integrator').get('$quarantine')
      expect(text).not.toMatch(/H-0001|견|19700101|ENT|Q1@/)
      for (const name of ['hospital-doctor', 'privacy-officer', 'auditor', 'patient-1']) {
        if (name !== 'patient-1') expect([name, (await as(name).get('$quarantine')).status]).toEqual([name, 403])
      }
      expect((await as('hospital-doctor').post('$quarantine-replay', { resourceType: 'Parameters' })).status).toBe(403)
      expect((await as('auditor').post('$quarantine-replay', { resourceType: 'Parameters' })).status).toBe(403)
    })

    test('replayed before anything was fixed, it is refused again and still rests', async () => {
      const { ok, lines } = await command((print) => quarantineReplay({ config: file, all: true, env: withToken(), print }))
      expect(ok).toBe(false)
      expect(lines.filter((line) => line.includes('refused again')).length).toBe(4)
      expect(await patientAt()).toBe(0)
    })

    const tokens: { integrator?: string } = {}
    const withToken = (): Record<string, string> => ({ ...env(), CARENET_TOKEN: tokens.integrator ?? '' })
    beforeAll(async () => {
      tokens.integrator = await as('integrator').token()
    })

    test('the department mapped, the running gateway takes it again: once, and a second replay says so', async () => {
      await running?.stop()
      await start({ ENT: '13' })
      const rests = parts((await as('integrator').get('$quarantine')).body).find(({ place }) => place === 'PV1-10')
      const id = String(rests?.['id'])
      const replay = () => command((print) => quarantineReplay({ config: file, id, env: withToken(), print }))
      expect(await replay()).toEqual({ ok: true, lines: [`${id}  landed`] })
      expect(await patientAt()).toBe(1)
      expect(await replay()).toEqual({ ok: true, lines: [`${id}  landed before; nothing was done`] })
      const kept = await running?.context.store.quarantine.one(id)
      expect([kept?.raw, kept?.body, kept?.replays]).toEqual([undefined, '', 2])
    })

    test('sent again and taken, a message at rest is settled without a replay', async () => {
      expect(await send(mllp, header('ADT^A04', { id: 'Q3' }), pid)).toContain('MSA|AA')
      const rows = parts((await as('integrator').get('$quarantine')).body)
      expect(rows.filter(({ state }) => state === 'resting').map(({ place }) => place)).toEqual(expect.arrayContaining(['MSH-18', 'MSH-9']))
      expect(rows.filter(({ state }) => state === 'landed').length).toBe(2)
    })

    test('every look and every message taken again is in the ledger: who, which message, and nobody else’s number', async () => {
      const rows = parts((await as('integrator').get('$quarantine')).body)
      const isOurs = (body: string): boolean => body.includes('"integrator"') && body.includes('quarantine')
      const acts = async () => (await bodies()).filter(isOurs).map((body) => noteOf(body))
      const before = (await acts()).length
      const landed = String(rows.find(({ state }) => state === 'landed')?.['id'])
      const replay = (id: string) =>
        as('integrator').post('$quarantine-replay', { resourceType: 'Parameters', parameter: [{ name: 'id', valueString: id }] })
      await as('integrator').get('$quarantine')
      await replay(landed)
      await replay('H-0001')
      await as('integrator').post('$quarantine-replay', { resourceType: 'Parameters' })
      const resting = rows.flatMap(({ id, state }) => (state === 'resting' ? [`message ${String(id)}`] : []))
      const made = (await acts()).slice(before)
      expect(made.slice(0, 3)).toEqual(['4 listed', `message ${landed}`, 'no message of this id'])
      expect(made.slice(3).toSorted()).toEqual(resting.toSorted())
      expect((await bodies()).filter(isOurs).join('')).not.toMatch(/H-0001|견|19700101|Q1@/)
    })

    test('while no gateway runs, the command opens the store and the configuration of now decides', async () => {
      await running?.stop()
      running = undefined
      const list = await command((print) => quarantineList({ config: file, env: env(), print }))
      expect(list.ok).toBe(false)
      expect(list.lines.at(-1)).toBe('2 at rest, 2 landed of late')
      expect(list.lines.join('\n')).not.toMatch(/H-0001|견|19700101/)
      const unknown = await command((print) => quarantineReplay({ config: file, id: 'none', env: env(), print }))
      expect(unknown).toEqual({ ok: false, lines: ['none  no message of this id'] })
      await expect(quarantineReplay({ config: file, env: env(), print: () => {} })).rejects.toThrow('--id')
      await start({ ENT: '13' })
      const here = (await bodies()).filter((body) => body.includes('"carenet quarantine"'))
      expect(here.map(noteOf)).toEqual(['4 listed', 'no message of this id'])
      expect(here.every((body) => body.includes(`"value":${JSON.stringify(userInfo().username)}`))).toBe(true)
    })

    test('a result that is taken again has the digits its laboratory wrote', async () => {
      const system = 'urn:oid:1.2.410.100110.10.11100002'
      const subject = { reference: `Patient?identifier=${system}|H-0077` }
      const observation = {
        resourceType: 'Observation',
        id: 'digits',
        status: 'final',
        code: { text: 'creatinine' },
        subject,
        valueQuantity: { value: JSON.rawJSON('1.50'), unit: 'mg/dL' },
      }
      const patient = { resourceType: 'Patient', id: 'H-0077', identifier: [{ system, value: 'H-0077' }] }
      const give = async (id: string, resource: object) => {
        if (running === undefined) throw new Error('no gateway')
        const entry = [{ resource, request: { method: 'PUT', url: 'as its own id says' } }]
        // numbers as parseJson reads them
        const bundle = { resourceType: 'Bundle', type: 'transaction', entry } as unknown as Bundle
        return takeParcel(running.context, 'hospital', { id, kind: 'feed', bundle, gaps: [] })
      }
      expect((await give('D1', observation)).outcome).toBe('fatal')
      expect((await give('D2', patient)).outcome).toBe('ok')
      const rests = parts((await as('integrator').get('$quarantine')).body).find(({ kind }) => kind === 'feed')
      const { lines } = await command((print) => quarantineReplay({ config: file, id: String(rests?.['id']), env: withToken(), print }))
      expect(lines).toEqual([`${String(rests?.['id'])}  landed`])
      expect((await as('hospital-system').get('Observation/digits')).text).toContain('"value":1.50')
    })
  },
  { isSameOnBoth: true },
)
