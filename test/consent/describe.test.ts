/** What a consent says, told as an officer would: made from the rules that are enforced, in Korean and in English. */
import { describe as about, expect, test } from '@jest/globals'
import { sandboxInstitutions } from '../../adapters/sandbox/people.ts'
import { compile } from '../../consent/compile.ts'
import { describe, type Names } from '../../consent/describe.ts'
import { wordFor } from '../../consent/words.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import {
  actions,
  consent,
  department,
  input,
  networkConsent,
  organization,
  practitioner,
  purposes,
  receiver,
  source,
  types,
  unknownModifier,
} from './support/builders.ts'

const names: Names = {
  timeZone: 'Asia/Seoul',
  actor(key) {
    const [kind, id = ''] = key.split(':')
    const found = Object.values(sandboxInstitutions).find((institution) => institution.id === id)
    if (id === 'network') return { ko: '네트워크의 모든 기관', en: 'every institution of the network' }
    if (found !== undefined) return { ko: found.name, en: found.name }
    return kind === 'dept' ? wordFor('departments', id) : { ko: `의료인 ${id}`, en: `practitioner ${id}` }
  },
}

const told = (one: Consent, more = {}) => describe(compile(one, input(more)).rows, names)
const everywhere = '이 동의서는 네트워크의 모든 기관이 보유한 기록에 적용됩니다.'
const everywhereEn = 'This consent applies to the records of every institution of the network.'
const open = '종료일은 정해져 있지 않습니다.'
const openEn = 'It has no end date.'
const agreed = '네트워크의 모든 기관에 진료 목적으로 모든 기록을 제공하는 데 동의합니다.'
const agreedEn = 'The patient agrees that all records may be released to every institution of the network for treatment.'

const psychiatry: ConsentProvision = { type: 'deny', actor: [source(department('03'))] }
const coded = (of: string, code: string) => [{ coding: [{ system: of, code }] }]
const label = (of: string, code: string) => ({ system: of, code })

const stories: readonly (readonly [title: string, consent: Consent, ko: string, en: string])[] = [
  ['1: the whole network', networkConsent(), `${everywhere} ${agreed} ${open}`, `${everywhereEn} ${agreedEn} ${openEn}`],
  [
    '3: not to the university hospital, and not from it',
    networkConsent(
      { type: 'deny', actor: [receiver(organization('tertiary'))] },
      { type: 'deny', actor: [source(organization('tertiary'))] },
    ),
    `${everywhere} ${agreed} 다만 누리대학교병원에는 제공하지 않습니다. 또한 누리대학교병원의 기록은 제공하지 않습니다. ${open}`,
    `${everywhereEn} ${agreedEn} However, records may not be released to 누리대학교병원. Also, records of 누리대학교병원 may not be released. ${openEn}`,
  ],
  [
    '4: no psychiatry',
    networkConsent(psychiatry),
    `${everywhere} ${agreed} 다만 정신건강의학과의 기록은 제공하지 않습니다. ${open}`,
    `${everywhereEn} ${agreedEn} However, records of psychiatry may not be released. ${openEn}`,
  ],
  [
    '6: one referral',
    consent({
      actor: [receiver(organization('tertiary'))],
      purpose: purposes('TREAT'),
      period: { end: '2026-06-30' },
      data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/referral-6' } }],
    }),
    `${everywhere} 누리대학교병원에 진료 목적으로 동의서가 지목한 기록과 그 기록이 참조하는 기록을 제공하는 데 동의합니다. 2026년 6월 30일까지 유효합니다.`,
    `${everywhereEn} The patient agrees that the records the consent names and those they refer to may be released to 누리대학교병원 for treatment. It is in force until 2026-06-30.`,
  ],
]

about('the consents of the nine stories', () => {
  test.each(stories)('%s', (_title, one, ko, en) => {
    expect(told(one)).toEqual({ ko, en })
  })

  test('5: what a guardian permits ends with the day before the fourteenth birthday', () => {
    expect(told(networkConsent(), { signedByGuardian: true, birthDate: '2018-06-09' }).ko).toBe(
      `${everywhere} ${agreed} 2032년 6월 8일까지 유효합니다.`,
    )
  })

  test('2 and 9: who wrote nothing has nothing told', () => {
    expect(describe([], names)).toEqual({ ko: '이 동의서는 현재 효력이 없습니다.', en: 'This consent has no effect at present.' })
  })
})

