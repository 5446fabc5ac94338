/** What the clinic has on file: invented, plausible, the same on every first start except for the dates, which count back from that day. */

export interface SeedVisit {
  readonly daysAgo: number
  /** local department of the clinic */
  readonly department: 'IM' | 'FM'
  readonly diagnoses: readonly (readonly [code: string, name: string])[]
  /** local drug code, dose, times a day, days */
  readonly drugs?: readonly (readonly [code: string, dose: number, timesADay: number, days: number])[]
  /** local item, value */
  readonly results?: readonly (readonly [item: string, value: string])[]
  readonly pressure?: readonly [systolic: number, diastolic: number]
}

export interface SeedRecord {
  readonly person: number
  readonly visits: readonly SeedVisit[]
  readonly allergies?: readonly { readonly code: string; readonly name: string; readonly kind: 'D' | 'F'; readonly reaction: string }[]
}

export const drugs: Readonly<Record<string, { readonly name: string; readonly unit: string }>> = {
  AML5: { name: '아모디핀정 5밀리그램(암로디핀)', unit: '정' },
  LOS50: { name: '로사르탄정 50밀리그램', unit: '정' },
  MET500: { name: '메트포르민정 500밀리그램', unit: '정' },
  ATV10: { name: '아토르바스타틴정 10밀리그램', unit: '정' },
  LT4: { name: '레보티록신정 50마이크로그램', unit: '정' },
  AAP: { name: '아세트아미노펜정 500밀리그램', unit: '정' },
  AAPS: { name: '아세트아미노펜시럽', unit: 'mL' },
  CTZ: { name: '세티리진정 10밀리그램', unit: '정' },
  GLAR: { name: '인슐린글라진주', unit: '단위' },
  OMP: { name: '오메프라졸캡슐 20밀리그램', unit: '캡슐' },
}

export const items: Readonly<
  Record<string, { readonly name: string; readonly unit: string | null; readonly low: string | null; readonly high: string | null }>
> = {
  GLU: { name: '공복혈당', unit: 'mg/dl', low: '70', high: '99' },
  A1C: { name: '당화혈색소', unit: '%', low: '4.0', high: '5.6' },
  CREA: { name: '크레아티닌', unit: 'mg/dl', low: '0.6', high: '1.2' },
  EGFR: { name: '사구체여과율', unit: 'mL/min/1.73', low: '60', high: null },
  LDL: { name: 'LDL 콜레스테롤', unit: 'mg/dl', low: null, high: '130' },
  TSH: { name: '갑상선자극호르몬', unit: 'uIU/mL', low: '0.4', high: '4.5' },
  UPRO: { name: '요단백(스틱)', unit: null, low: null, high: null },
  XBIA: { name: '체성분 점수', unit: '점', low: null, high: null },
}

const hypertension = ['I10', '본태성(원발성) 고혈압'] as const
const diabetes = ['E119', '합병증을 동반하지 않은 2형 당뇨병'] as const
const cold = ['J069', '상세불명의 급성 상기도감염'] as const

