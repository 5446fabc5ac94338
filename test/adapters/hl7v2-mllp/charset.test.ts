import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { existsSync, readFileSync } from 'node:fs'
import { charsetNamed, decodeMessage, encodeText, type Charset } from '../../../adapters/hl7v2-mllp/charset.ts'
import { parseMessage } from '../../../adapters/hl7v2-mllp/message.ts'
import { patientFrom, patientNumberOf } from '../../../adapters/hl7v2-mllp/map-patient.ts'
import { gapList } from '../../../adapters/hl7v2-mllp/draft.ts'
import { describeShared } from '../../fhir-profiles/shared.ts'
import { context, handle, header, pid, text } from './bench.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

function decoded(bytes: Buffer, declared: string, configured: Charset = 'cp949'): string {
  const result = decodeMessage(bytes, declared, configured)
  return result.ok ? result.text : `refused: ${result.fault}`
}

describe('the character set of a message', () => {
  test('KS X 1001 is read as CP949, so that no name loses a syllable', () => {
    for (const name of ['박아픔', '김똠별', '김뷁별', '펲']) expect(decoded(iconv.encode(name, 'cp949'), 'KS X 1001')).toBe(name)
  })

  test('seven-bit Korean with shifts is understood under the same name', () => {
    const bytes = encodeText('홍길동 MRI 판독', 'iso-2022-kr')
    expect(bytes?.every((byte) => byte < 0x80)).toBe(true)
    expect(decoded(bytes ?? Buffer.alloc(0), 'KS X 1001')).toBe('홍길동 MRI 판독')
  })

  test('a wrong declaration is refused, in every direction', () => {
    const korean = '서울특별시 강남구 일원로 81'
    expect(decoded(iconv.encode(korean, 'cp949'), 'UNICODE UTF-8')).toBe('refused: wrong-charset')
    expect(decoded(Buffer.from(korean, 'utf8'), 'KS X 1001')).toBe('refused: wrong-charset')
    expect(decoded(iconv.encode(korean, 'cp949'), 'ASCII')).toBe('refused: wrong-charset')
    expect(decoded(Buffer.from(korean, 'utf8'), '8859/1')).toBe('refused: wrong-charset')
    expect(decoded(Buffer.from('강강강', 'utf8'), 'KS X 1001')).toBe('refused: wrong-charset')
  })

  test('text that somebody has already damaged is refused, not stored', () => {
    expect(decoded(Buffer.from('김\ufffd수', 'utf8'), 'UNICODE UTF-8')).toBe('refused: wrong-charset')
  })

  test('a single syllable that happens to be valid UTF-8 is still Korean', () => {
    for (const name of ['화', '청', '치', '차']) expect(decoded(iconv.encode(name, 'cp949'), 'KS X 1001')).toBe(name)
  })

  test('without MSH-18 the charset agreed with the sender holds, and undeclared UTF-8 is refused', () => {
    expect(decoded(iconv.encode('박아픔', 'cp949'), '')).toBe('박아픔')
    expect(decoded(Buffer.from('박아픔', 'utf8'), '')).toBe('refused: undeclared-utf8')
    expect(decoded(Buffer.from('박아픔', 'utf8'), '', 'utf-8')).toBe('박아픔')
    expect(decoded(Buffer.from('DOE', 'ascii'), '')).toBe('DOE')
  })

  test('a charset nobody agreed on is refused by name', () => {
    expect(decoded(Buffer.from('x'), 'ISO IR87')).toBe('refused: unsupported-charset')
    expect(charsetNamed('UNICODE UTF-16')).toBeUndefined()
  })

  test('any text survives the way out and back in each charset that can hold it', () => {
    const charsets: readonly (readonly [Charset, string])[] = [
      ['utf-8', 'UNICODE UTF-8'],
      ['cp949', 'KS X 1001'],
      ['iso-2022-kr', 'ISO-2022-KR'],
      ['iso-8859-1', '8859/1'],
    ]
    const sign = fc.oneof(
      fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom('a', 'é', '姜', ' ', '|', '^', '가'),
    )
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 20 }), fc.constantFrom(...charsets), (signs, [charset, name]) => {
        const written = encodeText(signs.join(''), charset)
        if (written === undefined) return
        const back = decodeMessage(written, name, 'ascii')
        // Latin letters alone may be told apart from UTF-8 no better than by refusing.
        if (back.ok) expect(back.text).toBe(signs.join(''))
        else expect(charset).not.toBe('utf-8')
      }),
    )
  })

  test('what cannot be written is not replaced by question marks', () => {
    expect(encodeText('검사 😀', 'cp949')).toBeUndefined()
    expect(encodeText('똠', 'iso-2022-kr')).toBeUndefined()
  })

  test('half a character and a shift that is not undone are refused', () => {
    expect(decoded(Buffer.from([0x0e, 0x30, 0x0d]), 'KS X 1001')).toBe('refused: wrong-charset')
    expect(decoded(Buffer.from([0x0e, 0x30, 0x21]), 'KS X 1001')).toBe('refused: wrong-charset')
    expect(decoded(Buffer.from([0xb0]), 'KS X 1001')).toBe('refused: wrong-charset')
  })

  test('the acknowledgement comes in the charset of the message', async () => {
    const head = header('ADT^A08', { charset: 'KS X 1001' }).replace('|HIS|', '|원무과|')
    const bytes = iconv.encode(text(head, pid, 'PV1|1|O|||||||||||||||||V1'), 'cp949')
    const { ack, taken } = await handle(bytes)
    expect(taken.length).toBe(1)
    expect(iconv.decode(Buffer.from(ack, 'latin1'), 'cp949')).toContain('|원무과|')
    expect(ack).toContain('|KS X 1001')
  })

  test('the refusal of unreadable text is plain ASCII and names MSH-18', async () => {
    const bytes = iconv.encode(text(header('ADT^A08').replace('|HIS|', '|원무과|'), pid), 'cp949')
    const { ack, taken, events } = await handle(bytes)
    expect(taken).toEqual([])
    expect(ack).toMatch(/MSA\|AE\|M1\rERR\|\|MSH\^1\^18\|102\^/)
    expect(ack).toMatch(/^[\r\x20-\x7e]*$/)
    expect(JSON.stringify(events)).not.toContain('견본')
  })
})

