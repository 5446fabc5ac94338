/** Segments as text, with the usual delimiters. Pure. */

/** Field texts by number, already escaped; gaps between them stay empty. `MSH` numbers its fields as the standard does (MSH-3 is 3). */
export function segment(name: string, fields: Readonly<Record<number, string | undefined>>): string {
  const isHeader = name === 'MSH'
  const last = Math.max(0, ...Object.keys(fields).map(Number))
  const values = Array.from({ length: last }, (_, at) => fields[at + 1] ?? '')
  const written = isHeader ? ['^~\\&', ...values.slice(2)] : values
  return [name, ...written].join('|').replace(/\|+$/, '')
}

/** Components of one field, already escaped; empty ones at the end are left out. */
export function components(...parts: readonly (string | undefined)[]): string {
  return parts
    .map((part) => part ?? '')
    .join('^')
    .replace(/\^+$/, '')
}

export function joinSegments(segments: readonly string[]): string {
  return segments.map((text) => `${text}\r`).join('')
}
