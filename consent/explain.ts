/** A Decision as one sentence in Korean and one in English, for the screen and the officer. It names rules and articles, never a person. */
import type { Decision } from './types.ts'

export interface Explanation {
  readonly ko: string
  readonly en: string
}

const permitted: Readonly<Record<string, Explanation>> = {
  'treatment-in-house': { ko: '본 기관이 보유한 진료기록', en: 'it is held by the own institution' },
  'patient-request': { ko: '정보주체 본인의 열람', en: 'the patient asks for their own record' },
  statute: { ko: '법률의 규정', en: 'an article of law orders it' },
  emergency: { ko: '응급 상황의 선언', en: 'an emergency was declared' },
  consent: { ko: '환자의 동의', en: 'the patient consented' },
  implicit: { ko: '동의가 없는 경우의 기본 정책', en: 'no consent speaks and normal care is allowed' },
}

/** Strongest first: the first that applies is the one told. */
const refused: readonly (readonly [rule: string, explanation: Explanation])[] = [
  ['role-table', { ko: '이 역할은 이런 기록을 열람할 수 없어', en: 'this role does not read such records' }],
  ['no-purpose', { ko: '요청 목적이 없어', en: 'the request states no purpose' }],
  [
    'law-ceiling',
    { ko: '법률이 다른 기관에 제공하는 기록에서 제외하도록 하여', en: 'the law leaves it out of what one institution gives to another' },
  ],
  ['deny', { ko: '환자가 거부하여', en: 'the patient refused' }],
  ['unreadable-consent', { ko: '동의서를 해석할 수 없어', en: 'a consent cannot be read' }],
  ['unreadable-permit', { ko: '동의 내용을 해석할 수 없어', en: 'what a consent permits cannot be read' }],
  ['withheld', { ko: '동의 범위를 벗어나', en: 'it is outside what the patient consented to' }],
  ['implicit-deny', { ko: '동의가 없어', en: 'there is no consent' }],
]

export function explain(decision: Decision): Explanation {
  if (decision.permit) {
    const grounds = decision.basis.flatMap((basis) => permitted[basis] ?? [])
    return {
      ko: `${grounds.map(({ ko }) => ko).join(', ')}에 근거하여 제공합니다.`,
      en: `Released because ${grounds.map(({ en }) => en).join(' and ')}.`,
    }
  }
  const rules = new Set(decision.because.map((reason) => reason.rule))
  const [, ground] = refused.find(([rule]) => rules.has(rule)) ?? [undefined, { ko: '근거가 없어', en: 'nothing allows it' }]
  return { ko: `${ground.ko} 제공하지 않습니다.`, en: `Not released because ${ground.en}.` }
}
