/** Lines of a delimited file → records by column name. RFC 4180 quoting for commas; tab and bar files are taken as they are. */

export type Lines = AsyncIterable<string> | Iterable<string>

export interface Columns {
  /** header names as written, trimmed */
  readonly names: readonly string[]
  readonly delimiter: ',' | '\t' | '|'
}

export type Record = Readonly<{ [column: string]: string }>

/** longest record, against a quote that is never closed */
const maxRecord = 1_000_000

export function columnsOf(header: string): Columns {
  const line = header.replace(/^\uFEFF/, '')
  const delimiter = line.includes('\t') ? '\t' : line.includes('|') && !line.includes(',') ? '|' : ','
  return { delimiter, names: split(line, delimiter).map((name) => name.trim()) }
}

/** The records of a file, header first read and told. Throws RangeError for a record without an end. */
export async function* recordsOf(lines: Lines): AsyncGenerator<{ readonly columns: Columns; readonly record: Record }> {
  let columns: Columns | undefined
  let open = ''
  for await (const raw of lines) {
    const line = open === '' ? raw : `${open}\n${raw}`
    if (columns?.delimiter !== '\t' && columns?.delimiter !== '|' && !isWhole(line)) {
      if (line.length > maxRecord) throw new RangeError('a quoted field is never closed')
      open = line
      continue
    }
    open = ''
    if (line.trim() === '') continue
    if (columns === undefined) {
      columns = columnsOf(line)
      continue
    }
    const values = split(line, columns.delimiter)
    yield { columns, record: Object.fromEntries(columns.names.map((name, at) => [name, (values[at] ?? '').trim()])) }
  }
  if (open !== '') throw new RangeError('a quoted field is never closed')
}

function isWhole(line: string): boolean {
  let quotes = 0
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 0
}

function split(line: string, delimiter: string): readonly string[] {
  const text = line.replace(/\r$/, '')
  if (delimiter !== ',' || !text.includes('"')) return text.split(delimiter)
  return [...`,${text}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
