import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isExactNumber, numberOf, parseJson, stringifyExact } from '../../fhir-profiles/json.ts'
import { validate } from '../../fhir-profiles/validate/validate.ts'
import { describeShared, sharedFiles } from './shared.ts'
import { cases, generateAlike, seedOr } from '../support/proof.ts'

generateAlike(fc)

const limits = { maxDepth: 20, maxBytes: 1_000_000 }
const read = (source: string | Buffer) => parseJson(source, limits)
const faultOf = (source: string | Buffer) => {
  const parsed = read(source)
  return parsed.ok ? undefined : parsed.fault
}

describe('numbers', () => {
  test.each(['1.10', '0.0', '12345678901234567890', '1E2', '-0', '0.00000001', '1.000000000000000005', '1e400'])(
    'a laboratory value written %s is written so again',
    (number) => {
      const text = `{"value":${number},"list":[${number},1],"note":"${number}"}`
      const parsed = read(text)
      expect(parsed).toMatchObject({ ok: true, exact: true })
      expect(parsed.ok && stringifyExact(parsed.value)).toBe(text)
    },
  )

  test('an ordinary number is an ordinary number', () => {
    expect(read('{"value":1.5,"count":-3}')).toEqual({ ok: true, exact: false, value: { value: 1.5, count: -3 } })
  })

  test('a number of either form can be compared', () => {
    const parsed = read('[1.10, 2]')
    const [exact, plain] = parsed.ok && Array.isArray(parsed.value) ? parsed.value : []
    expect([isExactNumber(exact), isExactNumber(plain)]).toEqual([true, false])
    expect([numberOf(exact), numberOf(plain), numberOf('1')]).toEqual([1.1, 2, undefined])
  })

  test.each(['{1.10:1}', '[1.10 2.20]', '[1.10"a"]', '[+1.10]', '[01.10]', '[1.10.1]', 'tru1.10', '[1.]', '[.5]', '[- 1.10]'])(
    'a number in a wrong place is no number: %s',
    (text) => {
      expect(faultOf(text)?.kind).toBe('syntax')
    },
  )
})