interface Row {
  readonly id: string
  readonly bytesHex: string
  readonly msh18: string
  readonly field?: string
  readonly expect: string | { readonly family: string; readonly given: string; readonly address?: string }
  readonly note?: string
}

function rows(folder: string): readonly Row[] {
  const file = new URL(`../../../../shared/cases/hl7v2/${folder}/cases.jsonl`, import.meta.url)
  // The shape is the README's beside the cases.
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
    : []
}

describeShared('the published character set cases', () => {
  test.each(rows('charset').map((row) => [row.id, row] as const))('%s', (_, row) => {
    const bytes = Buffer.from(row.bytesHex, 'hex')
    if (row.msh18 === '') {
      // Undeclared UTF-8: refused where something else is agreed, read where UTF-8 is; never the mojibake of the case.
      expect(decoded(bytes, '', 'cp949')).toBe('refused: undeclared-utf8')
      expect(decoded(bytes, '', 'iso-8859-1')).toBe('refused: undeclared-utf8')
      expect(decoded(bytes, '', 'utf-8')).toContain('|Çödÿ|')
      return
    }
    const field = Number(row.field?.split('-')[1])
    expect(decoded(bytes, row.msh18).split('\r')[1]?.split('|')[field]).toBe(row.expect)
  })
})

describeShared('the Korean character set cases', () => {
  test.each(rows('charset-kr-derived').map((row) => [row.id, row] as const))('%s', async (_, row) => {
    const bytes = Buffer.from(row.bytesHex, 'hex')
    if (row.note?.startsWith('WRONG') === true) {
      const { ack, taken } = await handle(bytes, { charset: 'KS X 1001' })
      expect(taken).toEqual([])
      expect(ack).toMatch(/MSA\|A[ER]\|/)
      return
    }
    const parsed = parseMessage(decoded(bytes, row.msh18))
    const segment = parsed.ok ? parsed.message.first('PID') : undefined
    if (segment === undefined || typeof row.expect === 'string') throw new Error('the case has a PID and expects parts of it')
    const draft = { context, offset: '+09:00', messageId: row.id, messageTime: undefined, gaps: gapList() }
    const patient = patientFrom(segment, patientNumberOf(segment) ?? '', draft)
    expect(patient.name?.[0]).toMatchObject({
      family: row.expect.family,
      given: [row.expect.given],
      text: `${row.expect.family}${row.expect.given}`,
    })
    if (row.expect.address !== undefined) expect(patient.address?.[0]?.text).toBe(row.expect.address)
    const { ack, taken } = await handle(bytes, { charset: 'KS X 1001' })
    expect(ack).toMatch(/MSA\|AA\|/)
    expect(taken.length).toBe(1)
  })
})