export const seedRecords: readonly SeedRecord[] = [
  {
    person: 1,
    visits: [
      {
        daysAgo: 182,
        department: 'IM',
        diagnoses: [hypertension, diabetes],
        drugs: [
          ['AML5', 1, 1, 90],
          ['MET500', 1, 2, 90],
        ],
        results: [
          ['GLU', '168'],
          ['A1C', '8.1'],
          ['LDL', '142'],
        ],
        pressure: [156, 96],
      },
      {
        daysAgo: 91,
        department: 'IM',
        diagnoses: [hypertension, diabetes],
        drugs: [
          ['AML5', 1, 1, 90],
          ['MET500', 1, 2, 90],
          ['ATV10', 1, 1, 90],
        ],
        results: [
          ['GLU', '151'],
          ['A1C', '7.6'],
          ['CREA', '0.8'],
        ],
        pressure: [148, 92],
      },
      {
        daysAgo: 3,
        department: 'IM',
        diagnoses: [hypertension, diabetes, ['R074', '상세불명의 흉통']],
        drugs: [
          ['AML5', 1, 1, 28],
          ['MET500', 1, 2, 28],
          ['ATV10', 1, 1, 28],
        ],
        results: [['GLU', '156']],
        pressure: [162, 98],
      },
    ],
    allergies: [{ code: 'PCN', name: '페니실린', kind: 'D', reaction: '두드러기, 호흡곤란' }],
  },
  {
    person: 2,
    visits: [
      {
        daysAgo: 140,
        department: 'IM',
        diagnoses: [hypertension, ['E785', '상세불명의 고지질혈증']],
        drugs: [
          ['LOS50', 1, 1, 90],
          ['ATV10', 1, 1, 90],
        ],
        results: [
          ['LDL', '171'],
          ['XBIA', '72'],
        ],
        pressure: [150, 90],
      },
      {
        daysAgo: 48,
        department: 'IM',
        diagnoses: [hypertension],
        drugs: [['LOS50', 1, 1, 90]],
        results: [['LDL', '118']],
        pressure: [136, 84],
      },
    ],
  },
  {
    person: 3,
    visits: [
      {
        daysAgo: 75,
        department: 'IM',
        diagnoses: [['E039', '상세불명의 갑상선기능저하증']],
        drugs: [['LT4', 1, 1, 90]],
        results: [['TSH', '6.8']],
        pressure: [118, 74],
      },
    ],
    allergies: [{ code: 'CM', name: '요오드 조영제', kind: 'D', reaction: '전신 발진' }],
  },
  {
    person: 4,
    visits: [
      {
        daysAgo: 120,
        department: 'FM',
        diagnoses: [['K219', '식도염을 동반하지 않은 위-식도역류병']],
        drugs: [['OMP', 1, 1, 28]],
        pressure: [124, 80],
      },
      { daysAgo: 20, department: 'FM', diagnoses: [['J304', '상세불명의 알레르기비염']], drugs: [['CTZ', 1, 1, 14]] },
    ],
  },
  { person: 5, visits: [{ daysAgo: 12, department: 'FM', diagnoses: [cold], drugs: [['AAPS', 8, 3, 3]] }] },
  {
    person: 6,
    visits: [
      {
        daysAgo: 100,
        department: 'IM',
        diagnoses: [diabetes, hypertension],
        drugs: [
          ['MET500', 1, 2, 60],
          ['AML5', 1, 1, 60],
        ],
        results: [
          ['A1C', '7.9'],
          ['CREA', '1.6'],
        ],
        pressure: [154, 88],
      },
      {
        daysAgo: 5,
        department: 'IM',
        diagnoses: [['N183', '만성 신장병(3기)'], diabetes],
        drugs: [['AML5', 1, 1, 28]],
        results: [
          ['CREA', '1.9'],
          ['EGFR', '34'],
          ['UPRO', '++'],
        ],
        pressure: [158, 90],
      },
    ],
    allergies: [{ code: 'F-17', name: '새우', kind: 'F', reaction: '입술 부종' }],
  },
  {
    person: 7,
    visits: [{ daysAgo: 33, department: 'FM', diagnoses: [cold, ['M545', '요통']], drugs: [['AAP', 1, 3, 5]], pressure: [122, 78] }],
  },
  {
    person: 9,
    visits: [
      {
        daysAgo: 60,
        department: 'IM',
        diagnoses: [['E109', '합병증을 동반하지 않은 1형 당뇨병']],
        drugs: [['GLAR', 18, 1, 60]],
        results: [
          ['GLU', '188'],
          ['A1C', '8.4'],
        ],
        pressure: [112, 70],
      },
    ],
    allergies: [{ code: 'CEP', name: '세파클러', kind: 'D', reaction: '두드러기' }],
  },
]

/** Referrals that are open when the story begins. */
export const seedReferrals = [
  {
    person: 1,
    department: 'IM',
    reason: '혈압 조절이 되지 않고 최근 흉통이 있어 정밀 검사를 의뢰합니다',
    hiraReason: '01',
    diagnosis: 'I10,R074',
    note: '고혈압과 2형 당뇨병으로 치료 중인 환자입니다. 최근 2주간 운동 시 흉부 불편감을 호소합니다. 페니실린 알레르기가 있습니다. 진료를 부탁드립니다.',
    consent: false,
  },
  {
    person: 6,
    department: 'IM',
    reason: '신장 기능이 빠르게 나빠져 신장내과 진료를 의뢰합니다',
    hiraReason: '04',
    diagnosis: 'N183,E119',
    note: '2형 당뇨병 환자로 석 달 사이 크레아티닌이 1.6에서 1.9로 올랐습니다. 메트포르민은 중단하였습니다.',
    consent: true,
  },
] as const

export const departments: readonly (readonly [local: string, name: string, national: string])[] = [
  ['IM', '내과', '01'],
  ['NR', '신경과', '02'],
  ['NP', '정신건강의학과', '03'],
  ['GS', '외과', '04'],
  ['OS', '정형외과', '05'],
  ['NS', '신경외과', '06'],
  ['TS', '흉부외과', '07'],
  ['OG', '산부인과', '10'],
  ['PD', '소아청소년과', '11'],
  ['EY', '안과', '12'],
  ['EN', '이비인후과', '13'],
  ['DM', '피부과', '14'],
  ['UR', '비뇨의학과', '15'],
  ['RH', '재활의학과', '21'],
  ['FM', '가정의학과', '23'],
  ['EM', '응급의학과', '24'],
]
