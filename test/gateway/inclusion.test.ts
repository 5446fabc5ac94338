/** Anyone can check the ledger from outside: the proofs are verified here by code of our own that shares nothing with the gateway's. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from '@jest/globals'
import { validate } from '../../fhir-profiles/validate/validate.ts'
import type { Reply } from '../support/gateway-client.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, found, patient, personId } from './records.ts'

const hash = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const node = (left: Buffer, right: Buffer): Buffer => hash(Buffer.of(1), left, right)
const leafOf = (body: string): Buffer => hash(Buffer.of(0), Buffer.from(body, 'utf8'))
const split = (size: number): number => {
  let width = 1
  while (width * 2 < size) width *= 2
  return width
}

/** The root that a leaf and its path lead to, by the definition of PATH: the last hash is the other half of the whole tree. */
function rootFrom(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  const other = path.at(-1)
  if (size === 1 || other === undefined) return leaf
  const [k, rest] = [split(size), path.slice(0, -1)]
  return index < k ? node(rootFrom(leaf, index, k, rest), other) : node(other, rootFrom(leaf, index - k, size - k, rest))
}

/** Both roots that a proof of growth leads to, by the definition of SUBPROOF. `known`: the older root, while the older tree is whole. */
function rootsFrom(first: number, second: number, path: readonly Buffer[], known: Buffer | undefined): readonly [Buffer, Buffer] {
  if (first === second) {
    const same = known ?? path[0] ?? Buffer.alloc(0)
    return [same, same]
  }
  const [k, rest, other] = [split(second), path.slice(0, -1), path.at(-1) ?? Buffer.alloc(0)]
  if (first <= k) {
    const [older, younger] = rootsFrom(first, k, rest, known)
    return [older, node(younger, other)]
  }
  const [older, younger] = rootsFrom(first - k, second - k, rest, undefined)
  return [node(other, older), node(other, younger)]
}

interface Note {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly time: string
  readonly isSigned: boolean
  readonly keyId: string
}

interface Key {
  readonly id: string
  readonly verifierKey: string
  readonly ed25519: string
  readonly since: string
  readonly until?: string
}

/** A signed note, read and verified as its specification says. */
function readNote(note: string, keys: readonly Key[]): Note {
  const [text = '', lines = ''] = note.split('\n\n')
  const [origin = '', size = '', root = '', time = ''] = text.split('\n')
  const [, name, coded = ''] = /^— (\S+) (\S+)\n$/.exec(lines) ?? []
  const bytes = Buffer.from(coded, 'base64')
  const keyId = bytes.toString('hex', 0, 4)
  const key = keys.find((each) => each.verifierKey.startsWith(`${origin}+${keyId}+`))
  const raw = Buffer.from(key?.ed25519 ?? '', 'base64')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' })
  const isSigned = name === origin && verify(null, Buffer.from(`${text}\n`), publicKey, bytes.subarray(4))
  return { origin, size: Number(size), root: Buffer.from(root, 'base64'), time, isSigned, keyId }
}

interface Parameter {
  readonly name: string
  readonly valueString?: string
  readonly valueInteger?: number
  readonly valueCode?: string
}

function parametersOf({ body }: Reply) {
  // what the reply holds is what is tested
  const all = body['parameter'] as readonly Parameter[]
  const one = (name: string): Parameter => all.find((each) => each.name === name) ?? { name: 'absent' }
  const bytes = ({ valueString = '' }: Parameter): Buffer => Buffer.from(valueString, 'base64')
  return {
    leaf: bytes(one('leafHash')),
    index: one('index').valueInteger ?? -1,
    size: one('size').valueInteger ?? -1,
    root: bytes(one('root')),
    path: all.filter(({ name }) => name === 'proof').map(bytes),
    note: one('checkpoint').valueString ?? '',
    signature: bytes(one('signature')),
    keyId: one('keyId').valueCode,
  }
}

