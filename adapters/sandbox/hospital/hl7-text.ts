/** As much HL7 v2 as this hospital reads and writes. An EMR of its own: nothing here comes from the gateway's adapter. */

/** A message as segments of fields; field 0 is the segment's name, and MSH counts like the standard (MSH-10 is field 10). */
export type Segments = readonly (readonly string[])[]

export function readSegments(text: string): Segments {
  return text
    .split(/[\r\n]+/)
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split('|')
      return fields[0] === 'MSH' ? ['MSH', '|', ...fields.slice(1)] : fields
    })
}

export function segmentNamed(message: Segments, name: string): readonly string[] | undefined {
  return message.find((segment) => segment[0] === name)
}

/** One component, unescaped; '' where there is none. */
export function part(segment: readonly string[] | undefined, field: number, component = 1): string {
  return plain((segment?.[field] ?? '').split('~')[0]?.split('^')[component - 1] ?? '')
}

/** A whole field as text, unescaped. */
export function words(segment: readonly string[] | undefined, field: number): string {
  return plain(segment?.[field] ?? '')
}

export function plain(text: string): string {
  const signs: Readonly<Record<string, string>> = { F: '|', S: '^', T: '&', R: '~', E: '\\', '.br': '\n' }
  return text.replace(/\\([^\\]*)\\/g, (whole, code: string) => signs[code] ?? whole)
}

export function safe(text: string): string {
  const codes: Readonly<Record<string, string>> = { '\\': 'E', '|': 'F', '^': 'S', '&': 'T', '~': 'R', '\n': '.br', '\r': '' }
  return text.replace(/[\\|^&~\n\r]/g, (sign) => (codes[sign] === '' ? '' : `\\${codes[sign]}\\`))
}

/** Fields by number from 1, already safe. */
export function line(name: string, fields: Readonly<Record<number, string>>): string {
  const last = Math.max(...Object.keys(fields).map(Number))
  const values = Array.from({ length: last }, (_, at) => fields[at + 1] ?? '')
  return [name, ...(name === 'MSH' ? ['^~\\&', ...values.slice(2)] : values)].join('|')
}

/** Korean time. */
export function stamp(now: Date): string {
  const local = new Date(now.getTime() + 9 * 3_600_000).toISOString()
  return `${local.slice(0, 19).replace(/[-T:]/g, '')}+0900`
}
