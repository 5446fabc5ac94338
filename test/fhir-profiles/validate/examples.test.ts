/** docs/validator-examples.md: our verdict on each example of others, with its reason. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { describeShared } from '../shared.ts'
import { exampleSets, judgeExamples } from './cases/example-sets.ts'
import type { ExampleSet, JudgedExample } from './cases/example-sets.ts'

const file = new URL('../../../docs/validator-examples.md', import.meta.url)

describeShared('the examples of others', () => {
  const judged = exampleSets.map((set) => ({ set, examples: judgeExamples(set) }))

  test('each refusal has its reason', () => {
    const unexplained = judged.flatMap(({ set, examples }) =>
      examples.filter(({ causes }) => causes.includes('')).map(({ file }) => `${set.folder}/${file}`),
    )
    expect(unexplained).toEqual([])
  })

  test('what was published as conformant to R4, IPS and BALP is valid here', () => {
    const refused = judged
      .filter(({ set }) => /^(?:kr-core\/examples|ips|audit)/.test(set.folder))
      .flatMap(({ examples }) => examples.filter(({ isValid }) => !isValid).map(({ file }) => file))
    expect(refused).toEqual([])
  })

  test('docs/validator-examples.md says what comes out', () => {
    const page = pageOf(judged)
    if (process.env['WRITE_TABLES'] === '1') writeFileSync(file, page)
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(page)
  })
})

type Judged = readonly { readonly set: ExampleSet; readonly examples: readonly JudgedExample[] }[]

function pageOf(judged: Judged): string {
  const reasons = [...new Set(judged.flatMap(({ examples }) => examples.flatMap(({ causes }) => causes)))]
  const rows = judged.map(({ set, examples }) => {
    const valid = examples.filter(({ isValid }) => isValid).length
    return `| \`${set.folder}\` | ${examples.length} | ${valid} | ${examples.length - valid} | ${set.stated} |`
  })
  return `# Our validator and the examples of others

Our verdict on every example in \`../shared/cases\` of KR Core, IPS, referrals and audit. Made by \`WRITE_TABLES=1 npm run jest --
test/fhir-profiles/validate/examples.test.ts\`; the test compares it. Judged as a gateway starts: R4 4.0.1, KR Core and our guide, nothing put in; KR Core's
policy (codes a known system does not have are errors). A profile that is claimed and not held is told as not checked, as are codes of lists under licence.

| examples | files | valid | invalid | what they are |
|---|---|---|---|---|
${rows.join('\n')}

## Reasons

${reasons.map((reason, at) => `${at + 1}. ${reason}`).join('\n')}

## Each file

${judged.map(({ set, examples }) => tableOf(set, examples, reasons)).join('\n')}`
}

function tableOf({ folder }: ExampleSet, examples: readonly JudgedExample[], reasons: readonly string[]): string {
  const rows = examples.map(({ file, isValid, causes, unchecked }) => {
    const why = isValid
      ? `no rule broken${unchecked.length === 0 ? '' : `; not checked: ${unchecked.join(', ')}`}`
      : `reason ${causes.map((cause) => reasons.indexOf(cause) + 1).join(', ')}`
    return `| \`${file}\` | ${isValid ? 'valid' : 'invalid'} | ${why} |`
  })
  return `### ${folder}\n\n| file | verdict | why |\n|---|---|---|\n${rows.join('\n')}\n`
}
