import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readTrace, writeTrace } from '../../../gateway/logic/trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const header = `00-${traceId}-${spanId}-01`

describe('traceparent', () => {
  test('names the trace, the caller’s step and whether it is recorded', () => {
    expect(readTrace(header, undefined)).toEqual({ traceId, spanId, isSampled: true, state: '' })
    expect(readTrace(`00-${traceId}-${spanId}-00`, undefined)?.isSampled).toBe(false)
  })

  test('of a later version is read as far as it is known, and answered in ours without flags we do not know', () => {
    const later = readTrace(`cc-${traceId}-${spanId}-ff-what-will-come`, undefined)
    expect(later).toMatchObject({ traceId, isSampled: true })
    expect(later && writeTrace(later)).toBe(header)
  })

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['words', 'not a trace'],
    ['the version that never exists', `ff-${traceId}-${spanId}-01`],
    ['capitals', header.toUpperCase()],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a step of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['a fifth part in the version that has four', `${header}-more`],
    ['two headers in one', `${header}, ${header}`],
    ['a short id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a line break', `${header}\n`],
  ])('that is %s is ignored', (_what, given) => {
    expect(readTrace(given, 'a=1')).toBeUndefined()
  })

  test('written and read again is the same, whatever chance made it', () => {
    const hex = (length: number) =>
      fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'))
    fc.assert(
      fc.property(hex(16), hex(8), fc.boolean(), (trace, span, isSampled) => {
        fc.pre(/[^0]/.test(trace) && /[^0]/.test(span))
        const given = { traceId: trace, spanId: span, isSampled, state: '' }
        expect(readTrace(writeTrace(given), undefined)).toEqual(given)
      }),
    )
  })
})

describe('tracestate', () => {
  const stateOf = (given: string) => readTrace(header, given)?.state

  test.each(['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'a@b=1 2 , c=3', '1@tenant=x'])('`%s` is passed on as it came', (given) => {
    expect(stateOf(given)).toBe(given)
  })

  test('of 32 members and 512 characters is passed on; one more of either and it is dropped whole', () => {
    const members = (count: number, of: string) => Array.from({ length: count }, (_, at) => `k${at}=${of}`).join(',')
    expect(stateOf(members(32, 'v'))).toBe(members(32, 'v'))
    expect(stateOf(members(33, 'v'))).toBe('')
    expect(stateOf(`k=${'v'.repeat(254)},l=${'v'.repeat(253)}`)).toHaveLength(512)
    expect(stateOf(`k=${'v'.repeat(254)},l=${'v'.repeat(254)}`)).toBe('')
  })

  test.each(['no-value', '=1', 'UPPER=1', 'a=1,a=2', 'a=한글', 'a=b=c', `a=${'x'.repeat(257)}`])(
    '`%s` is dropped, and the trace goes on',
    (given) => {
      expect(readTrace(header, given)).toMatchObject({ traceId, state: '' })
    },
  )
})
