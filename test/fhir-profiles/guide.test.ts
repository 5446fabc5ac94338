import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { definitionOf } from '../../fhir-profiles/definitions/definition-of.ts'
import { definitionsWith } from '../../fhir-profiles/definitions/definitions.ts'
import { layered } from '../../fhir-profiles/terminology/source.ts'
import { bundledSource, sourceOf, terminologyOf } from '../../fhir-profiles/terminology/terminology.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import { krCorePolicy, validatorWith } from '../../fhir-profiles/validate/validator.ts'
import { rulesOf, withoutRule } from '../support/profile-rules.ts'
import { examples, guideResources, guideWorld, loaded, readExample } from '../support/guide.ts'
import type { StructureDefinition } from '../support/plain-profile.ts'

const world = guideWorld()
const ours = [...world.definitions.values()].filter(({ url }) => url.startsWith('https://care-network.kr/'))
const rules = ours.flatMap(rulesOf)
const codes = [...guideResources('CodeSystem'), ...guideResources('ValueSet')].filter((each) => isResource(each))
const terminology = terminologyOf(layered([sourceOf(codes), bundledSource()]))
const definitions = new Map([...world.definitions].flatMap(([url, each]) => pairOf(url, each)))

function pairOf(url: string, definition: StructureDefinition) {
  const compact = definitionOf(definition)
  return compact === undefined ? [] : [[url, compact] as const]
}

/** Errors of the product's validator, with one of our profiles in another form. */
function errorsOf([resource, profile]: readonly [unknown, string], lax?: StructureDefinition): readonly string[] {
  const known = lax === undefined ? definitions : new Map([...definitions, ...pairOf(lax.url, lax)])
  const validator = validatorWith({ definitions: definitionsWith([...known.values()]), terminology, policy: krCorePolicy })
  const findings = validator.validate(resource, { profiles: [profile] })
  return findings.filter(({ severity }) => severity === 'error').map(({ id, expression }) => `${id} at ${expression}`)
}

// rule → file
const table = new Map(Object.entries(loaded('examples/rules.json') as Record<string, string>))

describe('our guide', () => {
  test('every rule of every profile has one invalid example, or a reason why nothing can break it alone', () => {
    const testable = rules.filter(({ implied }) => implied === undefined).map(({ id }) => id)
    expect([...table.keys()].sort()).toEqual(testable.sort())
  })

  test('every example is named by one rule, and every valid one breaks none', () => {
    const named = new Set(table.values())
    expect(examples.filter((file) => file.includes('/invalid-') !== named.has(file))).toEqual([])
    const faulty = examples.filter((file) => file.includes('/valid-')).map((file) => [file, errorsOf(claimOf(file))])
    expect(faulty.filter(([, found]) => found?.length !== 0)).toEqual([])
  })

  test('each invalid example is refused by the validator, and passes when that rule alone is taken away', () => {
    const wrong = rules
      .filter(({ implied }) => implied === undefined)
      .flatMap((rule) => {
        const claim = claimOf(table.get(rule.id) ?? '')
        const definition = ours.find(({ id }) => rule.id.startsWith(`${id}/`))
        if (definition === undefined) return [`${rule.id}: no such profile`]
        const found = errorsOf(claim)
        const left = errorsOf(claim, withoutRule(definition, rule))
        return found.length > 0 && left.length === 0 ? [] : [`${rule.id}: finds ${found.join(', ')}; without it ${left.join(', ')}`]
      })
    expect(wrong).toEqual([])
  })
})

/** The resource, and the profile it is held against: the first it claims. */
function claimOf(file: string): readonly [unknown, string] {
  const resource = readExample(file)
  return [resource, resource.meta?.profile?.[0] ?? '']
}

test('the package holds no canonical of KR Core, and says which packages it needs', () => {
  const folder = new URL('../../fhir-profiles/ig/package/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name !== 'package.json' && name !== '.index.json')
  const urls = files.map((name) => loaded(`ig/package/${name}`)).flatMap((each) => (isNamed(each) ? [each.url] : ['no url']))
  expect(urls.filter((url) => !url.startsWith('https://care-network.kr/fhir/'))).toEqual([])
  expect(loaded('ig/package/package.json')).toMatchObject({ dependencies: { 'hl7.fhir.r4.core': '4.0.1', 'hl7.fhir.kr.core': '2.0.0' } })
  const listed = files.map((filename): unknown => expect.objectContaining({ filename }))
  expect(loaded('ig/package/.index.json')).toEqual({ 'index-version': 2, files: expect.arrayContaining(listed) })
  expect(files.reduce((sum, name) => sum + readFileSync(new URL(name, folder)).length, 0)).toBeLessThan(2_000_000)
})

function isNamed(value: unknown): value is { url: string } {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string'
}
