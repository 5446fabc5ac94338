/** The published FHIRPath cases, through the engine that evaluates invariants. docs/fhirpath-cases.md names the rows that do not pass, and why. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { definitionsWith } from '../../fhir-profiles/definitions/definitions.ts'
import { bundledTerminology } from '../../fhir-profiles/terminology/terminology.ts'
import { Findings } from '../../fhir-profiles/validate/finding.ts'
import { engine, invariantsOf } from '../../fhir-profiles/validate/invariant.ts'
import type { Judge } from '../../fhir-profiles/validate/judge.ts'
import type { Node } from '../../fhir-profiles/validate/node.ts'
import { openPolicy } from '../../fhir-profiles/validate/policy.ts'
import { readResource } from '../../fhir-profiles/validate/read-nodes.ts'
import { typesOf } from '../../fhir-profiles/validate/type-info.ts'
import { readXml } from '../../fhir-profiles/xml.ts'
import { failures, reasons } from './fhirpath-reasons.ts'
import { describeShared, sharedFiles } from './shared.ts'

// The shape is said in the folder's README, and each row is held against what came of it.
interface Row {
  readonly name: string
  readonly group: string
  readonly expression: string
  readonly input?: string
  readonly outputs: readonly { readonly type: string | null; readonly value: string }[]
  readonly invalid?: string
  readonly predicate?: string
}

const file = new URL('../../docs/fhirpath-cases.md', import.meta.url)
const definitions = definitionsWith([])
const types = typesOf(definitions)
const select = engine()
const shared = { definitions, types, terminology: bundledTerminology(), policy: openPolicy, invariants: invariantsOf() }

describeShared('published FHIRPath cases', () => {
  const rows = sharedFiles('fhirpath-patch/fhirpath', 'cases.jsonl').flatMap(({ bytes }) =>
    bytes
      .toString('utf8')
      .trim()
      .split('\n')
      // as above
      .map((line) => JSON.parse(line) as Row),
  )
  const inputs = new Map(
    [...sharedFiles('fhirpath-patch/fhirpath/inputs', '.xml'), ...sharedFiles('fhirpath-patch/fhirpath/inputs')].map(({ name, bytes }) => [
      name,
      nodeOf(name, bytes.toString('utf8')),
    ]),
  )
  const failed = rows.filter((row) => !passes(row, inputs.get(row.input ?? '') ?? nodeOf('x.json', '{"resourceType":"Basic","code":{}}')))

  test('every row passes, or is named with its reason', () => {
    expect(rows.length).toBeGreaterThan(500)
    expect(failed.map(({ name }) => name).toSorted()).toEqual(Object.keys(failures).toSorted())
  })

  test('docs/fhirpath-cases.md says what comes out', () => {
    const page = pageOf(rows, failed)
    if (process.env['WRITE_TABLES'] === '1') writeFileSync(file, page)
    expect(readFileSync(file, 'utf8')).toBe(page)
  })
})

function nodeOf(name: string, text: string): Node {
  const value: unknown = name.endsWith('.xml') ? readXml(text, types, { maxBytes: 20_000_000, maxDepth: 100 }).value : JSON.parse(text)
  const node = readResource({ types, findings: new Findings(1000), maxDepth: 100 }, value)
  if (node === undefined) throw new Error(`${name} is no resource`)
  return node
}

function passes({ expression, outputs, invalid, predicate }: Row, node: Node): boolean {
  const judge: Judge = { ...shared, findings: new Findings(10), root: node, outside: () => undefined, active: new Map() }
  const found = select(judge, node, expression)
  // a fault of the expression and a fault in evaluating it are one thing to an invariant: it cannot be told
  if (invalid !== undefined || found === undefined) return (invalid !== undefined) === (found === undefined)
  if (predicate === 'true') return found.length > 0 && found[0] !== false
  return found.length === outputs.length && outputs.every(({ value }, at) => isSame(String(found[at]), value))
}

/** Numbers as numbers, times as instants, the rest as it is written. */
function isSame(found: string, wanted: string): boolean {
  const plain = wanted.replace(/^@T?/, '')
  if (found === wanted || found === plain) return true
  if (wanted.startsWith('@') && plain.includes('T')) return Date.parse(found) === Date.parse(plain)
  return wanted !== '' && Number(found) === Number(wanted)
}

function pageOf(rows: readonly Row[], failed: readonly Row[]): string {
  const why = ({ name }: Row): string => {
    const reason = failures[name]
    return reason === undefined ? '' : reasons[reason]
  }
  return `# FHIRPath and its published cases

Made by \`WRITE_TABLES=1 npm run jest -- test/fhir-profiles/fhirpath-cases.test.ts\`; the test compares it. The rows are those of FHIR/fhir-test-cases
(\`tests-fhir-r4.xml\`, the developers' part), through the engine that evaluates invariants: fhirpath.js with R4's model, and \`resolve\`, \`conformsTo\`,
\`memberOf\`, \`htmlChecks\`, \`precision\`, \`%sct\`, \`%loinc\`, \`%ucum\` of ours. FHIRPath Patch and JSON Patch: [rest-cases.md](rest-cases.md), all rows.

${rows.length} rows, ${rows.length - failed.length} pass. None of the 231 invariants of R4, KR Core and our guide uses what the others ask for.

| row | expression | why it does not pass |
|---|---|---|
${failed.map((row) => `| \`${row.name}\` | \`${row.expression.replace(/\s+/g, ' ').replaceAll('|', '\\|')}\` | ${why(row)} |`).join('\n')}
`
}
