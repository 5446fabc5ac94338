/**
 * 주민등록번호 and 외국인등록번호, recognised by form so that they stop at the edge. They may be processed only where a law names them
 * (개인정보 보호법 제24조의2); the core of the network has no such ground, so every adapter drops them with a Gap `dropped-by-law`.
 * Numbers issued since October 2020 carry no check digit, so the form is all there is to go by: thirteen digits that start with a date.
 */

const separators = /[\s‐-―−.-]/g
const inText = /(?<!\d)(\d{6})(?:\s?[‐-―−-]\s?|\s)?(\d{7})(?!\d)/g
const fullWidthDigits = /[０-９]/g

/** Century by the seventh digit: 1, 2, 5, 6 born 19xx · 3, 4, 7, 8 born 20xx · 9, 0 born 18xx (5–8: foreigners). */
const centuries = ['18', '19', '19', '20', '20', '19', '19', '20', '20', '18'] as const

/** True when the whole text is a resident or foreigner registration number, with or without a separator. */
export function isResidentNumber(text: string): boolean {
  const digits = narrow(text.trim()).replace(separators, '')
  return /^\d{13}$/.test(digits) && beginsWithDate(digits)
}

/** Free text with every resident number in it masked; `found` tells whether there was one. Everything else stays as it is. */
export function maskResidentNumbers(text: string): { readonly text: string; readonly found: boolean } {
  // Full-width digits are one UTF-16 unit each, so places in the narrowed text are places in the text.
  const parts: string[] = []
  let copied = 0
  for (const match of narrow(text).matchAll(inText)) {
    if (!beginsWithDate(`${match[1]}${match[2]}`)) continue
    parts.push(text.slice(copied, match.index), '******-*******')
    copied = match.index + match[0].length
  }
  return parts.length === 0 ? { text, found: false } : { text: parts.join('') + text.slice(copied), found: true }
}

function narrow(text: string): string {
  return text.replace(fullWidthDigits, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
}

function beginsWithDate(digits: string): boolean {
  const year = Number(`${centuries[Number(digits[6])] ?? '19'}${digits.slice(0, 2)}`)
  const month = Number(digits.slice(2, 4))
  const day = Number(digits.slice(4, 6))
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}
