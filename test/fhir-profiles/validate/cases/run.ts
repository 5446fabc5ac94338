/** Runs the reference validator's cases (../shared/cases/fhir-validator) through ours. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { definitionOf } from '../../../../fhir-profiles/definitions/definition-of.ts'
import { definitionsWith } from '../../../../fhir-profiles/definitions/definitions.ts'
import { recordOf, recordsOf, textOf } from '../../../../fhir-profiles/definitions/read-json.ts'
import type { Json } from '../../../../fhir-profiles/definitions/read-json.ts'
import { parseJson } from '../../../../fhir-profiles/json.ts'
import { isValid, validatorWith } from '../../../../fhir-profiles/validate/validator.ts'
import type { Finding, Policy } from '../../../../fhir-profiles/validate/validator.ts'
import { typesOf } from '../../../../fhir-profiles/validate/type-info.ts'
import { readXml } from '../../../../fhir-profiles/xml.ts'
import { terminologyWith } from './terminology.ts'

const folder = new URL('../../../../../shared/cases/fhir-validator/', import.meta.url)
export const hasCases = existsSync(folder)

export interface Case {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly supporting: readonly string[]
  readonly profile?: string
  readonly expected: 'valid' | 'invalid'
  readonly disputed?: boolean
  readonly needsTerminology: boolean
  readonly options?: Readonly<Record<string, unknown>>
  readonly issues?: readonly { readonly severity: string; readonly expression: string; readonly text: string }[]
}

export interface Outcome {
  readonly case: Case
  readonly verdict: 'valid' | 'invalid'
  readonly findings: readonly Finding[]
  /** faults of the text, before there is a resource */
  readonly faults: readonly string[]
}

/** The cases that count: not disputed, no outside terminology. */
export function scoredCases(): readonly Case[] {
  return allCases().filter(({ disputed, needsTerminology }) => disputed !== true && !needsTerminology)
}

export function allCases(): readonly Case[] {
  const lines = readFileSync(new URL('cases.jsonl', folder), 'utf8').trim().split('\n')
  // the file's README describes these fields
  return lines.map((line) => JSON.parse(line) as Case)
}

const limits = { maxBytes: 20_000_000, maxDepth: 200 }
const coreTypes = typesOf(definitionsWith([]))

interface Read {
  readonly resources: readonly unknown[]
  readonly faults: readonly string[]
}

function readFile(file: string): Read {
  const text = readFileSync(new URL(file, folder), 'utf8')
  if (file.endsWith('.xml')) {
    const { value, faults } = readXml(text, coreTypes, limits)
    return { resources: value === undefined ? [] : [value], faults: faults.map(({ id, line, column }) => `${id} at ${line}:${column}`) }
  }
  const texts = file.endsWith('.ndjson') ? text.trim().split('\n') : [text]
  const parsed = texts.map((each) => parseJson(each, { maxBytes: limits.maxBytes, maxDepth: limits.maxDepth }))
  return {
    resources: parsed.flatMap((each) => (each.ok ? [each.value] : [])),
    faults: parsed.flatMap((each) => (each.ok ? [] : [`${each.fault.kind} at ${each.fault.where}`])),
  }
}

const policyOf = ({ options = {} }: Case): Partial<Policy> => ({
  unknownExtension: 'error',
  unknownCode: 'error',
  // of several languages asked for, the reference takes no display for wrong
  display: options['language'] === undefined ? 'error' : 'warning',
  ...(options['assumeValidRestReferences'] === true ? { restfulReference: 'error' } : {}),
  ...(options['validateContains'] === 'IGNORE' ? { judgesContained: false } : {}),
  ...(options['examples'] === false ? { exampleUrl: 'error' } : {}),
  ...(options['noHtmlInMarkdown'] === true ? { htmlInMarkdown: 'error' } : {}),
  ...(options['security-checks'] === true ? { htmlInString: 'error' } : {}),
  ...(options['validateContains'] === 'CHECK_VALID' ? { unreferencedContained: 'error' } : {}),
  ...(options['no-experimental-content'] === true ? { experimental: 'error' } : {}),
})

/** Resources beside the case that references may lead to: `Patient/x` is in patient-x or named so by its id. */
let everything: ReadonlyMap<string, Json> | undefined

function neighbours(): ReadonlyMap<string, Json> {
  everything ??= new Map(
    readdirSync(new URL('files/', folder))
      .filter((name) => /^patient-circle.*\.(?:xml|json)$/.test(name))
      .flatMap((name) => recordsOf(readFile(`files/${name}`).resources))
      .map((resource): [string, Json] => [`${textOf(resource['resourceType'])}/${textOf(resource['id'])}`, resource]),
  )
  return everything
}

export function runCase(given: Case): Outcome {
  const helping = [...given.supporting, ...(given.profile === undefined ? [] : [given.profile])].map((file) => readFile(file))
  const brought = helping.flatMap(({ resources }) => recordsOf(resources)).flatMap((each) => [each, ...insideOf(each)])
  const own = readFile(given.file)
  const definitions = definitionsWith(brought.flatMap((each) => definitionOf(each) ?? []))
  const byUrl = new Map(brought.map((each) => [textOf(each['url']), each]))
  const validator = validatorWith({
    definitions,
    terminology: terminologyWith(brought),
    policy: policyOf(given),
    outside: (reference) =>
      byUrl.get(reference.split('|')[0]) ?? (given.options?.['validateReference'] === undefined ? undefined : neighbours().get(reference)),
  })
  const profiles = given.profile === undefined ? [] : [profileUrl(given.profile)]
  const findings = own.resources.flatMap((resource) => validator.validate(resource, { profiles, maxFindings: 500 }))
  const verdict = own.faults.length === 0 && isValid(findings) ? 'valid' : 'invalid'
  return { case: given, verdict, findings, faults: own.faults }
}

function profileUrl(file: string): string {
  const [profile] = readFile(file).resources
  return textOf(recordOf(profile)?.['url']) ?? file
}

function insideOf(resource: Json): readonly Json[] {
  if (resource['resourceType'] !== 'Bundle') return []
  return recordsOf(recordsOf(resource['entry']).map((entry) => entry['resource']))
}
