/** Published examples of others (KR Core's drafts, IPS, four referral programmes, BALP), judged by the network's own validator. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { definitionsWith } from '../../../../fhir-profiles/definitions/definitions.ts'
import { krCorePolicy } from '../../../../fhir-profiles/validate/validator.ts'
import type { Finding } from '../../../../fhir-profiles/validate/validator.ts'
import { typesOf } from '../../../../fhir-profiles/validate/type-info.ts'
import { readXml } from '../../../../fhir-profiles/xml.ts'
import { installedDefinitions } from '../../../../gateway/store/profile-library.ts'
import { sharedPaths } from '../../shared.ts'
import { causeOf } from './example-causes.ts'

export interface ExampleSet {
  readonly folder: string
  readonly profiles: 'kr-core' | 'none'
  /** what its publisher says of it */
  readonly stated: string
}

export const exampleSets: readonly ExampleSet[] = [
  {
    folder: 'kr-core/examples',
    profiles: 'kr-core',
    stated: 'examples of a KR Core draft, meant to conform; held against KR Core 2.0.0 by type',
  },
  { folder: 'kr-core/definitions', profiles: 'none', stated: 'KR Core 2.0.0 itself, as resources of R4' },
  { folder: 'ips/examples', profiles: 'none', stated: 'IPS 2.0.0, published as conformant' },
  { folder: 'referral/ch-orf', profiles: 'none', stated: 'CH Order & Referral by Form, published as conformant' },
  { folder: 'referral/au-erequesting', profiles: 'none', stated: 'AU eRequesting, a draft' },
  { folder: 'referral/nhs-bars', profiles: 'none', stated: 'NHS BaRS: messages, and bodies of requests that are no whole resources' },
  { folder: 'referral/bser', profiles: 'none', stated: 'BSeR, compiled without US Core: parts of vital signs are missing' },
  { folder: 'audit/balp', profiles: 'none', stated: 'IHE BALP, compiled without its dependencies' },
  { folder: 'audit/balp-context', profiles: 'none', stated: 'what the entries of BALP point to' },
]

export interface JudgedExample {
  readonly file: string
  readonly isValid: boolean
  /** the errors by their cause; '' where nobody has said it yet */
  readonly causes: readonly string[]
  /** not checked, because it is not held: profiles and value sets */
  readonly unchecked: readonly string[]
}

const types = typesOf(definitionsWith([]))
const limits = { maxBytes: 20_000_000, maxDepth: 200 }

/** Nothing is put in: R4, KR Core and our guide, as every gateway starts. */
export function judgeExamples({ folder, profiles }: ExampleSet): readonly JudgedExample[] {
  const library = installedDefinitions('').library()
  const validator = library.validator(policy)
  return [...sharedPaths(folder), ...sharedPaths(folder, '.xml')].map((path): JudgedExample => {
    const { value, faults } = read(path)
    const findings =
      value === undefined
        ? []
        : validator.validate(value, { profiles: library.profilesFor(validator, value, profiles), maxFindings: 10_000 })
    const errors = findings.filter(({ severity }) => severity === 'error' || severity === 'fatal')
    const causes = [...faults.map((id) => causeOf({ id, expression: '', diagnostics: '' })), ...errors.map((each) => causeOf(each))]
    return { file: basename(path), isValid: causes.length === 0, causes: [...new Set(causes)], unchecked: uncheckedOf(findings) }
  })
}

const policy = { ...krCorePolicy, tellsObligations: false }

function read(path: string): { value: unknown; faults: readonly string[] } {
  const text = readFileSync(path, 'utf8')
  // the digits of numbers are the reader's matter, and no example hangs on them
  if (!path.endsWith('.xml')) return { value: JSON.parse(text), faults: [] }
  const { value, faults } = readXml(text, types, limits)
  return { value, faults: faults.map(({ id }) => id) }
}

function uncheckedOf(findings: readonly Finding[]): readonly string[] {
  const told = findings.flatMap(({ id }) => (id === 'profile-not-loaded' ? ['a profile'] : id === 'code-not-checked' ? ['codes'] : []))
  return [...new Set(told)].toSorted()
}
