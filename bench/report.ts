/** Figures as a table: on the screen, and in docs/performance-consent.md with the commit they belong to. */

export interface Measured {
  readonly what: string
  /** median of one */
  readonly micros: number
  /** what is promised is about this number, in this unit */
  readonly figure?: number
  readonly unit?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export function isKept({ figure, atLeast, atMost }: Measured): boolean {
  if (figure === undefined) return true
  return (atLeast === undefined || figure >= atLeast) && (atMost === undefined || figure <= atMost)
}

export function tableOf(measured: readonly Measured[]): string {
  const lines = measured.map((row) => {
    const { what, micros, figure, unit = '', atLeast, atMost } = row
    const promised = atLeast === undefined ? (atMost === undefined ? '' : `≤ ${atMost} ${unit}`) : `≥ ${atLeast} ${unit}`
    const verdict = promised === '' ? '' : isKept(row) ? 'yes' : '**no**'
    return `| ${what} | ${digits(micros)} | ${figure === undefined ? '' : `${digits(figure)} ${unit}`} | ${promised} | ${verdict} |`
  })
  return ['| what | µs, median | figure | promised | kept |', '|---|--:|--:|--:|---|', ...lines].join('\n')
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2)
}

export function pageOf(measured: readonly Measured[], run: { commit: string; machine: string; node: string }): string {
  return `# How quick the conscience is

\`npm run bench\` at commit ${run.commit}, ${run.machine}, Node ${run.node}. Only the ratios within one run mean anything: contenders take turns in
short rounds, each figure is the median of its rounds. What is compared, and why it is fair, is in \`bench/README.md\`.

${tableOf(measured)}
`
}
