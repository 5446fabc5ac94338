/**
 * Bytes ↔ text by MSH-18 (HL7 table 0211) with a configured charset for senders that leave it empty.
 * Nothing is guessed: text that does not decode cleanly, or that is plainly in another charset than declared, is refused and never stored.
 */
import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { decodeIso2022Kr, encodeIso2022Kr, isIso2022Kr } from './iso2022-kr.ts'

export type Charset = 'utf-8' | 'ascii' | 'cp949' | 'iso-2022-kr' | `iso-8859-${number}`

export type Decoded =
  | { readonly ok: true; readonly text: string; readonly charset: Charset }
  | { readonly ok: false; readonly fault: 'unsupported-charset' | 'wrong-charset' | 'undeclared-utf8' }

/**
 * The charset of an MSH-18 value; undefined = not one we take.
 * `KS X 1001` is read as CP949, its superset: Korean senders mean that, and names with syllables outside KS X 1001 exist.
 */
export function charsetNamed(name: string): Charset | undefined {
  const plain = name.toUpperCase().replace(/[\s_-]+/g, '')
  if (['UNICODEUTF8', 'UTF8', 'UNICODE'].includes(plain)) return 'utf-8'
  if (['ASCII', 'USASCII'].includes(plain)) return 'ascii'
  if (['KSX1001', 'KSC5601', 'EUCKR', 'CP949', 'MS949', 'UHC', 'ISOIR149'].includes(plain)) return 'cp949'
  if (['ISO2022KR', 'KSX1001ISO2022'].includes(plain)) return 'iso-2022-kr'
  const part = /^(?:ISO)?8859\/?(\d{1,2})$/.exec(plain)?.[1]
  return part !== undefined && iconv.encodingExists(`iso-8859-${Number(part)}`) ? `iso-8859-${Number(part)}` : undefined
}

/** Decodes a whole message. `declared` is MSH-18 ('' = none), `configured` the charset agreed with this sender. */
export function decodeMessage(bytes: Buffer, declared: string, configured: Charset): Decoded {
  const named = declared === '' ? configured : charsetNamed(declared)
  if (named === undefined) return { ok: false, fault: 'unsupported-charset' }
  // MSH-18 `KS X 1001` names the characters; seven-bit senders shift to them with SO and SI.
  const charset = named === 'cp949' && isIso2022Kr(bytes) ? 'iso-2022-kr' : named
  const text = decodeAs(bytes, charset)
  if (charset !== 'utf-8' && looksLikeUtf8(bytes, charset))
    return { ok: false, fault: declared === '' ? 'undeclared-utf8' : 'wrong-charset' }
  if (text === undefined || hasDamage(text)) return { ok: false, fault: 'wrong-charset' }
  return { ok: true, text, charset }
}

/** Undefined when a character of the text does not exist in the charset: nothing is replaced by `?`. */
export function encodeText(text: string, charset: Charset): Buffer | undefined {
  if (charset === 'utf-8') return Buffer.from(text, 'utf8')
  if (charset === 'iso-2022-kr') return encodeIso2022Kr(text)
  const bytes = iconv.encode(text, charset)
  return iconv.decode(bytes, charset) === text ? bytes : undefined
}

function decodeAs(bytes: Buffer, charset: Charset): string | undefined {
  if (charset === 'utf-8') return strictUtf8(bytes)
  if (charset === 'iso-2022-kr') return decodeIso2022Kr(bytes)
  if (charset === 'ascii') return bytes.every((byte) => byte < 0x80) ? bytes.toString('latin1') : undefined
  return iconv.decode(bytes, charset)
}

function strictUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** U+FFFD: a byte meant nothing (or had been lost before). C1 controls: bytes of another charset read as ISO 8859. */
function hasDamage(text: string): boolean {
  return /[\u0080-\u009f\ufffd]/.test(text)
}

/**
 * Bytes that are valid UTF-8 throughout hardly ever are text in another charset. In CP949 a few syllables do collide with two-byte UTF-8
 * (화 is 0xC8 0xAD). So there it takes a three-byte sequence, a second byte that only rare syllables have, or three collisions at once.
 */
function looksLikeUtf8(bytes: Buffer, charset: Charset): boolean {
  const text = strictUtf8(bytes)
  const wide = text?.match(/\P{ASCII}/gu) ?? []
  if (charset !== 'cp949') return wide.length > 0
  return wide.length >= 3 || wide.some((sign) => (sign.codePointAt(0) ?? 0) > 0x7ff || ((sign.codePointAt(0) ?? 0) & 0x3f) <= 0x20)
}
