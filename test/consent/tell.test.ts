/** Words for people: every word has both languages, and each kind of cell and each refusal is told in its own words. */
import { expect, test } from '@jest/globals'
import { explain } from '../../consent/explain.ts'
import { tellAnswer, tellCell, tellQuestion } from '../../consent/tell.ts'
import type { Decision } from '../../consent/types.ts'
import { codeWords, listed, particle, wordFor } from '../../consent/words.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { at } from './support/builders.ts'

const names = { timeZone: 'Asia/Seoul', actor: (key: string) => ({ ko: `가(${key})`, en: `a(${key})` }) }
const refused = (rule: string): Decision => ({
  permit: false,
  basis: [],
  obligations: [],
  consulted: [],
  because: [{ rule, consent: '', version: '', path: '' }],
})

test.each([
  ['purposes', 'TREAT COC CLINTRL ETREAT BTG HPAYMT HOPERAT HRESCH PATRQT PUBHLTH PurposeOfUse'],
  ['actions', 'access collect correct disclose use'],
  [
    'types',
    'AllergyIntolerance Binary Condition DiagnosticReport DocumentReference Encounter Immunization MedicationRequest MedicationStatement Observation Patient Procedure ServiceRequest',
  ],
  ['sensitivities', 'PSY MH BH SUD ETH ETHUD OPIOIDUD HIV STD SEX SDV GDIS'],
  ['roles', 'doctor nurse coordinator system patient proxy privacy-officer auditor integrator'],
  ['elements', 'actor purpose action securityLabel class code dataPeriod data period type verification performer modifierExtension'],
  ['systems', `${system.ediMedication} ${system.ediProcedure} ${system.kdCode}`],
  ['confidentialities', 'U L M N R V'],
  ['departments', '01 02 03 04 05 06 10 11 12 13 14 15 16 21 23 24'],
] as const)('%s: each word in Korean and in English', (table, codes) => {
  for (const code of codes.split(' ')) {
    const { ko, en } = wordFor(table, code)
    expect({ code, ko: /[가-힣]/.test(ko), en: typeof en === 'string' && /^[A-Za-z]/.test(en) && !/[가-힣]/.test(en) }).toEqual({
      code,
      ko: true,
      en: true,
    })
  }
  expect(wordFor(table, 'toString')).toEqual({ ko: 'toString', en: 'toString' })
})

test('a word takes the particle of its last sound', () => {
  const told = (words: string) => words.split(' ').map((word) => particle(word, '은', '는'))
  expect(told('병원 의사 A L M N R r S 0 1 2 3 4 5 6 7 8 9 힣 가 (병원)')).toEqual(
    '병원은 의사는 A는 L은 M은 N은 R은 r은 S는 0은 1은 2는 3은 4는 5는 6은 7은 8은 9는 힣은 가는 (병원)은'.split(' '),
  )
})

test('a code without a system in it is told as it is, several things as a list', () => {
  expect([codeWords('x').en, codeWords('urn:a|b').en, codeWords(`${system.loinc}|1`).en]).toEqual(['x', 'urn:a b', 'LOINC 1'])
  const words = ['가', '나', '다'].map((ko) => ({ ko, en: ko }))
  expect([listed([]).ko, listed(words.slice(0, 1)).ko, listed(words).ko, listed(words, 'or').en]).toEqual([
    '',
    '가',
    '가, 나 및 다',
    '가, 나 or 다',
  ])
})

test('a question says who asks, where, what for and when', () => {
  const question = { role: 'patient', institution: 'clinic', department: '', purposes: ['TREAT'], nowMs: at('2026-03-02T00:00:00+09:00') }
  expect(tellQuestion(question, names).en).toBe(`On 2026-03-02, for treatment, ${wordFor('roles', 'patient').en}:`)
  const doctor = { ...question, role: 'doctor', department: '03' }
  expect(tellQuestion(doctor, names)).toEqual({
    ko: `2026년 3월 2일, 진료 목적, 가(org:clinic) 가(dept:03) ${wordFor('roles', 'doctor').ko}:`,
    en: `On 2026-03-02, for treatment, ${wordFor('roles', 'doctor').en} of a(dept:03) at a(org:clinic):`,
  })
})

test('each kind of cell has its words', () => {
  const told = (kind: Parameters<typeof tellCell>[0]['kind']) => tellCell({ source: 'clinic', kind, classes: undefined }, names)
  const [psychiatric, restricted] = [wordFor('sensitivities', 'PSY'), wordFor('confidentialities', 'R')]
  expect([
    told({ by: 'plain' }),
    told({ by: 'department', code: '03' }),
    told({ by: 'sensitivity', code: 'PSY' }),
    told({ by: 'confidentiality', rank: 4 }),
    told({ by: 'code', code: 'x' }),
    told({ by: 'record', id: 'r1' }),
  ]).toEqual(
    [
      ['일반 기록', 'Ordinary records'],
      ['가(dept:03) 기록', 'Records from a(dept:03)'],
      [`${psychiatric.ko} 민감정보 기록`, `Records labelled as ${psychiatric.en}`],
      [`기밀도 ${restricted.ko} 기록`, `Records of confidentiality ${restricted.en}`],
      ['x 코드의 기록', 'Records coded x'],
      ['동의서가 지목한 기록 r1', 'The record r1 that a consent names'],
    ].map(([ko, en]) => ({ ko: `가(org:clinic)의 ${ko} (모든 종류)`, en: `${en} of a(org:clinic) (all types)` })),
  )
  const classes = ['Observation', `${system.loinc}|1`]
  expect(tellCell({ source: 'clinic', kind: { by: 'plain' }, classes }, names).en).toBe(
    `Ordinary records of a(org:clinic) (${wordFor('types', 'Observation').en} and LOINC 1)`,
  )
})

test('each reason has its words, the strongest is told', () => {
  const rules = [
    'role-table',
    'no-purpose',
    'law-ceiling',
    'deny',
    'unreadable-consent',
    'unreadable-permit',
    'withheld',
    'implicit-deny',
    'x',
  ]
  const all = rules.map((rule) => explain(refused(rule)))
  expect(new Set(all.map(({ ko }) => ko)).size).toBe(rules.length)
  expect(all.map(({ en }) => en.replace('Not released because ', ''))).toEqual([
    'this role does not read such records.',
    'the request states no purpose.',
    'the law leaves it out of what one institution gives to another.',
    'the patient refused.',
    'a consent cannot be read.',
    'what a consent permits cannot be read.',
    'it is outside what the patient consented to.',
    'there is no consent.',
    'nothing allows it.',
  ])
  const both = { ...refused('deny'), because: ['implicit-deny', 'deny'].flatMap((rule) => refused(rule).because) }
  expect(tellAnswer('deny', both)).toEqual(explain(refused('deny')))
  expect(tellAnswer('depends', both).en).toBe('It depends on the records that a consent names.')
})
