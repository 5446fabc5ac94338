import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { broken } from '../support/plain-profile.ts'
import { rulesOf, withoutRule } from '../support/profile-rules.ts'
import { examples, guideWorld, loaded, readExample } from '../support/guide.ts'

const world = guideWorld()
const ours = [...world.definitions.values()].filter(({ url }) => url.startsWith('https://care-network.kr/'))
const rules = ours.flatMap(rulesOf)
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
    const faulty = examples.filter((file) => file.includes('/valid-')).map((file) => [file, [...broken(...claimOf(file), world)]])
    expect(faulty.filter(([, found]) => found?.length !== 0)).toEqual([])
  })

  test('each invalid example is found by its rule, and passes when that rule alone is taken away', () => {
    const wrong = rules
      .filter(({ implied }) => implied === undefined)
      .flatMap((rule) => {
        const claim = claimOf(table.get(rule.id) ?? '')
        const definition = ours.find(({ id }) => rule.id.startsWith(`${id}/`))
        if (definition === undefined) return [`${rule.id}: no such profile`]
        const found = broken(...claim, world)
        const lax = new Map(world.definitions).set(definition.url, withoutRule(definition, rule))
        const left = broken(...claim, { ...world, definitions: lax })
        return found.has(rule.id) && left.size === 0 ? [] : [`${rule.id}: finds ${[...found].join(' ')}; without it ${[...left].join(' ')}`]
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