eachGateway('proofs of the ledger', { isSameOnBoth: true }, (gateway) => {
  const as = (name: string) => gateway().as(name)
  const keysOf = async (): Promise<readonly Key[]> => (await gateway().raw('/audit/keys')).body['keys'] as readonly Key[] // our own document
  const checkpointNow = async (): Promise<Note> => readNote((await gateway().raw('/audit/checkpoint')).text, await keysOf())
  const allSealed = async (): Promise<void> => {
    while ((await gateway().context.store.log.backlog()).count > 0) await sleep(20)
  }
  let person = ''

  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 2), patient('clinic', 3), condition('own', 'C-0002', 'I10')])
    person = await personId(gateway(), 2)
    for (let read = 0; read < 4; read += 1) await as('clinic-doctor').get(`Patient/${person}`)
    await allSealed()
  })

  test('an entry that an auditor reads is proven to be in the signed log, byte for byte', async () => {
    const keys = await keysOf()
    const ids = found(await as('auditor').get('AuditEvent?_count=200')).map(({ id }) => id ?? '')
    expect(ids.length).toBeGreaterThan(4)
    await allSealed()
    for (const id of ids) {
      const entry = await as('auditor').get(`AuditEvent/${id}`)
      const reply = await as('auditor').get(`AuditEvent/${id}/$inclusion-proof`)
      expect(reply.status).toBe(200)
      expect(validate(reply.body).filter(({ severity }) => severity === 'error')).toEqual([])
      const proof = parametersOf(reply)
      expect(proof.leaf).toEqual(leafOf(entry.text))
      expect(rootFrom(proof.leaf, proof.index, proof.size, proof.path)).toEqual(proof.root)
      const note = readNote(proof.note, keys)
      expect(note).toMatchObject({ size: proof.size, root: proof.root, isSigned: true, keyId: proof.keyId })
    }
  })

  test('the officer and the patient prove what they may read; somebody else’s entry and no entry are one answer', async () => {
    const own = found(await as('patient-2').get('AuditEvent?_count=5'))[0]?.id ?? ''
    const stranger = await personId(gateway(), 3)
    await as('clinic-doctor').get(`Patient/${stranger}`)
    const foreign = found(await as('privacy-officer').get(`AuditEvent?patient=${stranger}`))[0]?.id ?? ''
    await allSealed()
    for (const [name, id] of [
      ['patient-2', own],
      ['privacy-officer', own],
      ['privacy-officer', foreign],
      ['auditor', foreign],
    ] as const) {
      expect([name, (await as(name).get(`AuditEvent/${id}/$inclusion-proof`)).status]).toEqual([name, 200])
    }
    const [hidden, none] = [
      await as('patient-2').get(`AuditEvent/${foreign}/$inclusion-proof`),
      await as('patient-2').get('AuditEvent/none/$inclusion-proof'),
    ]
    expect([hidden.status, hidden.text]).toEqual([404, none.text])
    for (const name of ['clinic-doctor', 'clinic-system', 'integrator']) {
      expect([name, (await as(name).get(`AuditEvent/${own}/$inclusion-proof`)).status]).toEqual([name, 403])
    }
  })

  test('asking for a proof is itself an entry that names the entry asked for', async () => {
    const id = found(await as('auditor').get('AuditEvent?_count=1'))[0]?.id ?? ''
    await allSealed()
    const reply = await as('auditor').get(`AuditEvent/${id}/$inclusion-proof`)
    const requestId = reply.headers.get('x-request-id') ?? ''
    const events = found(await as('auditor').get('AuditEvent?_count=20')).filter((event) => JSON.stringify(event).includes(requestId))
    expect(events).toHaveLength(1)
    expect(JSON.stringify(events[0])).toContain(`"reference":"AuditEvent/${id}"`)
    expect(JSON.stringify(events[0])).toContain('"code":"inclusion-proof"')
  })

  test('checkpoint and keys are open to anyone, and hold counts and hashes alone', async () => {
    const [checkpoint, keys] = [await gateway().raw('/audit/checkpoint'), await gateway().raw('/audit/keys')]
    expect([checkpoint.status, keys.status]).toEqual([200, 200])
    expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(checkpoint.text).toMatch(/^care-network\.kr\/ledger\/[0-9a-f]{16}\n\d+\n\S{44}\ntime \S+\n\n— \S+ \S+\n$/)
    expect(readNote(checkpoint.text, await keysOf()).isSigned).toBe(true)
    expect(Object.keys((await keysOf())[0] ?? {}).sort()).toEqual(['ed25519', 'id', 'since', 'verifierKey'])
    expect(keys.text).not.toContain('private')
    expect((await gateway().raw('/audit/checkpoint', { method: 'POST' })).status).toBe(404)
  })

  test('whoever kept an older checkpoint proves that the log only grew', async () => {
    const older = [await checkpointNow()]
    for (let turn = 0; turn < 3; turn += 1) {
      for (let read = 0; read <= turn; read += 1) await as('clinic-system').get('Condition/own')
      await allSealed()
      older.push(await checkpointNow())
    }
    expect(new Set(older.map(({ size }) => size)).size).toBe(4)
    for (const note of older) {
      const reply = await gateway().raw(`/audit/consistency?from=${note.size}`)
      expect(reply.status).toBe(200)
      const now = readNote(String(reply.body['checkpoint']), await keysOf())
      expect([now.isSigned, now.size, now.origin]).toEqual([true, reply.body['to'], note.origin])
      const path = (reply.body['proof'] as readonly string[]).map((each) => Buffer.from(each, 'base64')) // our own document
      expect(rootsFrom(note.size, now.size, path, note.root)).toEqual([note.root, now.root])
    }
    for (const [from, status] of [
      ['0', 400],
      ['x', 400],
      ['', 400],
      ['1e3', 400],
      ['99999999', 404],
    ] as const) {
      expect([from, (await gateway().raw(`/audit/consistency?from=${from}`)).status]).toEqual([from, status])
    }
    expect((await gateway().raw('/audit/consistency?from=1&from=2')).status).toBe(400)
  })

  test('metrics say how much is not sealed, and since when', async () => {
    await allSealed()
    const { text } = await gateway().raw('/metrics')
    expect(text).toMatch(/^carenet_ledger_unsealed \d+$/m)
    expect(text).toMatch(/^carenet_ledger_unsealed_age_seconds [\d.]+$/m)
    expect(text).not.toMatch(/audit\/consistency\?/)
  })

  test('an entry that is not sealed yet has no proof yet, and says when to ask again', async () => {
    const { sql } = gateway().context.store
    // past the gateway, so that nothing ever seals it
    await sql.query(
      "insert into ledger (id, at_ms, persons, institution, kind, body) select 'unsealed', at_ms, persons, institution, kind, body from ledger limit 1",
    )
    const reply = await as('auditor').get('AuditEvent/unsealed/$inclusion-proof')
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  })
})
