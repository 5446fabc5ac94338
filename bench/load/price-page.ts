/** The same questions with and without consent and audit → what these cost, and the page docs/performance-price.md. */
import { median, type Result, type RunFacts } from './page.ts'

export interface Price {
  readonly workload: string
  readonly target: string
  /** of the unguarded program's, run by run */
  readonly rateRatio: number
  readonly cpuRatio: number
  readonly databaseRatio: number
  readonly errors: number
}

const rateBudget = 0.7

/** Medians over the runs; ratios are taken per run, between programs that took turns. */
export function priceOf(results: readonly Result[]): readonly Price[] {
  const guarded = results.filter(({ target }) => !target.endsWith('-unguarded'))
  const rows = Map.groupBy(guarded, ({ workload, target }) => `${workload} ${target}`)
  return [...rows.values()].flatMap((mine) => {
    const pairs = mine.flatMap((result) => {
      const without = results.find(
        ({ target, workload, run }) => target === `${result.target}-unguarded` && workload === result.workload && run === result.run,
      )
      return without === undefined ? [] : [{ result, without }]
    })
    const [first] = mine
    if (first === undefined || pairs.length === 0) return []
    const of = (pick: (result: Result) => number): number => median(pairs.map(({ result, without }) => pick(result) / pick(without)))
    return {
      workload: first.workload,
      target: first.target,
      rateRatio: of(({ rps }) => rps),
      cpuRatio: of(({ cpu, ok }) => cpu / ok),
      databaseRatio: of(({ dbCpu, ok }) => dbCpu / ok),
      errors: pairs.reduce((sum, { result, without }) => sum + result.errors + without.errors, 0),
    }
  })
}

export function isPriceKept({ rateRatio, errors }: Price): boolean {
  return rateRatio >= rateBudget && errors === 0
}

export function priceTable(rows: readonly Price[]): string {
  const lines = rows.map((row) => {
    const { workload, target, rateRatio, cpuRatio, databaseRatio, errors } = row
    const cells = [workload, target, rateRatio.toFixed(2), cpuRatio.toFixed(2), databaseRatio.toFixed(2), errors]
    return `| ${[...cells, isPriceKept(row) ? '' : `rate ${rateBudget}`].join(' | ')} |`
  })
  return [
    '| workload | row | rate ÷ without | CPU ÷ without | database CPU ÷ without | errors | budget missed |',
    '|---|---|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n')
}

interface Facts extends RunFacts {
  readonly size: string
  readonly runs: string
  readonly seconds: string
}

export function pricePage(rows: readonly Price[], facts: Facts): string {
  const { commit, machine, node, size, runs, seconds } = facts
  return `# What consent and audit cost

\`npm run bench:price -- --size ${size}\` at commit ${commit}, ${machine}, Node ${node}, PostgreSQL with fsync: the gateway beside the same program in which
every record is permitted and what is read is entered in no ledger (\`bench/load/unguarded.ts\`), both on one database; 8 connections, ${runs} runs of
${seconds} s, targets in turn, medians. Rules are still read by the program without them, since they come with the data. At most 30 % of the rate is the budget.

${priceTable(rows)}
`
}
