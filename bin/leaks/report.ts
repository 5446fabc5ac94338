/** The table of a run: attack, requests tried, differences found; then each difference once, shortened. */
import type { Outcome } from './run.ts'

const shownFindings = 40

export function report({ rows, findings, tried }: Outcome): readonly string[] {
  const width = Math.max(...rows.map(({ attack }) => attack.length))
  const line = (attack: string, count: string, differences: string, about: string): string =>
    `${attack.padEnd(width)}  ${count.padStart(8)}  ${differences.padStart(11)}  ${about}`
  return [
    line('attack', 'requests', 'differences', 'what is tried'),
    ...rows.map((row) => line(row.attack, String(row.tried), String(row.differences), row.about)),
    line('all', String(tried), String(findings.length), ''),
    ...findings
      .slice(0, shownFindings)
      .flatMap(({ attack, as, request, difference }) => ['', `${attack}: ${as} ${request}`, `  ${difference}`]),
    ...(findings.length > shownFindings ? ['', `and ${findings.length - shownFindings} more`] : []),
  ]
}
