/** Two measurements of the same questions, with few patients and with many → what growth costs, and the page docs/performance-growth.md. */
import { median, type Result, type RunFacts } from './page.ts'

export interface Growth {
  readonly workload: string
  readonly target: string
  /** milliseconds, few and many */
  readonly p95: readonly [number, number]
  readonly p95Ratio: number
  readonly rateRatio: number
}

const p95Budget = 1.5
/** of the rate with few, for what a clinic asks all day */
const rateBudget = 0.8
const everyday: readonly string[] = ['read', 'search-identifier', 'search-observation']

export function growthOf(results: readonly Result[]): readonly Growth[] {
  const workloads = [...new Set(results.map(({ workload }) => workload))]
  return workloads.flatMap((workload) =>
    ['own', 'raw-http'].map((target) => {
      const at = (label: string, pick: (result: Result) => number): number =>
        median(results.filter((each) => each.workload === workload && each.target === target && each.label === label).map(pick))
      const p95 = [at('few', (each) => each.p95), at('many', (each) => each.p95)] as const
      return { workload, target, p95, p95Ratio: p95[1] / p95[0], rateRatio: at('many', ({ rps }) => rps) / at('few', ({ rps }) => rps) }
    }),
  )
}

function missed({ target, workload, p95Ratio, rateRatio }: Growth): readonly string[] {
  if (target !== 'own') return []
  return [
    ...(workload.startsWith('search-') && p95Ratio > p95Budget ? [`p95 ${p95Budget}`] : []),
    ...(everyday.includes(workload) && rateRatio < rateBudget ? [`rate ${rateBudget}`] : []),
  ]
}

export function isGrowthKept(row: Growth): boolean {
  return missed(row).length === 0
}

export function growthTable(rows: readonly Growth[]): string {
  const lines = rows.map((row) => {
    const { workload, target, p95, p95Ratio, rateRatio } = row
    const cells = [workload, target, p95[0].toFixed(1), p95[1].toFixed(1), p95Ratio.toFixed(2), rateRatio.toFixed(2)]
    return `| ${[...cells, missed(row).join(', ')].join(' | ')} |`
  })
  return [
    '| workload | row | p95 ms, few | p95 ms, many | p95 × | rate × | budget missed |',
    '|---|---|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n')
}

interface Facts extends RunFacts {
  readonly from: string
  readonly to: string
  readonly runs: string
  readonly seconds: string
}

export function growthPage(rows: readonly Growth[], facts: Facts): string {
  const { commit, machine, node, from, to, runs, seconds } = facts
  return `# What growth costs

\`npm run bench:growth -- --from ${from} --to ${to}\` at commit ${commit}, ${machine}, Node ${node}, PostgreSQL with fsync: the same questions
of a system on its own records with ${from} patients in the store, then with ${to} more, 50 resources each; 8 connections, ${runs} runs of ${seconds} s, medians.
\`raw-http\` is the raw server of docs/performance.md, measured beside it: what it loses, the machine or the longer answer took.

${growthTable(rows)}
`
}
