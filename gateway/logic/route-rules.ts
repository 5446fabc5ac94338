/**
 * The tiers of Korean health care as dated rows. A change in the law is a new row with its day, never an edit of an old one.
 * 건강보험: 국민건강보험 요양급여의 기준에 관한 규칙 2조, https://www.law.go.kr/법령/국민건강보험요양급여의기준에관한규칙
 * 의료급여: 의료급여법 9조 and 의료급여법 시행규칙 3조, https://www.law.go.kr/법령/의료급여법시행규칙
 */

/** KR Core hira-insurance-types: 4 건강보험, 5 의료급여, 7 보훈, 9 무료진료 */
export type Payer = '4' | '5' | '7' | '9'

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

/**
 * A step that no row of `steps` allows is against the rule, and told in the words of the rule itself. These are rules of payment: they
 * decide who pays for the visit, not whether the patient is treated (의료법 15조 forbids to refuse care).
 */
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
  readonly ground: Ground
  readonly payer: Payer
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
    ko: '의료급여 절차에 맞지 않습니다. 1차에서 3차로 갈 때에는 2차 의료급여기관을 거치며, 거치지 않은 진료비는 급여되지 않을 수 있습니다',
    en: 'medical aid: from the first to the third tier the second comes between; a visit past it may not be paid for',
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

/** Codes of our `tier-exemption`, as a referral claims them (`ServiceRequest.reasonCode` or `category`). */
export type Ground =
  | 'emergency'
  | 'childbirth'
  | 'dental'
  | 'rehabilitation'
  | 'family-medicine'
  | 'own-staff'
  | 'haemophilia'
  | 'rare-disease'
  | 'crisis'

/** Where the referral says it by itself: its urgency, its department, or the beginning of a KCD code (without the dot). */
export interface GroundRow {
  readonly ground: Ground
  readonly priority?: 'stat'
  readonly departments?: readonly string[]
  readonly diagnoses?: readonly string[]
}

export const groundRows: readonly GroundRow[] = [
  { ground: 'emergency', priority: 'stat' },
  { ground: 'childbirth', diagnoses: ['O80', 'O81', 'O82', 'O83', 'O84'] },
  { ground: 'dental', departments: ['49', '50', '51', '52', '53', '54', '55', '56', '57', '58', '59', '61'] },
  // A registered disability or a therapy is not in the department's name: it must be claimed.
  { ground: 'rehabilitation' },
  { ground: 'family-medicine', departments: ['23'] },
  { ground: 'own-staff' },
  { ground: 'haemophilia', diagnoses: ['D66', 'D67', 'D680', 'D681', 'D682'] },
  // 희귀·중증난치질환 is a registration, not a diagnosis: it must be claimed.
  { ground: 'rare-disease' },
  // The minister varies the steps in a crisis; the claim is the sender's.
  { ground: 'crisis' },
]

/**
 * 요양급여 규칙 2조 for 건강보험; for 의료급여 those of the 14 cases of 시행규칙 3조① that a referral can tell or claim. Rows for counsel: the
 * text of each case decides, not our word for it.
 */
export const exemptions: readonly Exemption[] = [
  exempt(
    '4',
    'emergency',
    '응급환자는 건강보험 요양급여 단계의 예외입니다',
    'health insurance: an emergency patient is exempt from the steps',
  ),
  exempt('4', 'childbirth', '분만은 건강보험 요양급여 단계의 예외입니다', 'health insurance: childbirth is exempt from the steps'),
  exempt('4', 'dental', '치과 진료는 건강보험 요양급여 단계의 예외입니다', 'health insurance: dental care is exempt from the steps'),
  exempt(
    '4',
    'rehabilitation',
    '등록 장애인 또는 재활치료가 필요한 사람의 재활의학과 진료는 단계의 예외입니다',
    'health insurance: registered disability or rehabilitation in 재활의학과 is exempt from the steps',
  ),
  exempt(
    '4',
    'family-medicine',
    '가정의학과 진료는 건강보험 요양급여 단계의 예외입니다',
    'health insurance: 가정의학과 is exempt from the steps',
  ),
  exempt(
    '4',
    'own-staff',
    '그 요양기관에 근무하는 사람은 단계의 예외입니다',
    'health insurance: staff of the institution are exempt from the steps',
  ),
  exempt('4', 'haemophilia', '혈우병환자는 건강보험 요양급여 단계의 예외입니다', 'health insurance: haemophilia is exempt from the steps'),
  exempt(
    '4',
    'crisis',
    '재난 위기 상황에서 장관이 정한 단계의 예외입니다',
    'health insurance: exempt by order of the minister in a crisis',
  ),
  exempt('5', 'emergency', '응급환자는 의료급여 단계의 예외입니다', 'medical aid: an emergency patient is exempt from the tiers'),
  exempt('5', 'childbirth', '분만은 의료급여 단계의 예외입니다', 'medical aid: childbirth is exempt from the tiers'),
  exempt(
    '5',
    'rare-disease',
    '희귀·중증난치질환자는 의료급여 단계의 예외입니다',
    'medical aid: a registered rare or severe disease is exempt from the tiers',
  ),
  exempt(
    '5',
    'own-staff',
    '그 의료급여기관에 근무하는 사람은 단계의 예외입니다',
    'medical aid: staff of the institution are exempt from the tiers',
  ),
  exempt('5', 'crisis', '재난 위기 상황에서 장관이 정한 단계의 예외입니다', 'medical aid: exempt by order of the minister in a crisis'),
]

/** In force as long as the tiers themselves; a change is a row of its own, with its day. */
function exempt(payer: Payer, ground: Ground, ko: string, en: string): Exemption {
  return {
    rule: `${payer === '4' ? 'nhi' : 'medical-aid'}-${ground}-exempt`,
    payer,
    ground,
    from: payer === '4' ? '2000-07-01' : '2001-10-01',
    ko,
    en,
  }
}
