import { describe, expect, test } from '@jest/globals'
import { system } from '../../../fhir-profiles/codes.ts'
import { subsumes } from '../../../fhir-profiles/terminology/ask.ts'
import type { CodeTable } from '../../../fhir-profiles/terminology/code-table.ts'
import { closureOf } from '../../../fhir-profiles/terminology/closure.ts'
import { compiledTable, compileRelease } from '../../../fhir-profiles/terminology/compiled.ts'
import { kcdCode } from '../../../fhir-profiles/terminology/release/korean-list.ts'
import { readRelease } from '../../../fhir-profiles/terminology/release/read-release.ts'
import { layered, type Source } from '../../../fhir-profiles/terminology/source.ts'
import { bundledSource, terminologyOf } from '../../../fhir-profiles/terminology/terminology.ts'
import { expand } from '../../../fhir-profiles/terminology/expand.ts'

const lines = (text: string): readonly string[] => text.trim().split('\n')
async function compiled(kind: string, ...files: readonly string[]): Promise<CodeTable> {
  return compiledTable(compileRelease(await readRelease(kind, files.map(lines), '2026')))
}
const source = (url: string, table: CodeTable): Source => ({
  system: (asked) => (asked === url ? table : undefined),
  valueSet: () => undefined,
  maps: () => [],
  heads: () => [table.head],
  oids: () => new Map(),
})
const codeOf = (table: CodeTable, at: number): string => table.codeAt(at)

// made-up lines in the shape of the publishers' files
const kcd = `상병기호,한글명,영문명,완전코드구분
A00-A09,장감염 질환,Intestinal infectious diseases,
A00,콜레라,Cholera,불완전
A000,"비브리오 콜레라 01 콜레라형균, 가","Cholera due to Vibrio cholerae 01, a",완전
A17.0†,결핵성 수막염,Tuberculous meningitis,완전
R05.,기침,Cough,완전
합계,,,`

describe('KCD', () => {
  test('codes get their point, names their languages, categories their block', async () => {
    const table = await compiled('kcd', kcd)
    expect(Array.from({ length: table.size }, (_, at) => codeOf(table, at))).toEqual(['A00-A09', 'A00', 'A00.0', 'A17.0', 'R05'])
    const at = table.indexOf('A00.0')
    expect(table.displayAt(at)).toBe('비브리오 콜레라 01 콜레라형균, 가')
    expect(table.detailsOf(at)).toMatchObject({
      designations: [['en', 'Cholera due to Vibrio cholerae 01, a']],
      properties: [['완전코드구분', '완전']],
    })
    expect(table.parentsOf(at).map((each) => codeOf(table, each))).toEqual(['A00'])
    expect(table.isBelow(at, table.indexOf('A00-A09'))).toBe(true)
    expect(table.isBelow(table.indexOf('A17.0'), table.indexOf('A00-A09'))).toBe(false)
    expect(table.indexOf('A00.9')).toBe(-1)
  })

  test('with the release in, KR Core’s diagnosis binding is decided', async () => {
    const terms = terminologyOf(layered([source(system.kcd8, await compiled('kcd', kcd)), bundledSource()]))
    const set = 'http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-kcd8-codes'
    expect(terms.knowsSystem(system.kcd8)).toBe(true)
    expect(['A00.0', 'A000', 'Z99'].map((code) => terms.inValueSet(set, { system: system.kcd8, code }))).toEqual(['yes', 'no', 'no'])
  })

  test.each([
    ['I614', 'I61.4'],
    ['r05.', 'R05'],
    ['A17.0†', 'A17.0'],
    ['A00-A09', 'A00-A09'],
    ['합계', undefined],
  ])('%s is %s', (given, code) => {
    expect(kcdCode(given)).toBe(code)
  })
})

