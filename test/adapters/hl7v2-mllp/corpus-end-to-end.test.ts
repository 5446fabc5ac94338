/** Published messages over a real MLLP socket into the gateway, and read back over FHIR: what the mapping keeps, the network keeps. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { readConfig } from '../../../gateway/config-load.ts'
import { startGateway, type Gateway } from '../../../gateway/main.ts'
import { isResource } from '../../../fhir-profiles/validate/validate.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { frame } from '../../../adapters/hl7v2-mllp/codec.ts'
import { hasPostgres, unopenedDatabase } from '../../support/databases.ts'
import { clientOf, gatewaySetup, type GatewaySetup } from '../../support/gateway.ts'
import { freePort } from '../../support/ports.ts'
import { cases, enginesAtThisScale } from '../../support/proof.ts'
import { sender } from './bench.ts'
import { corpus, factRows, missingIn, root } from './corpus-facts.ts'

const isHere = existsSync(root)
const suite = isHere ? describe.each(enginesAtThisScale(hasPostgres)) : describe.skip.each(['no engine'] as const)
const types = ['Patient', 'RelatedPerson', 'Encounter', 'Observation', 'Condition', 'AllergyIntolerance', 'Procedure', 'DiagnosticReport']

suite('published HL7 v2 messages through the gateway, on %s (skipped without ../shared)', (engine) => {
  let made: Awaited<ReturnType<typeof unopenedDatabase>> | undefined
  let setup: GatewaySetup | undefined
  let running: Gateway | undefined
  let mllp = 0

  beforeAll(async () => {
    process.env['LOG_LEVEL'] ??= 'silent'
    made = await unopenedDatabase(engine === 'PGlite' ? 'PGlite' : 'PostgreSQL')
    setup = await gatewaySetup()
    mllp = await freePort()
    const adapter = { kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port: mllp }, unknownDepartment: 'keep' }
    // gatewaySetup wrote it
    const members = setup.content['institutions'] as { id: string }[]
    const institutions = members.map((item) => (item.id === 'hospital' ? { ...item, adapter } : item))
    const { source } = made
    const env = 'databaseUrl' in source ? { DATABASE_URL: source.databaseUrl } : { CARENET_DATA_DIR: source.dataDir }
    const loaded = readConfig(env, { ...setup.content, institutions }, new Date())
    if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
    running = await startGateway(loaded.ok)
  })
  afterAll(async () => {
    await running?.stop()
    await made?.remove()
  })

  const wanted = ['ORU-R01-RMGEAD', 'ADT04-28', 'LAB-ORU-2', 'ADT-A01-02', 'REF-I12-01', 'ADT-A40-01', 'ADT-A01-01'].slice(0, cases(3))
  const messages = corpus().filter(({ name }) => wanted.some((word) => name.endsWith(`${word}.hl7`)))
  const facts = new Map(factRows().map((row) => [row.file, row.facts]))

  test('each is acknowledged after it is stored, or refused and at rest; its facts are read back by the institution', async () => {
    if (setup === undefined || running === undefined) throw new Error('no gateway')
    const peer = await sender(mllp)
    const answers = new Map<string, string>()
    for (const { name, bytes } of messages) {
      peer.write(frame(bytes))
      answers.set(name, /\rMSA\|(A[AER])/.exec(await peer.ack())?.[1] ?? '')
    }
    peer.socket.destroy()
    const resting = await running.context.store.quarantine.count()
    expect([...answers.values()].filter((code) => code !== 'AA').length).toBe(resting)
    const held = await readBack(setup)
    for (const { name } of messages) {
      if (answers.get(name) !== 'AA') continue
      const missing = missingIn(held, facts.get(name) ?? [])
      // what the mapping leaves out on purpose is the other test's matter: numbers dropped by law and statuses nobody sent
      const places = missing.filter(({ place }) => !/\.(identifiers|status)$/.test(place) && !place.startsWith('ServiceRequest'))
      expect([name, places.filter(({ says }) => says !== 'Jack')]).toEqual([name, []])
    }
    expect(messages.length).toBe(wanted.length)
  })

  async function readBack(from: GatewaySetup): Promise<readonly Resource[]> {
    const asker = clientOf(from).as('hospital-system')
    const all: Resource[] = []
    for (const type of types) {
      const reply = await asker.get(`${type}?_count=200`)
      expect([type, reply.status]).toEqual([type, 200])
      for (const { resource } of reply.body.entry ?? []) if (isResource(resource)) all.push(resource)
    }
    return all
  }
})
