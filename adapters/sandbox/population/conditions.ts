/**
 * The clinical table: who gets what, at which age and sex, where it is followed, and what is prescribed and measured. KCD-8 codes and names.
 * Rates are rough shares of the population per cent, as a family doctor in Korea would expect them; they steer a demonstration, no study.
 */
import type { DrugName } from './drugs.ts'
import type { PanelName } from './tests.ts'

export type Place = 'clinic' | 'hospital' | 'tertiary'
export type Sex = 'male' | 'female'

export interface Chronic {
  readonly kcd: string
  readonly name: string
  /** national code of the department that follows it, by place; the first place the person goes to counts */
  readonly followed: readonly (readonly [Place, department: string])[]
  /** per cent from an age on, men and women */
  readonly rates: readonly (readonly [fromAge: number, male: number, female: number])[]
  /** per cent instead, for those who have one of the named illnesses */
  readonly after?: { readonly kcd: readonly string[]; readonly rate: number; readonly fromAge?: number }
  /** illnesses that rule it out (one stage of a disease, the other form of it) */
  readonly not?: readonly string[]
  readonly everyDays: number
  /** days of medicine at a visit; until the next one where it is not said */
  readonly supplyDays?: number
  /** found years ago: what came first (operation, first treatment) lies before the year that is told */
  readonly isOld?: boolean
  /** over within months */
  readonly isShort?: boolean
  /** one is taken and kept; allergies and other illnesses rule some out */
  readonly regimens: readonly (readonly DrugName[])[]
  /** a panel, and how many visits lie between two of them */
  readonly panels: readonly (readonly [PanelName, every: number])[]
  /** 정신, HIV, 유전: what the law and the patients treat apart */
  readonly sensitive?: 'mental' | 'hiv' | 'genetic'
}

