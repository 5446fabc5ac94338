/**
 * ISO-2022-KR: seven-bit Korean. ESC $ ) C announces KS X 1001, SO shifts to its two-byte characters, SI back to ASCII.
 * Spec: https://www.rfc-editor.org/rfc/rfc1557. Senders put the announcement anywhere before the first shift, or leave it out.
 */
import iconv from 'iconv-lite'

const shiftOut = 0x0e
const shiftIn = 0x0f
const announcement = Buffer.from('\u001b$)C', 'latin1')

export function isIso2022Kr(bytes: Buffer): boolean {
  return bytes.includes(announcement) || (bytes.includes(shiftOut) && bytes.every((byte) => byte < 0x80))
}

/** Undefined when the bytes are not ISO-2022-KR: a byte above 0x7F, half a character, a shift not undone before the segment ends. */
export function decodeIso2022Kr(bytes: Buffer): string | undefined {
  const plain: number[] = []
  let isShifted = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x80) return undefined
    if (announcement.equals(bytes.subarray(at, at + announcement.length))) at += announcement.length - 1
    else if (byte === shiftOut) isShifted = true
    else if (byte === shiftIn) isShifted = false
    else if (isShifted && (byte === 0x0d || byte === 0x0a)) return undefined
    else if (!isShifted || byte <= 0x20) plain.push(byte)
    else {
      const second = bytes[at + 1] ?? 0
      if (byte > 0x7e || second < 0x21 || second > 0x7e) return undefined
      plain.push(byte | 0x80, second | 0x80)
      at += 1
    }
  }
  return isShifted ? undefined : iconv.decode(Buffer.from(plain), 'cp949')
}

/** Undefined when a character is outside KS X 1001 and ASCII. */
export function encodeIso2022Kr(text: string): Buffer | undefined {
  const out: number[] = []
  let isAnnounced = false
  let isShifted = false
  for (const character of text) {
    const bytes = iconv.encode(character, 'cp949')
    const isWide = bytes.length === 2
    if (iconv.decode(bytes, 'cp949') !== character || (isWide && bytes.some((byte) => byte < 0xa1))) return undefined
    if (isWide && !isAnnounced) {
      out.push(...announcement)
      isAnnounced = true
    }
    if (isWide !== isShifted) out.push(isWide ? shiftOut : shiftIn)
    isShifted = isWide
    out.push(...bytes.map((byte) => byte & 0x7f))
  }
  if (isShifted) out.push(shiftIn)
  return Buffer.from(out)
}
