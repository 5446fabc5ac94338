/**
 * `carenet profiles check`: how the sample files of an EMR fare, before anything is connected. A table of verdicts, then every rule that was broken
 * and how often; no value of a file is printed.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { definitionsWith } from '../fhir-profiles/definitions/definitions.ts'
import { jsonPositions, type Position } from '../fhir-profiles/json-position.ts'
import { parseJson } from '../fhir-profiles/json.ts'
import type { ProfileLibrary, ProfileSet } from '../fhir-profiles/validate/profile-sets.ts'
import { typesOf } from '../fhir-profiles/validate/type-info.ts'
import { krCorePolicy } from '../fhir-profiles/validate/validator.ts'
import type { Finding, Validator } from '../fhir-profiles/validate/validator.ts'
import { readXml } from '../fhir-profiles/xml.ts'
import { installedDefinitions } from '../gateway/store/profile-library.ts'
import { operatorConfig, type OperatorOptions } from './operator.ts'

export interface CheckOptions extends OperatorOptions {
  readonly paths: readonly string[]
  readonly profile: readonly string[]
  readonly set: ProfileSet
  readonly details?: boolean
  readonly language: 'ko' | 'en'
}

interface Checked {
  /** the file, with the line of an NDJSON file */
  readonly name: string
  readonly issues: readonly Issue[]
}

type Issue = Pick<Finding, 'severity' | 'id' | 'line' | 'column' | 'expression' | 'diagnostics' | 'korean'>

const limits = { maxBytes: 256 * 1024 * 1024, maxDepth: 200 }

/** True when no file has an error. Throws for a path or a profile that is not there. */
export async function profilesCheck(options: CheckOptions): Promise<boolean> {
  const { dataDir } = await operatorConfig(options)
  const library = installedDefinitions(dataDir).library()
  const unknown = library.unknown(options.profile)
  if (unknown.length > 0) throw new Error(`no profile \`${unknown.join('`, `')}\` is known; see \`carenet profiles list\``)
  const files = options.paths.flatMap((path) => filesAt(path))
  if (files.length === 0) throw new Error('no .json, .ndjson or .xml file there')
  const check = checkerOf(library, options)
  const checked = files.flatMap((file) => check(file))
  for (const line of tableOf(checked)) options.print(line)
  if (options.details === true) for (const line of detailsOf(checked, options.language)) options.print(line)
  const bad = checked.filter(({ issues }) => errorsIn(issues) > 0).length
  options.print(`\n${checked.length} checked: ${checked.length - bad} valid, ${bad} not`)
  return bad === 0
}

function filesAt(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(json|ndjson|xml)$/i.test(name))
  return names.sort().map((name) => join(path, name))
}

interface Text {
  readonly name: string
  readonly value: unknown
  readonly faults: readonly Issue[]
  readonly positions: () => ReadonlyMap<string, Position>
}

function checkerOf(library: ProfileLibrary, { profile, set }: CheckOptions): (file: string) => readonly Checked[] {
  const validator: Validator = library.validator({ ...krCorePolicy, tellsObligations: false })
  return (file) =>
    textsIn(file).map(({ name, value, faults, positions }) => {
      if (value === undefined) return { name, issues: faults }
      const profiles = profile.length > 0 ? profile : library.profilesFor(validator, value, set)
      return { name, issues: [...faults, ...validator.validate(value, { profiles, positions, maxFindings: 1000 })] }
    })
}

const types = typesOf(definitionsWith([]))

/** The resources of a file: one, or one per line. */
function textsIn(file: string): readonly Text[] {
  const text = readFileSync(file, 'utf8')
  if (/\.xml$/i.test(file)) {
    const { value, faults, positions } = readXml(text, types, limits)
    return [{ name: file, value, faults: faults.map((fault) => unreadable(fault.id, fault)), positions: () => positions }]
  }
  if (!/\.ndjson$/i.test(file)) return [jsonText(file, text)]
  return text.split('\n').flatMap((line, at) => (line.trim() === '' ? [] : [jsonText(`${file}:${at + 1}`, line)]))
}

function jsonText(name: string, text: string): Text {
  const parsed = parseJson(text, limits)
  const positions = (): ReadonlyMap<string, Position> => jsonPositions(text)
  if (parsed.ok) return { name, value: parsed.value, faults: [], positions }
  return { name, value: undefined, faults: [unreadable(`json-${parsed.fault.kind}`, {}, parsed.fault.where)], positions }
}

/** The text itself is wrong, before there is a resource. */
function unreadable(id: string, at: Partial<Position>, where = ''): Issue {
  const says = { diagnostics: `the text cannot be read as FHIR: ${id}`, korean: `FHIR로 읽을 수 없는 글입니다: ${id}` }
  // the ids of texts are not among those of findings
  return { severity: 'fatal', id: id as Issue['id'], expression: where, line: at.line, column: at.column, ...says }
}

function errorsIn(issues: readonly Issue[]): number {
  return issues.filter(({ severity }) => severity === 'error' || severity === 'fatal').length
}

function tableOf(checked: readonly Checked[]): readonly string[] {
  const rows = checked.map(({ name, issues }) => {
    const told = issues.filter(({ severity }) => severity !== 'information')
    return `| ${name} | ${errorsIn(issues) > 0 ? 'invalid' : 'valid'} | ${errorsIn(issues)} | ${told.length - errorsIn(issues)} | ${countsOf(told)} |`
  })
  return ['| file | verdict | errors | warnings | issues |', '|---|---|---|---|---|', ...rows]
}

/** `too-few ×2, code-unknown`: errors first. */
function countsOf(issues: readonly Issue[]): string {
  const counts = new Map<string, number>()
  const rank = ({ severity }: Issue): number => (severity === 'warning' ? 1 : 0)
  for (const { id } of issues.toSorted((a, b) => rank(a) - rank(b))) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts].map(([id, count]) => (count === 1 ? id : `${id} ×${count}`)).join(', ')
}

function detailsOf(checked: readonly Checked[], language: 'ko' | 'en'): readonly string[] {
  return checked.flatMap(({ name, issues }) => {
    const told = issues.filter(({ severity }) => severity !== 'information')
    if (told.length === 0) return []
    const lines = told.map(({ severity, id, line, column, expression, diagnostics, korean }) => {
      const place = line === undefined ? '' : `${line}:${column ?? 1} `
      return `  ${place}${severity} ${id} ${expression}: ${language === 'ko' ? korean : diagnostics}`
    })
    return ['', name, ...lines]
  })
}
