import { afterEach, describe, expect, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import type { Parcel, Receipt } from '../../../adapters/contract.ts'
import { hl7v2Mllp } from '../../../adapters/hl7v2-mllp/adapter.ts'
import { frame } from '../../../adapters/hl7v2-mllp/codec.ts'
import { readConfig } from '../../../adapters/hl7v2-mllp/config.ts'
import { freePort } from '../../support/ports.ts'
import { ackFor, header, listening, pid, ports, receiver, send, sender, text, type Listening } from './bench.ts'

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function open(...options: Parameters<typeof listening>): Promise<Listening> {
  const made = await listening(...options)
  cleanups.push(() => made.stop())
  return made
}

const admission = (id: string): readonly string[] => [header('ADT^A08', { id }), pid, 'PV1|1|O|||||||||||||||||V1']
const bytes = (...segments: readonly string[]): Buffer => frame(Buffer.from(text(...segments), 'utf8'))

describe('an incoming message is acknowledged', () => {
  test('with AA, and only after it is stored', async () => {
    const stored = Promise.withResolvers<Receipt>()
    const { port, taken } = await open(() => stored.promise)
    const peer = await sender(port)
    peer.write(bytes(...admission('M1')))
    const ack = peer.ack()
    expect(await Promise.race([ack, pause(150).then(() => 'nothing yet')])).toBe('nothing yet')
    stored.resolve({ outcome: 'ok' })
    expect(await ack).toMatch(/MSA\|AA\|M1/)
    expect(taken.map(({ id }) => id)).toEqual(['M1@HIS.11100002'])
    peer.socket.destroy()
  })

  test('echoing sender, receiver, control id, event and version', async () => {
    const { port } = await open()
    expect(await send(port, ...admission('M1'))).toMatch(
      /^MSH\|\^~\\&\|CARENET\|CARENET\|HIS\|11100002\|20260302100000\+0900\|\|ACK\^A08\^ACK\|AM1\|P\|2\.5\.1\|{6}UNICODE UTF-8\rMSA\|AA\|M1\r$/,
    )
  })

  test('with AE and condition 207 when it could not be stored now, so that the sender sends it again', async () => {
    const answers: Receipt[] = [{ outcome: 'transient', reason: 'busy' }]
    const { port, taken } = await open(async () => answers.shift() ?? { outcome: 'ok' })
    expect(await send(port, ...admission('M1'))).toMatch(/MSA\|AE\|M1\rERR\|\|\|207\^Application internal error\^HL70357\|E\|/)
    expect(await send(port, ...admission('M1'))).toMatch(/MSA\|AA\|M1\r$/)
    expect(taken.length).toBe(1)
  })

  test('with AE when storing fails or takes too long; the connection goes on', async () => {
    const slow: (() => Promise<Receipt>)[] = [
      () => Promise.reject(new Error('the database is gone')),
      () => pause(5_000, { outcome: 'ok' } as const, { ref: false }),
    ]
    const { port, events } = await open(async () => (await slow.shift()?.()) ?? { outcome: 'ok' }, { takeDeadlineMs: 100 })
    const peer = await sender(port)
    for (const id of ['M1', 'M2', 'M3']) peer.write(bytes(...admission(id)))
    const acks = [await peer.ack(), await peer.ack(), await peer.ack()]
    expect(acks.map((ack) => /MSA\|(\w\w)\|(M\d)/.exec(ack)?.slice(1))).toEqual([
      ['AE', 'M1'],
      ['AE', 'M2'],
      ['AA', 'M3'],
    ])
    expect(events.map(({ event }) => event)).toContain('hl7v2.take-failed')
    peer.socket.destroy()
  })

  test.each([
    [{ outcome: 'fatal', reason: 'not valid', where: 'PID-7' }, /MSA\|AE\|M1\rERR\|\|PID\^1\^7\|102\^[^|]*\|E\|\|\|\|not valid\r$/],
    [
      { outcome: 'fatal', reason: 'not valid', where: 'Patient.birthDate' },
      /MSA\|AE\|M1\rERR\|\|\|102\^[^|]*\|E\|\|\|\|not valid \(Patient.birthDate\)\r$/,
    ],
  ] as const)('with AE and the place when it will never be stored as it is', async (receipt, expected) => {
    const { port } = await open(async () => receipt)
    expect(await send(port, ...admission('M1'))).toMatch(expected)
  })

  test('in the order of the connection, also when many arrive in one chunk', async () => {
    const order: string[] = []
    const { port } = await open(async (parcel) => {
      await pause(order.length === 0 ? 60 : 0)
      order.push(parcel.id)
      return { outcome: 'ok' }
    })
    const peer = await sender(port)
    const ids = ['M1', 'M2', 'M3', 'M4']
    peer.write(Buffer.concat(ids.flatMap((id) => [Buffer.from([0, 1, 2]), bytes(...admission(id))])))
    const acks = await Promise.all(ids.map(() => peer.ack()))
    expect(acks.map((ack) => /MSA\|AA\|(M\d)/.exec(ack)?.[1])).toEqual(ids)
    expect(order).toEqual(ids.map((id) => `${id}@HIS.11100002`))
    peer.socket.destroy()
  })

  test('also to a sender who closes its side after the last byte', async () => {
    const { port } = await open(() => pause(50, { outcome: 'ok' } as const))
    const peer = await sender(port)
    peer.socket.end(bytes(...admission('M1')))
    expect(await peer.ack()).toMatch(/MSA\|AA\|M1/)
    await peer.closed
  })
})

describe('bad input ends in a clear answer, and the connection goes on', () => {
  test('no MSH: AR, then the next message is taken', async () => {
    const { port, taken } = await open()
    const peer = await sender(port)
    peer.write(frame(Buffer.from('PID|1||H-0001\r')))
    expect(await peer.ack()).toMatch(/^MSH\|.*\|ACK\|A\|P\|2\.5\.1\rMSA\|AR\rERR\|\|MSH\^1\^1\|100\^/)
    peer.write(frame(Buffer.alloc(0)))
    expect(await peer.ack()).toMatch(/MSA\|AR/)
    peer.write(bytes(...admission('M1')))
    expect(await peer.ack()).toMatch(/MSA\|AA\|M1/)
    expect(taken.length).toBe(1)
    peer.socket.destroy()
  })

  test('a wrong character set: refused, nothing stored, then the next message is taken', async () => {
    const { port, taken } = await open()
    const peer = await sender(port)
    peer.write(
      frame(Buffer.concat([Buffer.from(text(header('ADT^A08', { id: 'M1' }))), Buffer.from('PID|1||H-0001||'), Buffer.from([0xb1, 0xe8])])),
    )
    expect(await peer.ack()).toMatch(/MSA\|AE\|M1\rERR\|\|MSH\^1\^18\|/)
    peer.write(bytes(...admission('M2')))
    expect(await peer.ack()).toMatch(/MSA\|AA\|M2/)
    expect(taken.length).toBe(1)
    peer.socket.destroy()
  })

  test('a frame that never ends: the connection is closed at the deadline, with the reason in the log, and others go on', async () => {
    const { port, taken, events } = await open(undefined, { frameDeadlineMs: 200 })
    const stuck = await sender(port)
    stuck.write(Buffer.from(`\u000b${text(...admission('M1'))}`))
    // Dripping more bytes buys no time.
    const drip = setInterval(() => stuck.write(Buffer.from('x')), 40)
    const other = await send(port, ...admission('M2'))
    await stuck.closed
    clearInterval(drip)
    expect(other).toMatch(/MSA\|AA\|M2/)
    expect(taken.map(({ id }) => id)).toEqual(['M2@HIS.11100002'])
    expect(events).toContainEqual({ event: 'hl7v2.connection-closed', fields: { reason: 'a frame did not end within 200 ms' } })
  })

  test('a frame larger than the bound: closed before it is held, and others go on', async () => {
    const { port, events } = await open(undefined, { maxFrameBytes: 10_000 })
    const huge = await sender(port)
    huge.write(Buffer.concat([Buffer.from('\u000bMSH|^~\\&|'), Buffer.alloc(50_000, 0x41)]))
    await huge.closed
    expect(await send(port, ...admission('M2'))).toMatch(/MSA\|AA\|M2/)
    expect(events).toContainEqual({ event: 'hl7v2.connection-closed', fields: { reason: 'more than 10000 bytes in one frame' } })
  })

  test('a connection on which nothing comes is closed', async () => {
    const { port, events } = await open(undefined, { idleDeadlineMs: 80 })
    const quiet = await sender(port)
    await quiet.closed
    expect(events).toContainEqual({ event: 'hl7v2.connection-closed', fields: { reason: 'nothing came for 80 ms' } })
  })

  test('a stream cut inside a frame delivers nothing', async () => {
    const { port, taken, events } = await open()
    const peer = await sender(port)
    peer.socket.end(Buffer.from(`\u000b${text(...admission('M1'))}\u001c`))
    await peer.closed
    await pause(30)
    expect(taken).toEqual([])
    expect(events.map(({ event }) => event)).toContain('hl7v2.frame-cut')
  })

  test('no log line and no acknowledgement repeats what the message said', async () => {
    const { port, events } = await open()
    const ack = await send(port, header('ADT^A08', { id: 'M1' }), `${pid}|||비밀주소`, 'PV1|1|O||||||||비밀부서|||||||||V1', 'ZZZ|비밀')
    expect(ack).toMatch(/MSA\|AE\|M1/)
    expect(JSON.stringify([ack, events])).not.toMatch(/비밀|견본|H-0001|19700101/)
  })
})

describe('listening', () => {
  test('ends with its signal, after what is being stored is answered', async () => {
    const begun = Promise.withResolvers<undefined>()
    const made = await listening(async () => {
      begun.resolve(undefined)
      return pause(150, { outcome: 'ok' } as const)
    })
    const [busy, idle] = [await sender(made.port), await sender(made.port)]
    busy.write(bytes(...admission('M1')))
    await begun.promise
    const [ack] = await Promise.all([busy.ack(), made.stop()])
    expect(ack).toMatch(/MSA\|AA\|M1/)
    await idle.closed
  })

  test('fails loudly when its port is taken', async () => {
    const { port } = await open()
    const second = hl7v2Mllp.create({ kind: 'hl7v2-mllp', listen: { host: '127.0.0.1', port } }, ports())
    await expect(second.listen?.(async () => ({ outcome: 'ok' }), new AbortController().signal)).rejects.toThrow('EADDRINUSE')
    await second.close()
  })
})

const parcel: Parcel = {
  id: 'parcel-1',
  kind: 'referral-response',
  bundle: {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      { resource: { resourceType: 'Task', id: 't1', status: 'accepted', intent: 'order', note: [{ text: '예약 안내' }] } },
      { resource: { resourceType: 'Patient', id: 'p1', name: [{ text: '김똠별' }] } },
    ],
  },
  gaps: [],
}