describe('what is refused', () => {
  test('a key that stands twice, by its path: two readers must not read two different patients', () => {
    expect(faultOf('{"name":[{"family":"a"},{"family":"b","family":"c"}]}')).toMatchObject({
      kind: 'duplicate-key',
      where: 'name[1].family',
    })
    expect(faultOf('{"a":1,"\\u0061":2}')).toMatchObject({ kind: 'duplicate-key', where: 'a' })
  })

  test.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('a key that reaches a prototype: %s', (key) => {
    expect(faultOf(`{"id":"x","extension":[{"${key}":{"polluted":true}}]}`)).toMatchObject({ kind: 'syntax' })
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('NUL and half surrogate pairs, which a database cannot store', () => {
    expect(faultOf('{"a":"x\\u0000"}')?.kind).toBe('syntax')
    expect(faultOf('{"a":[1.10,"\\u00001.10"]}')?.kind).toBe('syntax')
    expect(faultOf('["\\ud800"]')?.kind).toBe('not-utf8')
    expect(faultOf(`["${String.fromCharCode(0xdc00)}"]`)?.kind).toBe('not-utf8')
  })

  test('bytes that are not UTF-8, with the place', () => {
    expect(faultOf(Buffer.from([0x7b, 0x0a, 0x22, 0xff, 0x22]))).toMatchObject({ kind: 'not-utf8', where: '2:2' })
    expect(faultOf(Buffer.from('{"이름":"홍"}', 'utf16le'))?.kind).not.toBe(undefined)
  })

  test('nesting deeper than agreed, without a stack of its own', () => {
    expect(faultOf('[{"a":'.repeat(10) + '1' + '}]'.repeat(10))).toBe(undefined)
    expect(faultOf(`[${'[{"a":'.repeat(10)}1${'}]'.repeat(10)}]`)?.kind).toBe('too-deep')
    expect(faultOf('['.repeat(500_000))?.kind).toBe('too-deep')
    expect(faultOf('{"a":'.repeat(100_000))?.kind).toBe('too-deep')
  })

  test('more bytes than agreed, counted as bytes', () => {
    expect(parseJson('"가"', { maxDepth: 2, maxBytes: 5 })).toMatchObject({ ok: true })
    expect(parseJson('"가나"', { maxDepth: 2, maxBytes: 5 })).toMatchObject({ ok: false, fault: { kind: 'too-large' } })
  })

  test('a syntax fault names line and column and quotes nothing', () => {
    const fault = faultOf('{\n  "family": "비밀",\n  "given": [,]\n}')
    expect(fault).toMatchObject({ kind: 'syntax', where: '3:13' })
    expect(JSON.stringify(fault)).not.toContain('비밀')
    expect(JSON.stringify(faultOf('{"홍길동 900101-1234567":1,"홍길동 900101-1234567":2}'))).not.toContain('홍길동')
  })
})

test('a byte order mark before the text is tolerated', () => {
  expect(read('\ufeff{"a":1}')).toMatchObject({ ok: true })
  expect(read(Buffer.from('\ufeff{"a":1}'))).toMatchObject({ ok: true })
})

test('an escaped backslash before u0000 is text like any other', () => {
  expect(read('{"path":"C:\\\\u0000","value":1.10}')).toMatchObject({ ok: true, exact: true, value: { path: 'C:\\u0000' } })
})

describe('held against JSON.parse', () => {
  const options = { numRuns: cases(300), seed: seedOr(20261121) }
  const plainKey = fc
    .string({ unit: 'grapheme' })
    .filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key) && !key.includes('\0'))
  const value = fc.jsonValue({ maxDepth: 6 })

  test('sound text gives the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(plainKey, value), (object) => {
        const text = JSON.stringify(object)
        const parsed = read(text)
        // Random strings may hold NUL or reserved keys deeper down: those are refused, never misread.
        if (parsed.ok) expect(JSON.parse(stringifyExact(parsed.value))).toEqual(JSON.parse(text))
        else expect(['syntax', 'not-utf8']).toContain(parsed.fault.kind)
      }),
      options,
    )
  })

  test('text with one sign changed is taken only if JSON.parse takes it, and every refusal has a reason', () => {
    const sign = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '1', '.', 'e', '-', '0', ' ', '\u0000', 'n', '\n', '\ud800')
    fc.assert(
      fc.property(fc.array(value), sign, fc.nat(), fc.boolean(), (list, change, where, insert) => {
        const text = JSON.stringify({ list, number: 1.5, decimal: 2 }).replace('1.5', '1.50')
        const at = where % text.length
        const changed = text.slice(0, at) + change + text.slice(at + (insert ? 0 : 1))
        const parsed = read(changed)
        if (parsed.ok) expect(JSON.parse(stringifyExact(parsed.value))).toEqual(JSON.parse(changed))
        else expect(parsed.fault.diagnostics).not.toBe('not a JSON text')
      }),
      { ...options, numRuns: cases(2000) },
    )
  })
})

describeShared('hostile JSON', () => {
  test('what must not parse does not, what must parse does, except doubled keys and NUL', () => {
    const files = sharedFiles('attacks/json-parsing')
    const accepted = files.filter(({ bytes }) => read(bytes).ok).map(({ name }) => name)
    expect(accepted.filter((name) => name.startsWith('n_'))).toEqual([])
    const refused = files.filter(({ name, bytes }) => name.startsWith('y_') && !read(bytes).ok).map(({ name }) => name)
    expect(refused.filter((name) => !/duplicated_key|escaped_null|null_escape|nullescape/i.test(name))).toEqual([])
  })

  test('numbers of any length come back as written', () => {
    for (const { bytes } of sharedFiles('attacks/json-transform').filter(({ name }) => name.startsWith('number_'))) {
      const parsed = read(bytes)
      expect(parsed.ok && stringifyExact(parsed.value)).toBe(bytes.toString().trim())
    }
  })

  test('fuzzed and polluting objects neither throw nor change a prototype, nor pass for a resource', () => {
    const fuzz = sharedFiles('attacks/json-fuzz', '.txt').flatMap(({ bytes }) => bytes.toString('utf8').split('\n'))
    const pollution = sharedFiles('attacks/prototype-pollution', '.jsonl').flatMap(({ bytes }) =>
      bytes
        .toString()
        .trim()
        .split('\n')
        .map((line) => String(Object(JSON.parse(line)).payload)),
    )
    for (const text of [...fuzz, ...pollution]) {
      const parsed = parseJson(text, { maxDepth: 64, maxBytes: 1_000_000 })
      if (parsed.ok) expect(validate(parsed.value).length).toBeGreaterThan(0)
    }
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Object(globalThis).evilProperty).toBe(undefined)
  })
})
