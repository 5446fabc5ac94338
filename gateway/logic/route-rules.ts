/**
 * The tiers of Korean health care as dated rows. A change in the law is a new row with its day, never an edit of an old one.
 * 건강보험: 국민건강보험 요양급여의 기준에 관한 규칙 2조, https://www.law.go.kr/법령/국민건강보험요양급여의기준에관한규칙
 * 의료급여: 의료급여법 9조 and 의료급여법 시행규칙 3조, https://www.law.go.kr/법령/의료급여법시행규칙
 */

/** KR Core hira-insurance-types: 4 건강보험, 5 의료급여, 7 보훈 */
export type Payer = '4' | '5' | '7'

interface Dated {
  /** first and last day, inclusive, `YYYY-MM-DD` */
  readonly from: string
  readonly until?: string
}

interface Step {
  readonly rule: string
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly ko: string
  readonly en: string
}

/** A step that no row of `steps` allows is refused with the words of the rule itself. */
export interface TierRule extends Dated {
  readonly rule: string
  readonly payer: Payer
  /** 요양종별 → tier under this payer */
  readonly tiers: Readonly<Record<string, number>>
  readonly steps: readonly Step[]
  readonly ko: string
  readonly en: string
}

export interface Exemption extends Dated {
  readonly rule: string
  /** the element of the request that claims it */
  readonly ground: 'emergency'
  readonly ko: string
  readonly en: string
}

/** 요양종별 that take referrals, with their level (의원급 1, 병원급 2, 상급종합 3). Pharmacies (81) and herb dealers (94) do not. */
export const destinationTypes: ReadonlyMap<string, number> = new Map([
  ['01', 3],
  ['11', 2],
  ['21', 2],
  ['28', 2],
  ['29', 2],
  ['31', 1],
  ['41', 2],
  ['51', 1],
  ['61', 1],
  ['71', 1],
  ['72', 1],
  ['73', 1],
  ['74', 1],
  ['75', 1],
  ['91', 2],
  ['92', 2],
  ['93', 1],
])

const levels: Readonly<Record<string, number>> = Object.fromEntries(destinationTypes)

/** Everything but a 상급종합병원 is the first step. */
const twoSteps: Readonly<Record<string, number>> = Object.fromEntries(
  [...destinationTypes.keys()].map((type) => [type, type === '01' ? 2 : 1]),
)

export const tierRules: readonly TierRule[] = [
  {
    rule: 'nhi-two-steps',
    payer: '4',
    from: '2000-07-01',
    tiers: twoSteps,
    ko: '건강보험 요양급여 단계에 맞지 않는 의뢰입니다',
    en: 'the step is not one of national health insurance',
    steps: [
      {
        rule: 'nhi-first-step',
        from: [1, 2],
        to: [1],
        ko: '건강보험 1단계 요양기관은 의뢰서 없이도 갈 수 있습니다',
        en: 'national health insurance: a first-step institution is open to everybody',
      },
      {
        rule: 'nhi-second-step-by-referral',
        from: [1, 2],
        to: [2],
        ko: '건강보험 2단계(상급종합병원) 진료에는 요양급여의뢰서가 필요하며, 이 의뢰가 그 의뢰서입니다',
        en: 'national health insurance: the second step (상급종합병원) needs a referral, and this is one',
      },
    ],
  },
  {
    rule: 'medical-aid-three-tiers',
    payer: '5',
    from: '2001-10-01',
    tiers: levels,
    ko: '의료급여는 1차에서 3차 의료급여기관으로 바로 의뢰할 수 없습니다. 2차 의료급여기관을 거쳐야 합니다',
    en: 'medical aid: a first-tier institution cannot refer straight to the third tier; the second tier comes between',
    steps: [
      {
        rule: 'medical-aid-first-tier',
        from: [1, 2, 3],
        to: [1],
        ko: '의료급여 1차 의료급여기관은 의뢰서 없이도 갈 수 있습니다',
        en: 'medical aid: the first tier is open without a referral',
      },
      {
        rule: 'medical-aid-second-tier-by-referral',
        from: [1, 2],
        to: [2],
        ko: '의료급여 2차 의료급여기관으로의 의뢰입니다. 의뢰서는 7일 안에 내야 합니다',
        en: 'medical aid: referral to the second tier; the letter must be handed in within 7 days',
      },
      {
        rule: 'medical-aid-third-tier-by-referral',
        from: [2, 3],
        to: [3],
        ko: '의료급여 3차 의료급여기관으로의 의뢰입니다. 의뢰서는 7일 안에 내야 합니다',
        en: 'medical aid: referral to the third tier; the letter must be handed in within 7 days',
      },
      {
        rule: 'medical-aid-return',
        from: [3],
        to: [2],
        ko: '의료급여 3차에서 2차 의료급여기관으로의 회송입니다',
        en: 'medical aid: return from the third to the second tier',
      },
    ],
  },
]

export const exemptions: readonly Exemption[] = [
  {
    rule: 'emergency-exempt',
    ground: 'emergency',
    from: '2000-07-01',
    ko: '응급환자는 요양급여·의료급여 단계의 예외입니다',
    en: 'an emergency patient is exempt from the tiers',
  },
]
