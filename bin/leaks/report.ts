/** The table of a run: attack, requests tried, differences found; then each difference once, shortened. */
import type { Outcome } from './run.ts'

/** of each attack, so that many of one kind do not hide one of another */
const shownOfEach = 3

export function report({ rows, findings, tried }: Outcome): readonly string[] {
  const shown = [...Map.groupBy(findings, ({ attack }) => attack).values()].flatMap((of) => of.slice(0, shownOfEach))
  const width = Math.max(...rows.map(({ attack }) => attack.length))
  const line = (attack: string, count: string, differences: string, about: string): string =>
    `${attack.padEnd(width)}  ${count.padStart(8)}  ${differences.padStart(11)}  ${about}`
  return [
    line('attack', 'requests', 'differences', 'what is tried'),
    ...rows.map((row) => line(row.attack, String(row.tried), String(row.differences), row.about)),
    line('all', String(tried), String(findings.length), ''),
    ...shown.flatMap(({ attack, as, request, difference }) => ['', `${attack}: ${as} ${request}`, `  ${difference}`]),
    ...(findings.length > shown.length ? ['', `and ${findings.length - shown.length} more`] : []),
  ]
}