async function deliver(answer: Parameters<typeof receiver>[0], more: Readonly<Record<string, unknown>> = {}) {
  const emr = await receiver(answer)
  cleanups.push(() => emr.close())
  const adapter = hl7v2Mllp.create(
    { kind: 'hl7v2-mllp', sendTo: { host: '127.0.0.1', port: emr.port }, ackDeadlineMs: 300, ...more },
    ports(),
  )
  cleanups.push(() => adapter.close())
  return { receipt: await adapter.deliver(parcel, AbortSignal.timeout(5_000)), received: emr.received }
}

describe('delivery', () => {
  test('AA is a receipt; MSH-10 is the parcel id', async () => {
    const { receipt, received } = await deliver((message) => ackFor(message))
    expect(receipt).toEqual({ outcome: 'ok' })
    expect(received[0]?.toString('utf8').split('|')[9]).toBe('parcel-1')
  })

  test.each([
    ['AE', '', { outcome: 'transient', reason: 'the EMR answered AE' }],
    [
      'AR',
      'ERR||PID^1^3|101^Required field missing^HL70357|E',
      { outcome: 'fatal', reason: 'the EMR answered AR with condition 101', where: 'PID[1]-3' },
    ],
    ['AR', '', { outcome: 'fatal', reason: 'the EMR answered AR', where: 'MSH' }],
    ['XX', '', { outcome: 'transient', reason: 'the EMR answered no known code' }],
  ])('%s "%s"', async (code, error, expected) => {
    expect((await deliver((message) => ackFor(message, code, error))).receipt).toEqual(expected)
  })

  test.each([
    ['says nothing', () => '', /no acknowledgement within 300 ms/],
    ['acknowledges another message', () => ackFor(header('ADT^A01', { id: 'other' })), /no acknowledgement within 300 ms/],
    ['answers garbage', () => 'garbage', /no acknowledgement within 300 ms/],
    ['answers without end', () => Buffer.concat([Buffer.of(0x0b), Buffer.alloc(100_000, 0x41)]), /larger than 65536 bytes/],
  ])('an EMR that %s gives no receipt', async (_, answer, reason) => {
    expect((await deliver(answer)).receipt).toEqual({ outcome: 'transient', reason: expect.stringMatching(reason) })
  })

  test('an EMR that hangs up gives no receipt', async () => {
    const { receipt } = await deliver((_, socket) => {
      socket.destroy()
      return ''
    })
    expect(receipt).toEqual({ outcome: 'transient', reason: 'the connection closed before the acknowledgement' })
  })

  test('an EMR that is away gives no receipt, and its health says so', async () => {
    const adapter = hl7v2Mllp.create({ kind: 'hl7v2-mllp', sendTo: { host: '127.0.0.1', port: await freePort() } }, ports())
    expect(await adapter.deliver(parcel, AbortSignal.timeout(5_000))).toEqual({
      outcome: 'transient',
      reason: 'the connection failed (ECONNREFUSED)',
    })
    expect(await adapter.check(AbortSignal.timeout(5_000))).toEqual({ ok: false, reason: 'no connection (ECONNREFUSED)' })
    await adapter.close()
  })

  test('an EMR that reads CP949 gets CP949, every syllable of it', async () => {
    const { receipt, received } = await deliver((message) => ackFor(message), { charset: 'KS X 1001' })
    expect(receipt).toEqual({ outcome: 'ok' })
    expect(received[0]?.includes(Buffer.from([0x8c, 0x63]))).toBe(true)
    expect(received[0]?.toString('latin1')).toContain('|KS X 1001')
  })

  test('text the EMR’s character set does not have is refused with its segment, not sent with question marks', async () => {
    const { receipt, received } = await deliver((message) => ackFor(message), { charset: '8859/1' })
    expect(receipt).toEqual({
      outcome: 'fatal',
      reason: 'a character of the text does not exist in the character set of this EMR',
      where: 'PID',
    })
    expect(received).toEqual([])
  })
})

