/** Comma-separated text with a head line (RFC 4180) → one record per line. */
export function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const fields = [...text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)]
  const lines: string[][] = [[]]
  for (const [, field = '', end] of fields) {
    lines.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)
    if (end !== ',') lines.push([])
  }
  const [head = [], ...rows] = lines.filter((line) => line.some((field) => field !== ''))
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])))
}
