import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { escapeText, unescapeText, usualDelimiters } from '../../../adapters/hl7v2-mllp/escape.ts'
import { parseMessage } from '../../../adapters/hl7v2-mllp/message.ts'
import { fhirDate, fhirDateTime, fhirInstant, fhirTime, hl7Now, hl7Time } from '../../../adapters/hl7v2-mllp/time.ts'
import { describeShared } from '../../fhir-profiles/shared.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

describe('escape sequences', () => {
  test.each([
    ['\\T\\', '&'],
    ['a\\F\\b\\S\\c', 'a|b^c'],
    ['첫 줄\\.br\\둘째 줄', '첫 줄\n둘째 줄'],
    ['\\H\\굵게\\N\\', '굵게'],
    ['\\X48C3A9\\', 'Hé'],
    ['50\\% \\F\\', '50\\% |'],
    ['C:\\temp', 'C:\\temp'],
    ['\\C2842\\', '\\C2842\\'],
    ['\\\\F\\', '\\|'],
  ])('%s means %s', (written, meant) => {
    expect(unescapeText(written, usualDelimiters)).toBe(meant)
  })

  test('whatever is written is read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').toWellFormed()
        expect(unescapeText(escapeText(text.toWellFormed()), usualDelimiters)).toBe(plain)
      }),
    )
  })

  test('nothing that is written can end a field, a segment or a frame', () => {
    const ending = ['|', '^', '~', '&', '\r', '\n', '\v', '\u001c']
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !ending.some((sign) => escapeText(text).includes(sign))))
  })
})

describe('a message', () => {
  test('may use delimiters of its own', () => {
    const parsed = parseMessage('MSH$%~\\&$GHH LAB\rPID$$$555-44$$EVERYWOMAN%EVE%a&b\r')
    expect(parsed.ok && parsed.message.first('PID')?.at(5, 3, 2)).toBe('b')
  })

  test('an escape sign written twice is a slip that is understood', () => {
    const parsed = parseMessage('MSH|^~\\\\&|A\rPID|||x^y\r')
    expect(parsed.ok && parsed.message.first('PID')?.at(3, 2)).toBe('y')
  })

  test.each([
    ['no MSH', 'PID|1', 'no-header'],
    ['nothing', '', 'no-header'],
    ['a batch', 'BHS|^~\\&\rMSH|^~\\&', 'no-header'],
    ['delimiters that are all the same', 'MSH|||||||', 'bad-delimiters'],
    ['delimiters that are letters', 'MSHabcdef', 'bad-delimiters'],
    ['a line cut in two by a bare CR', 'MSH|^~\\&|A\rNTE|1||half\rof it\r', 'not-a-segment'],
    ['two messages in one frame', 'MSH|^~\\&|A\rMSH|^~\\&|B\r', 'second-header'],
    ['more fields than any segment has', `MSH|^~\\&|A\rPID${'|x'.repeat(600)}`, 'too-many-parts'],
    ['more repetitions than any field has', `MSH|^~\\&|A\rPID|||${'x~'.repeat(3000)}`, 'too-many-parts'],
    ['more segments than any message has', `MSH|^~\\&|A\r${'NTE|1\r'.repeat(6000)}`, 'too-many-parts'],
  ])('with %s is refused', (_, text, fault) => {
    expect(parseMessage(text)).toMatchObject({ ok: false, fault })
  })

  test('segments may end with LF alone; where CR is used LF is only a character', () => {
    const unix = parseMessage('MSH|^~\\&|A\nPID|1||x\n')
    const mixed = parseMessage('MSH|^~\\&|A\r\nNTE|1||two\nlines\r\n')
    expect(unix.ok && unix.message.segments.length).toBe(2)
    expect(mixed.ok && mixed.message.first('NTE')?.all(3)[0]?.text).toBe('two\nlines')
  })

  test('never fails on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (tail) => {
        const parsed = parseMessage(`MSH|^~\\&|${tail}`)
        if (!parsed.ok) return
        for (const segment of parsed.message.segments) {
          segment.at(3, 2, 2)
          segment.unread()
        }
      }),
    )
  })

  test('two quotation marks mean that a value was deleted', () => {
    const parsed = parseMessage('MSH|^~\\&|A\rPID|1||x|""|""^a')
    const pid = parsed.ok ? parsed.message.first('PID') : undefined
    expect([pid?.at(4), pid?.at(5), pid?.at(5, 2)]).toEqual([undefined, undefined, 'a'])
  })
})

