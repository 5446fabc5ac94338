/** Published messages over a real MLLP socket into the gateway, and read back over FHIR: what the mapping keeps, the network keeps. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { readConfig } from '../../../gateway/config-load.ts'
import { startGateway, type Gateway } from '../../../gateway/main.ts'
import { isResource } from '../../../fhir-profiles/validate/validate.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { frame } from '../../../adapters/hl7v2-mllp/codec.ts'
import { hasPostgres, unopenedDatabase } from '../../support/databases.ts'
import { clientOf, gatewaySetup, type GatewaySetup } from '../../support/gateway-client.ts'
import { freePort } from '../../support/ports.ts'
import { cases, enginesAtThisScale } from '../../support/proof.ts'
import { sender } from './bench.ts'
import { corpus, exempt, factRows, missingIn, root, supported } from './corpus-facts.ts'

/** The published messages share their control ids, by which a receiver knows a repeat. */
function renumbered(bytes: Buffer, number: number): Buffer {
  const lines = bytes.toString('latin1').split(/\r\n?|\n/)
  const header = (lines[0] ?? '').split('|')
  return Buffer.from([header.with(9, `E2E${number}`).join('|'), ...lines.slice(1)].join('\r'), 'latin1')
}

const isHere = existsSync(root)
const suite = isHere ? describe.each(enginesAtThisScale(hasPostgres)) : describe.skip.each(['no engine'] as const)
const types = [
  'Patient',
  'ServiceRequest',
  'RelatedPerson',
  'Encounter',
  'Observation',
  'Condition',
  'AllergyIntolerance',
  'Procedure',
  'DiagnosticReport',
]

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

  const facts = new Map(factRows().map((row) => [row.file, row.facts]))
  const all = corpus().filter(({ name, type }) => facts.has(name) && supported.includes(type))
  const messages = all.filter((_, at) => cases(1) > 1 || at % 3 === 0)

  test('each is acknowledged after it is stored, or refused and at rest; its facts are read back by the institution', async () => {
    if (setup === undefined || running === undefined) throw new Error('no gateway')
    const peer = await sender(mllp)
    const answers = new Map<string, string>()
    for (const { name, bytes } of messages) {
      peer.write(frame(renumbered(bytes, answers.size)))
      answers.set(name, /\rMSA\|(A[AER])/.exec(await peer.ack())?.[1] ?? '')
      // Read at once: the messages are about few patients, and the next one may say less of them.
      const missing = missingIn(await readBack(setup), facts.get(name) ?? [])
      expect([name, missing.filter((fact) => !exempt.some(({ is }) => is(fact)))]).toEqual([name, []])
    }
    peer.socket.destroy()
    const resting = await running.context.store.quarantine.count()
    // The published referrals go to doctors of no institution here: the records land, the referral waits for a person.
    const untaken = [...answers].filter(([, code]) => code !== 'AA').map(([name]) => name)
    expect(untaken.filter((name) => !name.includes('REF-I12'))).toEqual([])
    expect(resting).toBe(untaken.length)
    expect(messages.length).toBeGreaterThan(3)
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