const nested: readonly (readonly [title: string, consent: Consent, ko: string, en: string])[] = [
  [
    'an exception to an exception drops the department its parent named, and says so',
    networkConsent(
      { ...psychiatry, provision: [{ type: 'permit', actor: [receiver(practitioner('dr-kim'))] }] },
      { type: 'deny', class: types('DocumentReference') },
    ),
    '다만 정신건강의학과의 기록은 제공하지 않습니다. 그 예외로 의료인 dr-kim에게는 보유 기관과 진료과에 관계없이 기록을 제공할 수 있습니다. 이와 별도로 문서 기록은 제공하지 않습니다.',
    'However, records of psychiatry may not be released. As an exception to that, records of whichever institution and department may be released to practitioner dr-kim. Separately, document records may not be released.',
  ],
  [
    'labels: a refusal starts at a label, sensitivities are told by the broadest',
    networkConsent(
      { type: 'deny', securityLabel: [label(system.confidentiality, 'R'), label(system.actCode, 'HIV')] },
      { type: 'deny', securityLabel: [label(system.actCode, 'SUD')] },
    ),
    '다만 기밀도가 제한 이상인 또는 HIV 감염 민감정보가 있는 기록은 제공하지 않습니다. 또한 물질사용장애 민감정보가 있는 기록은 제공하지 않습니다.',
    'However, records of confidentiality restricted or above or labelled as HIV may not be released. Also, records labelled as substance use may not be released.',
  ],
  [
    'codes, dates, actions and purposes',
    networkConsent(
      { type: 'deny', code: coded(system.kcd8, 'F20') },
      { type: 'deny', dataPeriod: { end: '2024-12-31' } },
      { type: 'permit', purpose: purposes('HRESCH'), action: actions('use'), class: types('Observation', 'Condition') },
      { type: 'deny', period: { start: '2026-04-01' } },
    ),
    '다만 KCD F20 코드가 있는 기록은 제공하지 않습니다. 또한 2024년 12월 31일까지의 기록은 제공하지 않습니다. 또한 연구 목적으로는 진단 및 검사·측정 기록을 이용할 수 있습니다. 또한 2026년 4월 1일부터 같은 범위의 기록은 모두 제공하지 않습니다.',
    'However, records coded KCD F20 may not be released. Also, records dated until 2024-12-31 may not be released. Also, diagnosis and observation records may be used for research. Also, all of the same records may not be released from 2026-04-01.',
  ],
  [
    'both sides of one rule are told as two',
    networkConsent({ type: 'deny', actor: [receiver(organization('clinic')), source(organization('hospital'))] }),
    '다만 해맑은의원에는 제공하지 않습니다. 마찬가지로 한빛종합병원의 기록은 제공하지 않습니다.',
    'However, records may not be released to 해맑은의원. Likewise: Records of 한빛종합병원 may not be released.',
  ],
  [
    'what cannot be read is said, and limits no refusal',
    networkConsent(
      { type: 'deny', purpose: [{ system: 'https://example.org/own', code: 'x' }], class: types('Condition') },
      { ...psychiatry, modifierExtension: unknownModifier },
      { type: 'permit', class: [{ system: system.resourceTypes }, ...types('Observation')] },
    ),
    '다만 진단 기록은 제공하지 않습니다. (목적을 해석할 수 없어 거부를 넓게 적용합니다.) 또한 같은 범위의 기록은 모두 제공하지 않습니다. (알 수 없는 수정 확장을 해석할 수 없어 거부를 넓게 적용합니다.) 또한 검사·측정 기록은 제공할 수 있습니다. (기록 종류를 해석할 수 없어 이 허용은 효력이 없습니다.)',
    'However, diagnosis records may not be released. (Its purpose cannot be read, so the refusal is enforced widely.) Also, all of the same records may not be released. (Its unknown modifier extension cannot be read, so the refusal is enforced widely.) Also, observation records may be released. (Its class cannot be read, so this permission is void.)',
  ],
]

about('exceptions', () => {
  test.each(nested)('%s', (_title, one, ko, en) => {
    expect(told(one)).toEqual({ ko: `${everywhere} ${agreed} ${ko} ${open}`, en: `${everywhereEn} ${agreedEn} ${en} ${openEn}` })
  })
})

about('consents that stand alone', () => {
  test.each([
    [
      'a refusal of everything',
      consent({ type: 'deny' }),
      `${everywhere} 누구에게도 어떤 목적으로도 기록을 제공하지 않습니다. ${open}`,
      `${everywhereEn} The patient refuses that all records be released to anybody for any purpose. ${openEn}`,
    ],
    [
      'one institution’s own consent',
      consent({ purpose: purposes('TREAT') }, { organization: [organization('hospital')] }),
      `이 동의서는 한빛종합병원이 보유한 기록에만 적용됩니다. 누구에게나 진료 목적으로 모든 기록을 제공하는 데 동의합니다. ${open}`,
      `This consent applies to the records of 한빛종합병원 alone. The patient agrees that all records may be released to anybody for treatment. ${openEn}`,
    ],
    [
      'a meaning that is lost',
      consent({}, { modifierExtension: unknownModifier }),
      `${everywhere} 내용을 해석할 수 없어 모든 제공을 거부하는 것으로 처리합니다.`,
      `${everywhereEn} Its meaning cannot be read, so it is enforced as a refusal of everything.`,
    ],
    [
      'an unconfirmed permit',
      consent({ purpose: purposes('TREAT') }, { verification: [{ verified: false }] }),
      `${everywhere} 누구에게나 진료 목적으로 모든 기록을 제공하는 데 동의합니다. (환자 본인에게 확인되지 않아 허용은 효력이 없고 거부만 적용됩니다.) ${open}`,
      `${everywhereEn} The patient agrees that all records may be released to anybody for treatment. (It was not confirmed with the patient, so what it permits is void and what it refuses is enforced.) ${openEn}`,
    ],
  ] as const)('%s', (_title, one, ko, en) => {
    expect(told(one)).toEqual({ ko, en })
  })
})
