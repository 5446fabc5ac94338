/** `node test/fhir-profiles/validate/cases/write-page.ts` runs the cases and writes docs/validator-cases.md. */
import { writeFileSync } from 'node:fs'
import { explained } from './explained.ts'
import { runExamples } from './kr-core.ts'
import { runCase, scoredCases } from './run.ts'

const outcomes = scoredCases().map((each) => runCase(each))
const wrong = outcomes.filter(({ case: { expected }, verdict }) => verdict !== expected)
const alarms = wrong.filter(({ verdict }) => verdict === 'invalid')
const valid = outcomes.filter(({ case: { expected } }) => expected === 'valid').length
const formats = (format: string) => outcomes.filter((outcome) => outcome.case.format === format)
const agree = (list: typeof outcomes) => list.filter(({ case: { expected }, verdict }) => verdict === expected).length
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`
const filesOf = (list: typeof outcomes) => new Set(list.map((outcome) => outcome.case.file)).size
const validFiles = filesOf(outcomes.filter(({ case: { expected } }) => expected === 'valid'))
const examples = runExamples()

const page = `# Our validator and the reference

Written by \`node test/fhir-profiles/validate/cases/write-page.ts\`; \`npm test\` holds the figures. The cases are those of FHIR/fhir-test-cases
with the Java validator's outcome, R4, the developers' part, without disputed ones and without those that need a terminology server.
The policy is the reference's own: unknown extensions, codes a known system does not have and wrong displays are errors.

| what | cases | agree | |
|---|---|---|---|
| all | ${outcomes.length} | ${agree(outcomes)} | ${percent(agree(outcomes), outcomes.length)} |
| JSON | ${formats('json').length} | ${agree(formats('json'))} | ${percent(agree(formats('json')), formats('json').length)} |
| XML | ${formats('xml').length} | ${agree(formats('xml'))} | ${percent(agree(formats('xml')), formats('xml').length)} |
| false alarms | ${outcomes.length} | ${alarms.length} | ${percent(alarms.length, outcomes.length)} of all, ${percent(alarms.length, valid)} of the ${valid} valid |
| files of false alarms | ${validFiles} valid | ${filesOf(alarms)} | ${percent(filesOf(alarms), validFiles)} |
| KR Core examples | ${examples.length} | ${examples.filter(({ expected, verdict }) => expected === verdict).length} | |

## Where we disagree

| case | reference | ours | why |
|---|---|---|---|
${wrong.map(({ case: { id, expected }, verdict }) => `| \`${id}\` | ${expected} | ${verdict} | ${explained[id] ?? 'not explained yet'} |`).join('\n')}
`
writeFileSync(new URL('../../../../docs/validator-cases.md', import.meta.url), page)
console.log(page)