describe('the configuration', () => {
  test('names every fault at once, and none of its values', () => {
    const reading = readConfig({
      kind: 'hl7v2-mllp',
      listen: { port: 'x' },
      charset: 'klingon',
      senders: { LIS: {} },
      departments: { IM: 1 },
      unknownDepartment: 'ask',
      processingIds: ['Q'],
      utcOffset: 'KST',
      maxFrameBytes: 1,
      colour: 'red',
    })
    if (reading.ok) throw new Error('it has faults')
    expect(reading.faults.map((fault) => /`([^`]+)`/.exec(fault)?.[1])).toEqual([
      'colour',
      'listen',
      'charset',
      'senders.LIS.charset',
      'departments',
      'processingIds',
      'maxFrameBytes',
      'listen',
      'unknownDepartment',
      'utcOffset',
    ])
    expect(reading.faults.join()).not.toMatch(/klingon|red|KST/)
  })

  test('each sender may have a character set of its own', async () => {
    const { port, taken } = await open(undefined, { senders: { LIS: { charset: 'KS X 1001' } } })
    const peer = await sender(port)
    const silent = (application: string): Buffer => {
      const head = text(header('ADT^A08', { charset: '' }).replace('|HIS|', `|${application}|`))
      return frame(Buffer.concat([Buffer.from(`${head}PID|1||H-0001||`), Buffer.from([0xb1, 0xe8, 0x5e, 0x8c, 0x63])]))
    }
    peer.write(silent('LIS'))
    expect(await peer.ack()).toMatch(/MSA\|AA/)
    peer.write(silent('HIS'))
    expect(await peer.ack()).toMatch(/MSA\|AE/)
    expect(JSON.stringify(taken)).toContain('김똠')
    peer.socket.destroy()
  })
})