test('of a claims code with several dates the latest line holds', async () => {
  const table = await compiled(
    'edi-procedure',
    '수가코드,한글명칭,적용일자,단가\nZZ100,옛 이름,20240101,10\nZZ100,새 이름,20250101,12\nZZ100,더 옛 이름,20230101,9',
  )
  expect([table.size, table.displayAt(0)]).toEqual([1, '새 이름'])
  expect(table.detailsOf(0).properties).toContainEqual(['단가', '12'])
})

test('LOINC by its properties, as R4’s own value set asks', async () => {
  const loinc = `"LOINC_NUM","COMPONENT","SCALE_TYP","STATUS","LONG_COMMON_NAME","SHORTNAME"
"99999-1","Letter","Doc","ACTIVE","Made-up letter","Letter"
"99998-3","Sugar","Qn","DEPRECATED","Made-up sugar","Sugar Bld"`
  const terms = layered([source(system.loinc, await compiled('loinc', loinc)), bundledSource()])
  const set = 'http://hl7.org/fhir/ValueSet/doc-typecodes'
  expect(['99999-1', '99998-3'].map((code) => terminologyOf(terms).inValueSet(set, { system: system.loinc, code }))).toEqual(['yes', 'no'])
  const everything = terms.valueSet('http://loinc.org/vs')
  const page = everything && expand(terms, everything, { filter: 'made sugar', offset: 0, count: 5, activeOnly: false })
  expect(page).toMatchObject({ total: 1, contains: [{ code: '99998-3', isInactive: true }] })
})

const row = (...fields: readonly string[]): string => fields.join('\t')
const isA = '116680003'
const snomed = {
  concepts: [
    row('id', 'effectiveTime', 'active', 'moduleId', 'definitionStatusId'),
    ...['138875005', '100001', '100002', '100003', '100009'].map((id) => row(id, '20260101', id === '100009' ? '0' : '1', 'm', 'p')),
  ].join('\n'),
  relationships: [
    row(
      'id',
      'effectiveTime',
      'active',
      'moduleId',
      'sourceId',
      'destinationId',
      'relationshipGroup',
      'typeId',
      'characteristicTypeId',
      'modifierId',
    ),
    ...[
      ['100001', '138875005'],
      ['100002', '100001'],
      ['100003', '100002'],
      ['100003', '138875005'],
    ].map(([from = '', to = ''], at) => row(`r${at}`, '20260101', '1', 'm', from, to, '0', isA, 'c', 's')),
    row('r9', '20260101', '0', 'm', '100001', '100003', '0', isA, 'c', 's'),
  ].join('\n'),
  descriptions: [
    row('id', 'effectiveTime', 'active', 'moduleId', 'conceptId', 'languageCode', 'typeId', 'term', 'caseSignificanceId'),
    row('d1', '20260101', '1', 'm', '100002', 'en', '900000000000003001', 'Made-up illness (disorder)', 's'),
    row('d2', '20260101', '1', 'm', '100002', 'en', '900000000000013009', 'Illness, made up', 's'),
    row('d3', '20260101', '1', 'm', '100002', 'ko', '900000000000013009', '지어낸 병', 's'),
  ].join('\n'),
  language: [
    row('id', 'effectiveTime', 'active', 'moduleId', 'refsetId', 'referencedComponentId', 'acceptabilityId'),
    row('l1', '20260101', '1', 'm', 'x', 'd3', '900000000000548007'),
  ].join('\n'),
}

