/** docs/validator-cases.md, made of what the cases come to. */
import { explained } from './explained.ts'
import type { Example } from './kr-core.ts'
import type { Outcome } from './run.ts'

const isWrong = ({ case: { expected }, verdict }: Outcome): boolean => verdict !== expected
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

/** Refused by us, recorded as valid. */
export function falseAlarms(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter((each) => isWrong(each) && each.verdict === 'invalid')
}

/** Those whose recorded verdict the reference validator itself does not contradict. */
export function unrefuted(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter((each) => explained[each.case.id]?.isRecordRefuted !== true)
}

export function casesPage(outcomes: readonly Outcome[], examples: readonly Example[]): string {
  const wrong = outcomes.filter(isWrong)
  const alarms = falseAlarms(outcomes)
  const valid = outcomes.filter(({ case: { expected } }) => expected === 'valid').length
  const row = (what: string, list: readonly Outcome[]): string => {
    const agree = list.filter((each) => !isWrong(each)).length
    return `| ${what} | ${list.length} | ${agree} | ${percent(agree, list.length)} |`
  }
  const format = (name: string) => outcomes.filter((outcome) => outcome.case.format === name)
  return `# Our validator and the reference

Made by \`WRITE_TABLES=1 npm run jest -- test/fhir-profiles/validate/reference-cases.test.ts\`; the test compares it. The cases are those of
FHIR/fhir-test-cases with the Java validator's outcome, R4, the developers' part, without disputed ones and without those that need a terminology server.
The policy is the reference's own: unknown extensions, codes a known system does not have and wrong displays are errors. Examples of others, file by file:
[validator-examples.md](validator-examples.md).

| what | cases | agree | |
|---|---|---|---|
${row('all', outcomes)}
${row('JSON', format('json'))}
${row('XML', format('xml'))}
| false alarms | ${outcomes.length} | ${alarms.length} | ${percent(alarms.length, outcomes.length)} of all, ${percent(alarms.length, valid)} of the ${valid} recorded as valid |
| false alarms the reference validator of today does not raise as well | ${valid} valid | ${unrefuted(alarms).length} | ${percent(unrefuted(alarms).length, valid)} |
| KR Core examples | ${examples.length} | ${examples.filter(({ expected, verdict }) => expected === verdict).length} | |

## Where we disagree

| case | recorded | ours | why |
|---|---|---|---|
${wrong.map(({ case: { id, expected }, verdict }) => `| \`${id}\` | ${expected} | ${verdict} | ${explained[id]?.why ?? 'not explained yet'} |`).join('\n')}
`
}
