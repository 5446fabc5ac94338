/** Escape sequences of field text. Spec: HL7 v2.5.1 chapter 2, §2.7 "Use of escape sequences in text fields". */

/** The five delimiters of one message, as its MSH-1 and MSH-2 state them. */
export interface Delimiters {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escape: string
  readonly subcomponent: string
}

export const usualDelimiters: Delimiters = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' }

/**
 * Text as its author wrote it. Formatting commands become line breaks or nothing, highlighting is dropped, hexadecimal data is read as
 * UTF-8; what is not known (a change of character set, a local escape) stays visibly as it is.
 */
export function unescapeText(text: string, delimiters: Delimiters): string {
  const mark = delimiters.escape
  if (!text.includes(mark)) return text
  const parts = text.split(mark)
  let result = parts[0] ?? ''
  for (let at = 1; at < parts.length; at += 1) {
    const code = parts[at] ?? ''
    const meaning = at + 1 < parts.length ? meaningOf(code, delimiters) : undefined
    if (meaning === undefined) result += mark + code
    else {
      result += meaning + (parts[at + 1] ?? '')
      at += 1
    }
  }
  return result
}

function meaningOf(code: string, delimiters: Delimiters): string | undefined {
  switch (code) {
    case 'F':
      return delimiters.field
    case 'S':
      return delimiters.component
    case 'T':
      return delimiters.subcomponent
    case 'R':
      return delimiters.repetition
    case 'E':
      return delimiters.escape
    case 'H':
    case 'N':
      return ''
    default:
      return /^X(?:[0-9A-Fa-f]{2})+$/.test(code) ? fromHex(code.slice(1)) : formatting(code)
  }
}

function fromHex(digits: string): string | undefined {
  const text = Buffer.from(digits, 'hex').toString('utf8')
  return text.includes('\ufffd') ? undefined : text
}

function formatting(code: string): string | undefined {
  if (code === '.br') return '\n'
  const lines = /^\.sp\+?(\d{0,2})$/.exec(code)
  if (lines !== null) return '\n'.repeat(Number(lines[1] === '' ? 1 : lines[1]))
  if (code === '.ce') return '\n'
  return /^\.(?:in|ti|sk|fi|nf)[+-]?\d{0,2}$/.test(code) ? '' : undefined
}

/** Text made safe for a field with the usual delimiters; line breaks become `\.br\`, other controls hexadecimal. */
export function escapeText(text: string): string {
  return text.replace(/\r\n|[\\|^~&]|\p{Cc}/gu, (found) => {
    const known: Readonly<Record<string, string>> = {
      '\\': 'E',
      '|': 'F',
      '^': 'S',
      '&': 'T',
      '~': 'R',
      '\n': '.br',
      '\r': '.br',
      '\r\n': '.br',
    }
    return `\\${known[found] ?? `X${Buffer.from(found, 'utf8').toString('hex').toUpperCase()}`}\\`
  })
}