describe('SNOMED CT', () => {
  test('terms, the hierarchy and inactive concepts come from the snapshot files, in any order', async () => {
    const table = await compiled('snomed', snomed.relationships, snomed.descriptions, snomed.concepts)
    expect(table.displayAt(table.indexOf('100002'))).toBe('Made-up illness')
    expect(table.detailsOf(table.indexOf('100009')).properties).toEqual([['inactive', true]])
    const ask = (a: string, b: string) => subsumes(source(system.snomed, table), system.snomed, a, b)
    expect([ask('138875005', '100003'), ask('100003', '100001'), ask('100001', '100009')]).toEqual([
      'subsumes',
      'subsumed-by',
      'not-subsumed',
    ])
    const implicit = layered([source(system.snomed, table)]).valueSet('http://snomed.info/sct?fhir_vs=isa/100001')
    const page = implicit && expand(source(system.snomed, table), implicit, { filter: '', offset: 0, count: undefined, activeOnly: true })
    expect(page).toMatchObject({ contains: [{ code: '100001' }, { code: '100002' }, { code: '100003' }] })
  })

  test('a language reference set chooses the preferred term', async () => {
    const table = await compiled('snomed', snomed.concepts, snomed.relationships, snomed.descriptions, snomed.language)
    expect(table.displayAt(table.indexOf('100002'))).toBe('지어낸 병')
    expect([...table.matching('지어낸')]).toEqual([table.indexOf('100002')])
  })
})

test.each([
  ['kcd', ['이름,값\n가,1'], 'no column of codes'],
  ['kcd', ['코드,한글명\n합계,'], 'no line of this file is a code'],
  ['kcd', ['코드,한글명\nA00,"열린'], 'a quoted field is never closed'],
  ['loinc', ['a,b\n1,2'], 'no Loinc.csv'],
  ['snomed', [snomed.concepts], 'no description'],
  ['snomed', ['a\tb\n1\t2'], 'no RF2 snapshot'],
  ['loinc', ['x', 'y'], 'exactly one file'],
  ['icd', ['x'], 'no such kind'],
])('a file that is no %s release is refused in words', async (kind, files, words) => {
  await expect(readRelease(kind, files.map(lines), '')).rejects.toThrow(words)
})

test('bytes that are no compiled release, or half of one, are not opened', () => {
  const bytes = compileRelease({
    head: ['urn:x', 'x', '', '', '', 'active'],
    isCaseSensitive: true,
    concepts: [{ code: 'a', display: 'b', designations: [], properties: [], parents: [] }],
  })
  expect(() => compiledTable(Buffer.from('anything at all, thirty bytes.'))).toThrow('no compiled release')
  expect(() => compiledTable(bytes.subarray(0, bytes.length - 24))).toThrow('cut short')
})

test('what falls under what is right in a hierarchy with many parents, and ends in one with a circle', () => {
  const size = 300
  const parents = Array.from({ length: size }, (_, at) =>
    [...new Set([Math.floor(at / 2), Math.floor(at / 3)])].filter((each) => each < at),
  )
  const above = closureOf(parents)
  const slow = (at: number): Set<number> => new Set((parents[at] ?? []).flatMap((parent) => [parent, ...slow(parent)]))
  for (let at = 0; at < size; at += 7) expect([...(above[at] ?? [])]).toEqual([...slow(at)].sort((a, b) => a - b))
  expect(closureOf([[1], [2], [0]]).every((list) => list.length <= 2)).toBe(true)
})

test('among twenty thousand every code is found at its place, no other is, and each falls under those above it alone', () => {
  const above = (at: number): number => Math.floor(at / 3)
  const codeOf = (at: number): string => `${1_000_000 + at * 7}`
  const concepts = Array.from({ length: 20_000 }, (_, at) => ({
    code: codeOf(at),
    display: `concept ${at}`,
    designations: [],
    properties: [],
    parents: at === 0 ? [] : [codeOf(above(at))],
  }))
  const table = compiledTable(compileRelease({ head: ['urn:big', 'big', '', '', '', 'active'], isCaseSensitive: true, concepts }))
  const naive = (at: number, over: number): boolean => at !== 0 && (above(at) === over || naive(above(at), over))
  const wrong = concepts.flatMap(({ code }, at) => {
    const over = at % 2 === 0 ? above(above(at)) : (at * 31) % concepts.length
    const isRight = table.indexOf(code) === at && table.indexOf(`${Number(code) + 1}`) === -1 && table.isBelow(at, over) === naive(at, over)
    return isRight ? [] : [code]
  })
  expect(wrong).toEqual([])
})
