/** KR Core (../shared/kr-core): its package, and the synthetic examples with what is expected of each. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { definitionOf } from '../../../../fhir-profiles/definitions/definition-of.ts'
import { definitionsWith } from '../../../../fhir-profiles/definitions/definitions.ts'
import { recordsOf } from '../../../../fhir-profiles/definitions/read-json.ts'
import { isValid, krCorePolicy, validatorWith } from '../../../../fhir-profiles/validate/validator.ts'
import type { Finding } from '../../../../fhir-profiles/validate/validator.ts'
import { terminologyWith } from './terminology.ts'

const folder = new URL('../../../../../shared/kr-core/', import.meta.url)
export const hasKrCore = existsSync(folder)

export interface Example {
  readonly file: string
  readonly expected: string
  readonly rule: string
  readonly verdict: 'valid' | 'invalid'
  readonly findings: readonly Finding[]
}

const core = 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/'

export function runExamples(): readonly Example[] {
  const names = readdirSync(new URL('package/', folder)).filter((name) => name.endsWith('.json'))
  const resources = recordsOf(names.map((name): unknown => JSON.parse(readFileSync(new URL(`package/${name}`, folder), 'utf8'))))
  const definitions = definitionsWith(resources.flatMap((each) => definitionOf(each) ?? []))
  const validator = validatorWith({ definitions, terminology: terminologyWith(resources), policy: krCorePolicy })
  const lines = readFileSync(new URL('examples/expected.csv', folder), 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => {
    const [file = '', profile = '', expected = '', rule = ''] = line.split(',')
    const text = readFileSync(new URL(`examples/synthetic/${file}`, folder), 'utf8')
    const findings = validator.validate(JSON.parse(text), { profiles: [core + profile] })
    return { file, expected, rule, verdict: isValid(findings) ? 'valid' : 'invalid', findings }
  })
}
