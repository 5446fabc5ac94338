import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { ValueSet } from '@medplum/fhirtypes'
import type { PackedSet } from '../../../fhir-profiles/terminology/bundle.ts'
import { lookup, subsumes, translate, validateInSet, validateInSystem } from '../../../fhir-profiles/terminology/ask.ts'
import { definitionOf } from '../../../fhir-profiles/terminology/definition.ts'
import { expand, type ExpandInput } from '../../../fhir-profiles/terminology/expand.ts'
import { packSet, packSystem } from '../../../fhir-profiles/terminology/pack.ts'
import { layered } from '../../../fhir-profiles/terminology/source.ts'
import { bundledSource, bundledTerminology, sourceOf, terminologyOf } from '../../../fhir-profiles/terminology/terminology.ts'

const root = join(import.meta.dirname, '../../..')
const r4 = 'http://hl7.org/fhir/ValueSet'
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const korean = 'http://www.hl7korea.or.kr'
const krSet = (id: string): string => `${korean}/fhir/krcore/ValueSet/${id}`
const department = `${korean}/CodeSystem/hira-medical-department`

describe('whether a code is in a value set', () => {
  const cases: readonly (readonly [
    what: string,
    set: string,
    coding: { system?: string; code: string },
    answer: 'yes' | 'no' | 'unknown',
  ])[] = [
    ['a listed code', `${r4}/administrative-gender|4.0.1`, { code: 'female' }, 'yes'],
    ['a code that is not listed', `${r4}/administrative-gender`, { code: 'F' }, 'no'],
    ['a code of another system', `${r4}/administrative-gender`, { system: actCode, code: 'female' }, 'no'],
    [
      'a code below the one a filter names',
      'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode',
      { system: actCode, code: 'IMP' },
      'yes',
    ],
    ['a code beside it', 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode', { system: actCode, code: 'PSY' }, 'no'],
    ['a code of a set within a set', `${r4}/security-labels`, { system: actCode, code: 'HIV' }, 'yes'],
    ['a SNOMED CT code without a release', `${r4}/condition-code`, { system: 'http://snomed.info/sct', code: '73211009' }, 'unknown'],
    ['a code of a set nobody published', 'https://example.org/ValueSet/none', { code: 'x' }, 'unknown'],
    ['a well-formed language', `${r4}/all-languages`, { code: 'ko-KR' }, 'yes'],
    ['a language written as a locale', `${r4}/all-languages`, { code: 'ko_KR' }, 'no'],
    ['a currency', `${r4}/currencies`, { code: 'KRW' }, 'yes'],
    ['a currency that is none', `${r4}/currencies`, { code: 'WON' }, 'no'],
    ['a common unit', `${r4}/ucum-common`, { system: 'http://unitsofmeasure.org', code: 'mg' }, 'yes'],
    ['a Hangul code', krSet('krcore-condition-category-codes'), { code: '진단' }, 'yes'],
    [
      'a department of the claims list that KR Core leaves out',
      krSet('krcore-medicaldepartment-codes'),
      { system: department, code: '90' },
      'no',
    ],
    ['a KCD code without its release', krSet('krcore-kcd8-codes'), { system: `${korean}/CodeSystem/kostat-kcd-8`, code: 'I10' }, 'unknown'],
    ['a local code where KR Core names the systems', krSet('krcore-procedure-codes'), { system: 'urn:local', code: 'I10' }, 'no'],
  ]
  test.each(cases)('%s', (_what, set, coding, answer) => {
    expect(bundledTerminology().inValueSet(set, coding)).toBe(answer)
  })

  test('a refusal by an unknown part of what is excluded stays unknown', () => {
    const source = layered([
      sourceOf([
        {
          resourceType: 'ValueSet',
          status: 'active',
          url: 'urn:set',
          compose: { include: [{ system: 'http://hl7.org/fhir/administrative-gender' }], exclude: [{ valueSet: ['urn:nowhere'] }] },
        },
      ]),
      bundledSource(),
    ])
    expect(terminologyOf(source).inValueSet('urn:set', { code: 'male' })).toBe('unknown')
    expect(terminologyOf(source).inValueSet('urn:set', { code: 'm' })).toBe('no')
  })

  test('sets that include each other come to an end', () => {
    const set = (url: string, other: string): ValueSet => ({
      resourceType: 'ValueSet',
      status: 'active',
      url,
      compose: { include: [{ valueSet: [other] }] },
    })
    const source = sourceOf([set('urn:a', 'urn:b'), set('urn:b', 'urn:a')])
    expect(terminologyOf(source).inValueSet('urn:a', { code: 'x' })).toBe('unknown')
    expect(expand(source, definitionOf(packSet(set('urn:a', 'urn:b'))), all)).toEqual({ fault: 'nested-too-deep' })
  })
})

const all: ExpandInput = { filter: '', offset: 0, count: undefined, activeOnly: false }
const colours = sourceOf([
  {
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    url: 'urn:colours',
    caseSensitive: false,
    concept: [
      {
        code: 'any',
        property: [{ code: 'notSelectable', valueBoolean: true }],
        concept: [
          { code: 'RED', display: 'Red', designation: [{ language: 'ko', value: '빨강' }], concept: [{ code: 'PINK', display: 'Pink' }] },
          { code: 'BLUE', display: 'Blue', definition: 'as the sky', property: [{ code: 'status', valueCode: 'retired' }] },
        ],
      },
    ],
  },
  {
    resourceType: 'ValueSet',
    status: 'active',
    url: 'urn:reds',
    compose: { include: [{ system: 'urn:colours', filter: [{ property: 'concept', op: 'is-a', value: 'RED' }] }] },
  },
  { resourceType: 'ValueSet', status: 'active', url: 'urn:all', compose: { include: [{ system: 'urn:colours' }] } },
])

test('every filter of a value set tells its codes apart', () => {
  const chosen = (property: string, op: string, value: string): readonly string[] | string => {
    const answer = expand(
      colours,
      definitionOf({ h: ['urn:x', '', '', '', '', 'active'], n: [{ s: 'urn:colours', f: [[property, op, value]] }] }),
      all,
    )
    return 'fault' in answer ? answer.fault : answer.contains.map(({ code }) => code)
  }
  expect({
    isA: chosen('concept', 'is-a', 'RED'),
    below: chosen('concept', 'descendent-of', 'RED'),
    notIsA: chosen('concept', 'is-not-a', 'RED'),
    over: chosen('concept', 'generalizes', 'PINK'),
    listed: chosen('code', 'in', 'PINK, BLUE'),
    notListed: chosen('code', 'not-in', 'PINK,BLUE'),
    like: chosen('code', 'regex', '[A-Z]{4}'),
    parent: chosen('parent', '=', 'any'),
    equal: chosen('status', '=', 'retired'),
    there: chosen('status', 'exists', 'true'),
    notThere: chosen('status', 'exists', 'false'),
    named: chosen('display', '=', 'Pink'),
    strange: chosen('concept', 'by-taste', 'x'),
  }).toEqual({
    isA: ['RED', 'PINK'],
    below: ['PINK'],
    notIsA: ['any', 'BLUE'],
    over: ['any', 'RED', 'PINK'],
    listed: ['PINK', 'BLUE'],
    notListed: ['any', 'RED'],
    like: ['PINK', 'BLUE'],
    parent: ['RED', 'BLUE'],
    equal: ['BLUE'],
    there: ['BLUE'],
    notThere: ['any', 'RED', 'PINK'],
    named: ['PINK'],
    strange: 'not-held',
  })
})

test('an expansion is paged, filtered and says what is abstract or no longer in use', () => {
  const set = colours.valueSet('urn:all')
  if (set === undefined) throw new Error('the set is there')
  const codes = (input: Partial<ExpandInput>) => {
    const answer = expand(colours, set, { ...all, ...input })
    return 'fault' in answer ? answer.fault : { total: answer.total, codes: answer.contains.map(({ code }) => code) }
  }
  expect(codes({ offset: 1, count: 2 })).toEqual({ total: 4, codes: ['RED', 'PINK'] })
  expect(codes({ filter: '빨' })).toEqual({ total: 1, codes: ['RED'] })
  expect(codes({ activeOnly: true })).toEqual({ total: 3, codes: ['any', 'RED', 'PINK'] })
  const whole = expand(colours, set, all)
  expect('fault' in whole ? [] : whole.contains.map(({ isAbstract, isInactive }) => [isAbstract, isInactive])).toEqual([
    [true, false],
    [false, false],
    [false, false],
    [false, true],
  ])
})

test('lookup, validation and subsumption say what the list says', () => {
  expect(lookup(colours, { system: 'urn:colours', code: 'RED' })).toMatchObject({
    display: 'Red',
    parents: ['any'],
    children: ['PINK'],
    designations: [['ko', '빨강']],
  })
  expect(lookup(colours, { system: 'urn:colours', code: 'GREEN' })).toBeUndefined()
  expect(lookup(colours, { system: 'urn:tastes', code: 'SWEET' })).toEqual({ fault: 'not-held', url: 'urn:tastes' })
  const asked = (code: string, display = '') => validateInSystem(colours, { system: 'urn:colours', code, display })
  expect(asked('red')).toMatchObject({ result: true, display: 'Red' })
  expect(asked('RED', '빨강')).toMatchObject({ result: true })
  expect(asked('RED', 'Blue')).toMatchObject({ result: false })
  expect(validateInSet(colours, 'urn:reds', { system: 'urn:colours', code: 'BLUE', display: '' })).toMatchObject({ result: false })
  expect(['RED PINK', 'PINK RED', 'RED RED', 'RED BLUE'].map((pair) => subsumes(colours, 'urn:colours', ...pairOf(pair)))).toEqual([
    'subsumes',
    'subsumed-by',
    'equivalent',
    'not-subsumed',
  ])
})

function pairOf(text: string): [string, string] {
  const [a = '', b = ''] = text.split(' ')
  return [a, b]
}

test('a concept map translates both ways, and a grade is turned round with the direction', () => {
  const input = { map: '', sourceSet: '', targetSet: '', target: '', isReverse: false }
  const gender = { system: 'http://hl7.org/fhir/administrative-gender', code: 'male' }
  const found = translate(bundledSource(), { ...input, ...gender, map: 'http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3' })
  expect(found).toEqual([expect.objectContaining({ code: 'M', system: 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender' })])
  const back = { system: 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender', code: 'M', isReverse: true }
  expect(translate(bundledSource(), { ...input, ...back })).toEqual([expect.objectContaining(gender)])
  expect(translate(bundledSource(), { ...input, ...gender, map: 'urn:none' })).toBeUndefined()
})

test('the whole of a list and the empty shell of it: the whole one answers', () => {
  const shell = sourceOf([{ resourceType: 'CodeSystem', status: 'active', content: 'not-present', url: 'urn:colours' }])
  expect(layered([shell, colours]).system('urn:colours')?.size).toBe(4)
  expect(layered([shell, colours]).heads('CodeSystem')).toHaveLength(1)
})

test('no published set makes the code run away or throw', () => {
  for (const [at, [url]] of bundledSource().heads('ValueSet').entries()) {
    if (at % 9 !== 0) continue
    const set = bundledSource().valueSet(url)
    if (set !== undefined) expect(expand(bundledSource(), set, { ...all, count: 3 })).toBeDefined()
  }
})

test('a list of more than a reader takes in is refused whole and given by the page', () => {
  const many = sourceOf([
    {
      resourceType: 'CodeSystem',
      status: 'active',
      content: 'complete',
      url: 'urn:many',
      concept: Array.from({ length: 6000 }, (_, at) => ({ code: `c${at}` })),
    },
  ])
  const set = definitionOf({ h: ['urn:x', '', '', '', '', 'active'], n: [{ s: 'urn:many' }] })
  expect(expand(many, set, all)).toEqual({ fault: 'too-costly' })
  expect(expand(many, set, { ...all, count: 2, offset: 5999 })).toMatchObject({ total: 6000, contains: [{ code: 'c5999' }] })
})

const shared = join(root, '../shared/kr-core')
const ifShared = existsSync(shared) ? describe : describe.skip
ifShared('KR Core’s own lists (skipped: ../shared absent)', () => {
  test('every code system has exactly the codes of the guide, under its names', () => {
    const rows = readFileSync(join(shared, 'codes.csv'), 'utf8').trim().split('\n').slice(1)
    const wanted = new Map<string, string[]>()
    for (const row of rows) {
      const [system = '', code = ''] = row.split(',')
      wanted.set(system, [...(wanted.get(system) ?? []), code])
    }
    for (const [system, codes] of wanted) {
      const table = bundledSource().system(system)
      expect({ system, codes: Array.from({ length: table?.size ?? 0 }, (_, at) => table?.codeAt(at)) }).toEqual({ system, codes })
    }
  })

  test('every value set says what the guide’s says', () => {
    for (const [url, id] of bundledSource().heads('ValueSet')) {
      if (!url.startsWith(korean)) continue
      const published = JSON.parse(readFileSync(join(shared, `package/ValueSet-${id}.json`), 'utf8'))
      // a listed code's name is the code system's own
      const codesOnly = (set: PackedSet | undefined) => ({
        ...set,
        n: set?.n.map(({ c, ...part }) => ({ ...part, ...(c && { c: c.map((each) => (typeof each === 'string' ? each : each[0])) }) })),
      })
      expect(codesOnly(bundledSource().valueSet(url)?.packed)).toEqual(codesOnly(packSet(published)))
    }
    const system = JSON.parse(readFileSync(join(shared, 'package/CodeSystem-krcore-vcnt-types.json'), 'utf8'))
    expect(packSystem(system).d).toEqual(Array.from({ length: 46 }, (_, at) => bundledSource().system(system.url)?.displayAt(at)))
  })
})

test('the committed lists weigh at most one and a half megabytes, compressed', () => {
  const bytes = ['r4.json', 'korea.json'].map((name) => readFileSync(join(root, 'fhir-profiles/terminology', name)).length)
  expect(bytes.reduce((a, b) => a + b)).toBeLessThan(1_500_000)
})

test('nothing is unpacked until a list is asked for', () => {
  const program = `import { bundledTerminology } from './fhir-profiles/terminology/terminology.ts'
    const before = process.memoryUsage().heapUsed
    const terms = bundledTerminology()
    const idle = process.memoryUsage().heapUsed - before
    terms.inValueSet('http://hl7.org/fhir/ValueSet/administrative-gender', { code: 'male' })
    console.log(JSON.stringify({ idle: idle < 1e6, used: process.memoryUsage().heapUsed - before > 1e6 }))`
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' })
  expect(JSON.parse(told)).toEqual({ idle: true, used: true })
})