// one row per line reads as a table
// oxfmt-ignore
export const chronic = {
  hypertension: {
    kcd: 'I10.9', name: '기타 및 상세불명의 원발성 고혈압', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[35, 6, 2], [45, 20, 12], [55, 36, 28], [65, 50, 50], [75, 58, 64]], everyDays: 56,
    regimens: [['amlodipine'], ['losartan'], ['telmisartan'], ['amlodipine', 'losartan'], ['amlodipine', 'telmisartan'], ['telmisartan', 'hydrochlorothiazide']],
    panels: [['kidney', 6], ['urine', 6]],
  },
  diabetes: {
    kcd: 'E11.9', name: '합병증을 동반하지 않은 2형 당뇨병', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[40, 6, 3], [50, 14, 8], [60, 22, 18], [70, 27, 25]], everyDays: 56,
    regimens: [['metformin'], ['metformin', 'sitagliptin'], ['metformin', 'empagliflozin'], ['metformin', 'glimepiride'], ['linagliptin']],
    panels: [['sugar', 2], ['kidney', 4], ['albuminuria', 6]],
  },
  dyslipidaemia: {
    kcd: 'E78.5', name: '상세불명의 고지질혈증', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[35, 9, 4], [45, 18, 13], [55, 22, 30], [65, 24, 34]], after: { kcd: ['E11.9', 'I20.9', 'I69.3'], rate: 68 }, everyDays: 84,
    regimens: [['atorvastatin'], ['rosuvastatin'], ['rosuvastatin', 'ezetimibe']], panels: [['lipids', 3], ['liver', 4]],
  },
  kidneyDisease: {
    kcd: 'N18.3', name: '만성 신장병(3기)', followed: [['tertiary', '01'], ['hospital', '01']],
    rates: [[65, 2, 2], [75, 5, 4]], after: { kcd: ['E11.9'], rate: 14, fromAge: 55 }, everyDays: 84,
    regimens: [[]], panels: [['kidney', 1], ['count', 2], ['albuminuria', 2]],
  },
  hypothyroidism: {
    kcd: 'E03.9', name: '상세불명의 갑상선기능저하증', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[25, 0.5, 2.5], [45, 1, 6]], everyDays: 84, regimens: [['levothyroxine']], panels: [['thyroid', 2]],
  },
  hyperthyroidism: {
    kcd: 'E05.0', name: '미만성 갑상선종을 동반한 갑상선독증', followed: [['hospital', '01'], ['tertiary', '01']],
    rates: [[20, 0.4, 2]], not: ['E03.9'], everyDays: 56, regimens: [['methimazole']], panels: [['thyroid', 1], ['count', 3]],
  },
  reflux: {
    kcd: 'K21.9', name: '식도염을 동반하지 않은 위-식도역류병', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[25, 5, 5], [45, 8, 9]], everyDays: 84, regimens: [['omeprazole']], panels: [],
  },
  allergicRhinitis: {
    kcd: 'J30.4', name: '상세불명의 알레르기비염', followed: [['clinic', '23']],
    rates: [[4, 16, 13], [13, 12, 12], [40, 6, 7], [65, 3, 3]], everyDays: 112, supplyDays: 14, regimens: [['cetirizine'], ['cetirizine', 'fluticasoneNasal']], panels: [],
  },
  atopic: {
    kcd: 'L20.9', name: '상세불명의 아토피피부염', followed: [['clinic', '23']],
    rates: [[1, 12, 11], [7, 7, 7], [13, 3, 3], [20, 0.5, 0.5]], everyDays: 112, supplyDays: 14, regimens: [['hydrocortisoneCream']], panels: [],
  },
  asthmaChild: {
    kcd: 'J45.0', name: '주로 알레르기성 천식', followed: [['hospital', '11'], ['tertiary', '11']],
    rates: [[3, 7, 5], [13, 3, 3], [15, 0, 0]], everyDays: 84, regimens: [['montelukastChew']], panels: [['allergy', 3]],
  },
  asthma: {
    kcd: 'J45.9', name: '상세불명의 천식', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[20, 1, 1.5], [60, 3, 4]], everyDays: 84, regimens: [['budesonideFormoterol'], ['budesonideFormoterol', 'montelukast']], panels: [],
  },
  copd: {
    kcd: 'J44.9', name: '상세불명의 만성 폐쇄성 폐질환', followed: [['hospital', '01'], ['tertiary', '01']],
    rates: [[60, 6, 0.7], [72, 11, 1.5]], not: ['J45.9'], everyDays: 84, regimens: [['tiotropium']], panels: [['count', 4]],
  },
  kneeArthrosis: {
    kcd: 'M17.1', name: '기타 원발성 무릎관절증', followed: [['hospital', '05'], ['clinic', '23']],
    rates: [[55, 5, 12], [65, 10, 24], [75, 13, 30]], everyDays: 56, supplyDays: 28, regimens: [['celecoxib'], ['acetaminophen']], panels: [],
  },
  backPain: {
    kcd: 'M51.2', name: '기타 명시된 추간판전위', followed: [['hospital', '05'], ['clinic', '23']],
    rates: [[35, 4, 4], [60, 6, 7]], everyDays: 112, supplyDays: 14, regimens: [['celecoxib', 'eperisone'], ['acetaminophen', 'eperisone']], panels: [],
  },
  osteoporosis: {
    kcd: 'M81.0', name: '폐경후 골다공증', followed: [['clinic', '01'], ['hospital', '05']],
    rates: [[58, 0, 14], [68, 0, 30]], everyDays: 84, regimens: [['alendronate']], panels: [],
  },
  gout: {
    kcd: 'M10.9', name: '상세불명의 통풍', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[30, 3, 0], [45, 6, 0.2]], everyDays: 84, regimens: [['febuxostat'], ['allopurinol']], panels: [['uricAcid', 2], ['kidney', 6]],
  },
  prostate: {
    kcd: 'N40', name: '전립선증식증', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[50, 8, 0], [60, 22, 0], [70, 38, 0]], everyDays: 84, regimens: [['tamsulosin']], panels: [['prostate', 6]],
  },
  angina: {
    kcd: 'I20.9', name: '상세불명의 협심증', followed: [['tertiary', '01'], ['hospital', '01']],
    rates: [[55, 4, 1.5], [65, 8, 5], [75, 10, 8]], everyDays: 84, regimens: [['aspirin', 'bisoprolol'], ['clopidogrel', 'bisoprolol']],
    panels: [['lipids', 2], ['heart', 4]],
  },
  fibrillation: {
    kcd: 'I48.9', name: '상세불명의 심방세동 및 심방조동', followed: [['tertiary', '01'], ['hospital', '01']],
    rates: [[60, 3, 1.5], [70, 6, 4], [80, 9, 7]], everyDays: 84, regimens: [['apixaban', 'bisoprolol']], panels: [['kidney', 2], ['count', 3]],
  },
  heartFailure: {
    kcd: 'I50.9', name: '상세불명의 심부전', followed: [['tertiary', '01'], ['hospital', '01']],
    rates: [[70, 3, 3], [80, 7, 7]], everyDays: 56, regimens: [['furosemide', 'bisoprolol'], ['furosemide', 'bisoprolol', 'empagliflozin']],
    panels: [['heart', 2], ['kidney', 2]],
  },
  stroke: {
    kcd: 'I69.3', name: '뇌경색증의 후유증', followed: [['tertiary', '02']],
    rates: [[60, 3, 2], [70, 7, 5]], not: ['I48.9'], everyDays: 84, regimens: [['clopidogrel'], ['aspirin']], panels: [['lipids', 3]],
  },
  dementia: {
    kcd: 'G30.1', name: '만기발병 알츠하이머병', followed: [['tertiary', '02']],
    rates: [[70, 3, 4], [78, 9, 14]], everyDays: 84, regimens: [['donepezil']], panels: [['cognition', 4]],
  },
  hepatitisB: {
    kcd: 'B18.1', name: '델타-병원체가 없는 만성 바이러스B형간염', followed: [['hospital', '01'], ['tertiary', '01']],
    rates: [[35, 3.5, 2.5]], everyDays: 84, regimens: [['entecavir']], panels: [['hepatitisB', 2], ['liver', 1]],
  },
  fattyLiver: {
    kcd: 'K76.0', name: '달리 분류되지 않은 지방(변화성)간', followed: [['clinic', '01'], ['hospital', '01']],
    rates: [[30, 8, 2], [50, 9, 6]], not: ['B18.1'], everyDays: 168, regimens: [[]], panels: [['liver', 1], ['lipids', 2]],
  },
  ironDeficiency: {
    kcd: 'D50.9', name: '상세불명의 철결핍빈혈', followed: [['clinic', '01'], ['hospital', '01'], ['tertiary', '01']],
    rates: [[15, 0, 3], [30, 0, 6], [51, 0, 0]], isShort: true, everyDays: 56, regimens: [['iron']], panels: [['count', 1], ['iron', 2]],
  },
  rheumatoid: {
    kcd: 'M06.9', name: '상세불명의 류마티스관절염', followed: [['tertiary', '01']],
    rates: [[35, 0.4, 1.6], [55, 0.8, 3]], everyDays: 84, regimens: [['hydroxychloroquine', 'sulfasalazine'], ['hydroxychloroquine']], panels: [['rheumatoid', 1], ['count', 1], ['liver', 2]],
  },
  breastCancer: {
    kcd: 'C50.9', name: '상세불명의 유방의 악성 신생물', followed: [['tertiary', '04']],
    rates: [[40, 0, 3], [60, 0, 3]], isOld: true, everyDays: 84, regimens: [['tamoxifen'], ['letrozole']], panels: [['breastMarker', 2], ['count', 2], ['liver', 2]],
  },
  colonCancer: {
    kcd: 'C18.9', name: '상세불명의 결장의 악성 신생물', followed: [['tertiary', '04']],
    rates: [[55, 2, 1.3], [68, 4, 2]], not: ['C50.9'], isOld: true, everyDays: 84, regimens: [[]], panels: [['cea', 2], ['count', 1], ['liver', 1]],
  },
  lungCancer: {
    kcd: 'C34.9', name: '상세불명의 기관지 또는 폐의 악성 신생물', followed: [['tertiary', '01']],
    rates: [[55, 0.8, 0.8], [68, 2, 1.5]], not: ['C50.9', 'C18.9'], everyDays: 42, regimens: [['osimertinib']], panels: [['cea', 2], ['count', 1], ['liver', 1]],
  },
  thyroidCancer: {
    kcd: 'C73', name: '갑상선의 악성 신생물', followed: [['tertiary', '04']],
    rates: [[35, 0.6, 3]], not: ['E03.9', 'E05.0', 'C50.9'], isOld: true, everyDays: 84, regimens: [['levothyroxine']], panels: [['thyroid', 1]],
  },
  depression: {
    kcd: 'F32.1', name: '중등도 우울에피소드', followed: [['hospital', '03'], ['tertiary', '03']],
    rates: [[19, 2, 4], [45, 3, 5], [65, 2.5, 4]], everyDays: 28, regimens: [['escitalopram'], ['sertraline'], ['escitalopram', 'zolpidem']], panels: [['mood', 2]], sensitive: 'mental',
  },
  anxiety: {
    kcd: 'F41.1', name: '범불안장애', followed: [['hospital', '03'], ['tertiary', '03']],
    rates: [[20, 1.5, 2.5]], not: ['F32.1'], everyDays: 28, regimens: [['escitalopram', 'alprazolam'], ['sertraline']], panels: [['mood', 3]], sensitive: 'mental',
  },
  panic: {
    kcd: 'F41.0', name: '공황장애[우발적 발작성 불안]', followed: [['hospital', '03'], ['tertiary', '03']],
    rates: [[20, 1.3, 1.6], [55, 0, 0]], not: ['F32.1', 'F41.1'], everyDays: 28, regimens: [['sertraline', 'alprazolam']], panels: [['mood', 4]], sensitive: 'mental',
  },
  bipolar: {
    kcd: 'F31.9', name: '상세불명의 양극성 정동장애', followed: [['tertiary', '03']],
    rates: [[22, 1, 1], [55, 0, 0]], not: ['F32.1', 'F41.1', 'F41.0'], isOld: true, everyDays: 28, regimens: [['quetiapine', 'lithium']], panels: [['lithium', 3], ['thyroid', 6], ['kidney', 6]], sensitive: 'mental',
  },
  adhd: {
    kcd: 'F90.0', name: '활동성 및 주의력 장애', followed: [['hospital', '03'], ['tertiary', '03']],
    rates: [[7, 8, 3], [17, 0, 0]], everyDays: 28, regimens: [['methylphenidate']], panels: [], sensitive: 'mental',
  },
  hiv: {
    kcd: 'B24', name: '상세불명의 인체면역결핍바이러스[HIV]병', followed: [['tertiary', '01']],
    rates: [], everyDays: 84, regimens: [['biktarvy']], panels: [['hiv', 2], ['kidney', 2], ['count', 2]], sensitive: 'hiv',
  },
  hivCarrier: {
    kcd: 'Z21', name: '무증상 인체면역결핍바이러스[HIV]감염상태', followed: [['tertiary', '01']],
    rates: [], not: ['B24'], everyDays: 84, regimens: [['biktarvy']], panels: [['hiv', 2], ['kidney', 2], ['count', 2]], sensitive: 'hiv',
  },
  hivPneumocystis: {
    kcd: 'B20.6', name: '주폐포자충폐렴을 유발한 인체면역결핍바이러스[HIV]병', followed: [['tertiary', '01']],
    rates: [], not: ['B24', 'Z21'], everyDays: 56, regimens: [['biktarvy', 'trimethoprimSulfa']], panels: [['hiv', 1], ['count', 1], ['kidney', 2]], sensitive: 'hiv',
  },
  familialCholesterol: {
    kcd: 'E78.0', name: '순수고콜레스테롤혈증', followed: [['tertiary', '01']],
    rates: [], not: ['E78.5'], everyDays: 84, regimens: [['rosuvastatin', 'ezetimibe']], panels: [['lipids', 1], ['genes', 99]], sensitive: 'genetic',
  },
  huntington: {
    kcd: 'G10', name: '헌팅톤병', followed: [['tertiary', '02']],
    rates: [], everyDays: 84, regimens: [['quetiapine']], panels: [['genes', 99]], sensitive: 'genetic',
  },
  breastFamily: {
    kcd: 'Z80.3', name: '유방의 악성 신생물의 가족력', followed: [['tertiary', '04']],
    rates: [], not: ['C50.9'], everyDays: 168, regimens: [[]], panels: [['genes', 99]], sensitive: 'genetic',
  },
  pregnancy: {
    kcd: 'Z34.9', name: '상세불명의 정상임신의 관리', followed: [['tertiary', '10']],
    rates: [], everyDays: 28, regimens: [['folicAcid'], ['iron']], panels: [['count', 3], ['urine', 2]],
  },
} as const satisfies Readonly<Record<string, Chronic>>

export type ChronicName = keyof typeof chronic

/** People the table cannot wait for: there must be some, of this sex and age. */
// oxfmt-ignore
export const certain: readonly { readonly condition: ChronicName; readonly count: number; readonly sex: Sex | 'any'; readonly ages: readonly [number, number] }[] = [
  { condition: 'hiv', count: 2, sex: 'male', ages: [28, 55] },
  { condition: 'hivCarrier', count: 1, sex: 'female', ages: [28, 50] },
  { condition: 'hivPneumocystis', count: 1, sex: 'male', ages: [35, 60] },
  { condition: 'familialCholesterol', count: 2, sex: 'any', ages: [24, 45] },
  { condition: 'huntington', count: 1, sex: 'any', ages: [38, 55] },
  { condition: 'breastFamily', count: 2, sex: 'female', ages: [28, 45] },
  { condition: 'lungCancer', count: 2, sex: 'any', ages: [58, 75] },
  { condition: 'breastCancer', count: 2, sex: 'female', ages: [40, 62] },
  { condition: 'pregnancy', count: 4, sex: 'female', ages: [27, 38] },
  { condition: 'adhd', count: 2, sex: 'male', ages: [8, 14] },
]