describe('times', () => {
  test.each([
    ['20260302', '2026-03-02'],
    ['202603', '2026-03'],
    ['2026', '2026'],
    ['2026030209', '2026-03-02T09:00:00+09:00'],
    ['202603020930', '2026-03-02T09:30:00+09:00'],
    ['20260302093015', '2026-03-02T09:30:15+09:00'],
    ['20260302093015.1234-0500', '2026-03-02T09:30:15.1234-05:00'],
    ['202603020930+0000', '2026-03-02T09:30:00+00:00'],
  ])('%s is %s: precision and offset stay as they were', (hl7, fhir) => {
    expect(fhirDateTime(hl7, '+09:00')).toBe(fhir)
  })

  test.each(['20260230', '20261301', '2026030224', '202603020960', 'yesterday', '2026-03-02', '20260302093015+9999', ''])(
    '%s is no time',
    (hl7) => {
      expect(fhirDateTime(hl7, '+09:00')).toBeUndefined()
    },
  )

  test('29 February exists in leap years only', () => {
    expect(fhirDate('20240229')).toBe('2024-02-29')
    expect(fhirDate('20250229')).toBeUndefined()
    expect(fhirDate('19000229')).toBeUndefined()
    expect(fhirDate('20000229')).toBe('2000-02-29')
  })

  test('an instant needs a time of day', () => {
    expect(fhirInstant('20260302', '+09:00')).toBeUndefined()
    expect(fhirInstant('202603020930', '+09:00')).toBe('2026-03-02T09:30:00+09:00')
    expect(fhirTime('0930')).toBe('09:30:00')
    expect(fhirTime('2460')).toBeUndefined()
  })

  test('what is sent carries the offset, in the day of that offset', () => {
    expect(hl7Time('2026-03-02T09:30:00+09:00')).toBe('20260302093000+0900')
    expect(hl7Time('1970-01')).toBe('197001')
    expect(hl7Time('2026-03-02T00:00:00Z')).toBe('20260302000000+0000')
    expect(hl7Now(new Date('2026-03-01T20:00:00Z'), '+09:00')).toBe('20260302050000+0900')
  })
})

interface PythonCase {
  readonly id: string
  readonly text?: string
  readonly unescape?: string
  readonly escape?: string
  readonly expect: string | { readonly kind: string; readonly segments?: number; readonly extract?: Readonly<Record<string, string>> }
}

const file = new URL('../../../../shared/cases/hl7v2/python-hl7/cases.jsonl', import.meta.url)
// The shape is the README's beside the cases.
const cases: readonly PythonCase[] = existsSync(file)
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PythonCase)
  : []

describeShared('the messages and escapes of python-hl7', () => {
  test.each(cases.map((row) => [row.id, row] as const))('%s', (_, row) => {
    if (row.unescape !== undefined) expect(unescapeText(row.unescape, usualDelimiters)).toBe(row.expect)
    else if (row.escape !== undefined) expect(escapeText(row.escape)).toBe(row.expect)
    else checkStructure(row)
  })

  function checkStructure(row: PythonCase): void {
    const parsed = parseMessage(row.text ?? '')
    if (typeof row.expect === 'string' || row.expect.kind !== 'message') {
      // Batches and files are not for MLLP: one frame holds one message.
      expect(parsed.ok).toBe(false)
      return
    }
    if (!parsed.ok) throw new Error(parsed.fault)
    expect(parsed.message.segments.length).toBe(row.expect.segments)
    for (const [path, value] of Object.entries(row.expect.extract ?? {})) {
      const [name = '', field, first, second, third] = path.split('.')
      // `F.r.c[.s]`: repetition, component and subcomponent count from 1
      const repetitions = parsed.message.first(name)?.all(Number(field)) ?? []
      const found = repetitions[Number(first ?? 1) - 1]?.part(Number(second ?? 1), Number(third ?? 1))
      expect([path, found ?? '']).toEqual([path, value])
    }
  }
})
