/** Results of the harness → ratios within one run, what is promised about them, and the page docs/performance.md. */

/** One measurement, as the harness writes it. */
export interface Result {
  readonly kind: 'run' | 'seed'
  readonly target: string
  readonly workload: string
  readonly run: number
  readonly rps: number
  readonly rpsResources: number
  readonly ok: number
  readonly errors: number
  readonly label: string
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly cpu: number
  readonly dbCpu: number
  readonly rss: number
  readonly failed?: string
}

/** Lowest share of the raw server's rate, and the most processor time per request as a multiple of its own. */
const budgets: Readonly<Record<string, { readonly rate: number; readonly cpu: number }>> = {
  read: { rate: 0.4, cpu: 2.5 },
  'search-observation': { rate: 0.45, cpu: 2.5 },
  'search-identifier': { rate: 0.45, cpu: 2.5 },
  'search-name': { rate: 0.45, cpu: 2.5 },
  'search-birthdate': { rate: 0.45, cpu: 2.5 },
  everything: { rate: 0.5, cpu: 2 },
  'batch-read-20': { rate: 0.5, cpu: 2.5 },
  'update-if-match': { rate: 0.35, cpu: 3 },
  'mixed-90-10': { rate: 0.4, cpu: 2.5 },
  create: { rate: 0.35, cpu: 3 },
  'transaction-100': { rate: 0.25, cpu: 4 },
}
const p99Budget = 4
const rssBudgetMib = 350

export interface Row {
  readonly workload: string
  readonly target: string
  readonly rps: number
  readonly ratio: number
  readonly cpuRatio: number
  readonly p99Ratio: number
  readonly rss: number
  readonly errors: number
  readonly failed: string | undefined
}

/** Medians over the runs; ratios are taken per run, between targets that took turns. */
export function rowsOf(results: readonly Result[]): readonly Row[] {
  const floor = results.filter(({ target }) => target === 'raw-http')
  const workloads = [...new Set(results.map(({ workload }) => workload))]
  return workloads.flatMap((workload) =>
    ['own', 'consent', 'raw-express'].flatMap((target) => {
      const mine = results.filter((result) => result.workload === workload && result.target === target)
      if (mine.length === 0) return []
      const pairs = mine.flatMap((result) => {
        const raw = floor.find((each) => each.workload === workload && each.run === result.run)
        return raw === undefined ? [] : [{ result, raw }]
      })
      const of = (pick: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(pick))
      return {
        workload,
        target,
        rps: median(mine.map(({ rps }) => rps)),
        ratio: of(({ result, raw }) => result.rps / raw.rps),
        cpuRatio: of(({ result, raw }) => result.cpu / result.ok / (raw.cpu / raw.ok)),
        p99Ratio: of(({ result, raw }) => result.p99 / raw.p99),
        rss: Math.max(...mine.map(({ rss }) => rss)),
        errors: mine.reduce((sum, { errors }) => sum + errors, 0),
        failed: mine.find((each) => each.failed !== undefined)?.failed,
      }
    }),
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function missed(row: Row): readonly string[] {
  const budget = budgets[row.workload]
  if (budget === undefined || row.target === 'raw-express') return []
  return [
    ...(row.failed === undefined && row.errors === 0 ? [] : ['errors']),
    ...(row.ratio >= budget.rate ? [] : [`rate ${budget.rate}`]),
    ...(row.cpuRatio <= budget.cpu ? [] : [`CPU ${budget.cpu}`]),
    ...(row.p99Ratio <= p99Budget ? [] : [`p99 ${p99Budget}`]),
    ...(row.rss <= rssBudgetMib ? [] : [`memory ${rssBudgetMib}`]),
  ]
}

export function isKept(row: Row): boolean {
  return missed(row).length === 0
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const cells = [row.workload, row.target, row.rps.toFixed(0), row.ratio.toFixed(2), row.cpuRatio.toFixed(1), row.p99Ratio.toFixed(1)]
    return `| ${[...cells, row.rss, row.errors, missed(row).join(', ')].join(' | ')} |`
  })
  return [
    '| workload | row | req/s | ÷ raw | CPU ÷ raw | p99 ÷ raw | peak MiB | errors | budget missed |',
    '|---|---|--:|--:|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n')
}

/** What a page says of the run it tells of. */
export interface RunFacts {
  readonly commit: string
  readonly machine: string
  readonly node: string
}

interface Facts extends RunFacts {
  readonly size: string
  readonly runs: string
  readonly seconds: string
  readonly bytesPerResource: number
  readonly seeds: readonly Result[]
}

export function pageOf(rows: readonly Row[], facts: Facts): string {
  const seeds = facts.seeds.map(({ target, rpsResources }) => `${target} ${rpsResources.toFixed(0)}/s`).join(', ')
  return `# How quick the gateway is

\`npm run bench:load -- --size ${facts.size}\` at commit ${facts.commit}, ${facts.machine}, Node ${facts.node}, PostgreSQL with fsync: one gateway process, 8
connections, runs of ${facts.seconds} s, ${facts.runs} of each, targets in turn, medians. Client, servers and database share the machine, so only ratios within the run mean
anything. \`raw\` is node:http on pg with one table and no FHIR engine: no token, consent, audit, validation or history. \`own\`: a system's token on
the records of its institution. \`consent\`: a doctor of another institution reads persons, each with a consent that permits it but for one department.

${tableOf(rows)}

${rows.every(isKept) ? 'Every budget is met.' : 'The budgets named in the last column are missed: this is where the work stands, not where it should.'}

Seeding: ${seeds} resources. Disk: ${(facts.bytesPerResource / 1024).toFixed(1)} KB per stored resource, with indexes, history and the ledger.
`
}
