import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { frame, frameReader, type FrameEvent } from '../../../adapters/hl7v2-mllp/codec.ts'
import { describeShared } from '../../fhir-profiles/shared.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

const limit = 1_000_000

function texts(events: readonly FrameEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'frame' ? [event.bytes.toString('latin1')] : []))
}

function read(...chunks: readonly Uint8Array[]): { readonly events: readonly FrameEvent[]; readonly isOpen: boolean } {
  const reader = frameReader(limit)
  return { events: chunks.flatMap((chunk) => reader.push(chunk)), isOpen: reader.isOpen }
}

/** what may stand in a frame: anything but the start byte and the end pair */
const content = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0b || byte === 0x1c ? 0x20 : byte))))
const garbage = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0b ? 0x00 : byte))))

describe('the MLLP frame reader', () => {
  test('finds the same messages however the network cuts the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(garbage, content), { maxLength: 6 }),
        garbage,
        fc.array(fc.nat(), { maxLength: 12 }),
        (parts, tail, cuts) => {
          const whole = Buffer.concat([...parts.flatMap(([before, inside]) => [before, frame(inside)]), tail])
          const places = [...new Set(cuts.map((cut) => (whole.length === 0 ? 0 : cut % whole.length)))].sort((a, b) => a - b)
          const chunks = [...places, whole.length].map((end, at) => whole.subarray(places[at - 1] ?? 0, end))
          const found = read(...chunks)
          expect(texts(found.events)).toEqual(parts.map(([, inside]) => inside.toString('latin1')))
          expect(found.isOpen).toBe(false)
        },
      ),
    )
  })

  test('finds them also when every byte comes alone', () => {
    fc.assert(
      fc.property(fc.array(content, { maxLength: 4 }), (messages) => {
        const bytes = Buffer.concat(messages.map((message) => frame(message)))
        expect(texts(read(...Array.from(bytes, (byte) => Buffer.of(byte))).events)).toEqual(
          messages.map((message) => message.toString('latin1')),
        )
      }),
    )
  })

  test('keeps no message that was not ended, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const found = read(bytes)
        const ends = Buffer.from(bytes).toString('latin1').split('\x1c\r').length - 1
        expect(texts(found.events).length).toBeLessThanOrEqual(ends)
      }),
    )
  })

  test('a new start byte begins a new message; the one before it was cut and is not delivered', () => {
    const { events } = read(Buffer.from('\x0bMSH|cut\x0bMSH|whole\x1c\r', 'latin1'))
    expect(texts(events)).toEqual(['MSH|whole'])
    expect(events.map(({ kind }) => kind)).toEqual(['restarted', 'frame'])
  })

  test('a lone 0x1C inside a message is a character, not its end', () => {
    expect(
      texts(read(Buffer.from('\x0ba\x1cb\x1c', 'latin1'), Buffer.from('c\x1c', 'latin1'), Buffer.from('\r', 'latin1')).events),
    ).toEqual(['a\x1cb\x1cc'])
  })

  test('an empty frame is a message without content, for somebody to answer', () => {
    expect(texts(read(Buffer.from('\x0b\x1c\r', 'latin1')).events)).toEqual([''])
  })

  test('a frame that grows past the bound stops the reader and frees what it held', () => {
    const reader = frameReader(1000)
    const first = reader.push(Buffer.concat([Buffer.of(0x0b), Buffer.alloc(900, 0x41)]))
    const second = reader.push(Buffer.alloc(200, 0x41))
    expect(first).toEqual([])
    expect(second).toEqual([{ kind: 'overflow', where: 'in-frame' }])
    expect(reader.push(frame(Buffer.from('MSH|later')))).toEqual([])
  })

  test('a frame of exactly the bound is taken', () => {
    const reader = frameReader(1000)
    expect(texts(reader.push(frame(Buffer.alloc(1000, 0x41))))).toEqual(['A'.repeat(1000)])
  })

  test('endless bytes outside any frame are bounded as well', () => {
    const reader = frameReader(1000)
    expect(reader.push(Buffer.alloc(900, 0x20)).map(({ kind }) => kind)).toEqual(['garbage'])
    expect(reader.push(Buffer.alloc(200, 0x20)).map(({ kind }) => kind)).toEqual(['garbage', 'overflow'])
  })
})

interface Case {
  readonly id: string
  readonly chunksHex: readonly string[]
  readonly expectControlIds?: readonly string[]
  readonly expectText?: string
  readonly expectError?: boolean
}

const file = new URL('../../../../shared/cases/hl7v2/mllp/cases.jsonl', import.meta.url)
// The shape is the README's beside the cases.
const cases: readonly Case[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Case)
  : []

describeShared('the frames other implementations published', () => {
  test.each(cases.map((row) => [row.id, row] as const))('%s', (_, row) => {
    const { events } = read(...row.chunksHex.map((chunk) => Buffer.from(chunk, 'hex')))
    const found = texts(events)
    if (row.expectError === true) expect(found).toEqual([])
    else if (row.expectText !== undefined) expect(found).toEqual([row.expectText])
    else expect(found.map((message) => message.split('\r')[0]?.split('|')[9])).toEqual(row.expectControlIds)
  })

  test('a message split in half is delivered only with its second half', () => {
    const half = cases.find(({ id }) => id === 'mllp-split-in-half')?.chunksHex[0] ?? ''
    const reader = frameReader(limit)
    expect(reader.push(Buffer.from(half, 'hex'))).toEqual([])
    expect(reader.isOpen).toBe(true)
  })
})
