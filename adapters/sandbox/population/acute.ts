/** What brings people in for a day or a week: seasons, ages, what is prescribed, and what sends somebody to a ward. KCD-8. */
import type { Place, Sex } from './conditions.ts'
import type { DrugName } from './drugs.ts'
import type { PanelName } from './tests.ts'

export interface Acute {
  readonly kcd: string
  readonly name: string
  readonly place: Place
  /** department of grown-ups; children under 15 go to 소아청소년과 at hospitals */
  readonly department: string
  readonly kind: 'outpatient' | 'inpatient' | 'emergency'
  /** cases per person and year, from an age on */
  readonly rates: readonly (readonly [fromAge: number, perYear: number])[]
  readonly sex?: Sex
  /** weight of each month, January first */
  readonly months: readonly number[]
  readonly adult: readonly (readonly DrugName[])[]
  readonly child?: readonly (readonly DrugName[])[]
  readonly days: number
  readonly panels?: readonly PanelName[]
  /** degrees Celsius */
  readonly fever?: readonly [number, number]
  readonly nights?: readonly [number, number]
  readonly imaging?: { readonly title: string; readonly text: string }
  readonly operation?: { readonly snomed: string; readonly display: string; readonly name: string }
}

const cold = [13, 11, 11, 9, 7, 5, 4, 4, 7, 10, 11, 12]
const flu = [30, 20, 9, 6, 2, 0, 0, 0, 0, 1, 6, 26]
const summer = [8, 6, 5, 6, 8, 11, 13, 13, 10, 7, 6, 8]
const ever = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
const ice = [14, 12, 8, 6, 6, 7, 6, 6, 7, 8, 8, 12]

// oxfmt-ignore
export const acutes: readonly Acute[] = [
  {
    kcd: 'J06.9', name: '상세불명의 급성 상기도감염', place: 'clinic', department: '23', kind: 'outpatient',
    rates: [[1, 2.6], [7, 1.5], [13, 0.7], [20, 0.65], [65, 0.6]], months: cold, days: 3, fever: [36.6, 37.9],
    adult: [['acetaminophen', 'levodropropizine', 'cetirizine'], ['acetaminophen', 'ambroxol']],
    child: [['acetaminophenSyrup', 'levodropropizineSyrup', 'cetirizineSyrup'], ['acetaminophenSyrup', 'levodropropizineSyrup']],
  },
  {
    kcd: 'J20.9', name: '상세불명의 급성 기관지염', place: 'clinic', department: '23', kind: 'outpatient',
    rates: [[1, 0.9], [7, 0.5], [13, 0.25], [20, 0.25], [65, 0.35]], months: cold, days: 5, fever: [36.7, 38.2],
    adult: [['levodropropizine', 'ambroxol', 'acetaminophen']], child: [['levodropropizineSyrup', 'acetaminophenSyrup']],
  },
  {
    kcd: 'J10.1', name: '기타 호흡기증상을 동반한, 계절성 인플루엔자바이러스가 확인된 인플루엔자', place: 'clinic', department: '23', kind: 'outpatient',
    rates: [[1, 0.25], [7, 0.3], [13, 0.18], [20, 0.07], [65, 0.05]], months: flu, days: 5, fever: [38.3, 39.6], panels: ['influenza'],
    adult: [['oseltamivir', 'acetaminophen']], child: [['oseltamivirSyrup', 'acetaminophenSyrup']],
  },
  {
    kcd: 'A09.9', name: '상세불명 기원의 위장염 및 결장염', place: 'clinic', department: '23', kind: 'outpatient',
    rates: [[1, 0.5], [7, 0.3], [20, 0.22], [65, 0.2]], months: summer, days: 3, fever: [36.6, 38],
    adult: [['smectite', 'probiotic'], ['loperamide', 'rebamipide']], child: [['probiotic'], ['probiotic', 'acetaminophenSyrup']],
  },
  {
    kcd: 'H66.9', name: '상세불명의 중이염', place: 'clinic', department: '23', kind: 'outpatient', rates: [[1, 0.55], [5, 0.2], [9, 0]], months: cold, days: 7, fever: [37.2, 38.9],
    adult: [], child: [['amoxicillinClavulanateSyrup', 'ibuprofenSyrup'], ['amoxicillinClavulanateSyrup', 'acetaminophenSyrup'], ['clarithromycinSyrup', 'acetaminophenSyrup']],
  },
  {
    kcd: 'J03.9', name: '상세불명의 급성 편도염', place: 'clinic', department: '23', kind: 'outpatient', rates: [[4, 0.3], [13, 0.15], [40, 0.05]], months: cold, days: 7, fever: [38, 39.2],
    adult: [['amoxicillinClavulanate', 'acetaminophen'], ['clarithromycin', 'acetaminophen']], child: [['amoxicillinClavulanateSyrup', 'acetaminophenSyrup'], ['clarithromycinSyrup', 'ibuprofenSyrup']],
  },
  {
    kcd: 'N30.0', name: '급성 방광염', place: 'clinic', department: '01', kind: 'outpatient', sex: 'female', rates: [[18, 0.16], [50, 0.22]], months: ever, days: 3, panels: ['urine'],
    adult: [['cefixime'], ['fosfomycin']],
  },
  { kcd: 'M54.5', name: '요통', place: 'clinic', department: '23', kind: 'outpatient', rates: [[25, 0.18], [50, 0.28]], months: ever, days: 5, adult: [['loxoprofen', 'eperisone'], ['acetaminophen', 'eperisone']] },
  { kcd: 'K29.7', name: '상세불명의 위염', place: 'clinic', department: '01', kind: 'outpatient', rates: [[18, 0.2], [50, 0.25]], months: ever, days: 7, adult: [['rebamipide', 'omeprazole'], ['rebamipide']] },
  { kcd: 'B02.9', name: '합병증이 없는 대상포진', place: 'clinic', department: '23', kind: 'outpatient', rates: [[45, 0.03], [60, 0.06]], months: summer, days: 7, adult: [['famciclovir', 'acetaminophen']] },
  { kcd: 'L50.9', name: '상세불명의 두드러기', place: 'clinic', department: '23', kind: 'outpatient', rates: [[1, 0.1], [20, 0.07]], months: ever, days: 5, adult: [['cetirizine']], child: [['cetirizineSyrup']] },
  {
    kcd: 'J18.9', name: '상세불명의 폐렴', place: 'hospital', department: '01', kind: 'inpatient', rates: [[1, 0.12], [7, 0.04], [20, 0.01], [65, 0.09]], months: ice, days: 5, fever: [38.1, 39.4], nights: [4, 8],
    panels: ['count', 'inflammation'], adult: [['amoxicillinClavulanate', 'ambroxol'], ['clarithromycin', 'ambroxol']], child: [['amoxicillinClavulanateSyrup', 'acetaminophenSyrup'], ['clarithromycinSyrup', 'acetaminophenSyrup']],
    imaging: { title: '흉부 X선 촬영 판독', text: '우하엽에 경계가 불분명한 폐포성 음영이 관찰됨.\n흉수 없음. 심장 크기 정상.\n결론: 우하엽 폐렴에 합당한 소견.' },
  },
  {
    kcd: 'K35.8', name: '기타 및 상세불명의 급성 충수염', place: 'hospital', department: '04', kind: 'inpatient', rates: [[8, 0.02], [30, 0.012], [60, 0.004]], months: ever, days: 5, fever: [37.4, 38.5], nights: [2, 4],
    panels: ['count', 'inflammation'], adult: [['cefixime', 'acetaminophen']], child: [['acetaminophenSyrup']],
    imaging: { title: '복부 CT 판독', text: '충수 직경 11 mm로 늘어나 있고 벽 비후와 주위 지방 침윤이 보임.\n농양이나 유리 공기는 없음.\n결론: 급성 충수염.' },
    operation: { snomed: '6025007', display: 'Laparoscopic appendectomy', name: '복강경 충수절제술' },
  },
  {
    kcd: 'K80.2', name: '담낭염을 동반하지 않은 담낭의 결석', place: 'hospital', department: '04', kind: 'inpatient', rates: [[38, 0.012], [60, 0.018]], months: ever, days: 5, nights: [2, 3],
    panels: ['count', 'liver'], adult: [['acetaminophen', 'rebamipide']],
    imaging: { title: '복부 초음파 판독', text: '담낭 안에 후방 음영을 동반한 다발성 결석(최대 14 mm)이 보임.\n담낭벽 비후 없음. 총담관 확장 없음.\n결론: 담낭 결석.' },
    operation: { snomed: '45595009', display: 'Laparoscopic cholecystectomy', name: '복강경 담낭절제술' },
  },
  {
    kcd: 'S93.4', name: '발목의 염좌 및 긴장', place: 'hospital', department: '05', kind: 'outpatient', rates: [[8, 0.1], [20, 0.07], [60, 0.03]], months: summer, days: 5, adult: [['loxoprofen'], ['acetaminophen']], child: [['ibuprofenSyrup']],
    imaging: { title: '발목 X선 촬영 판독', text: '골절이나 탈구 소견 없음.\n외측 복사뼈 주위 연부조직 부종.\n결론: 골절 없음.' },
  },
  {
    kcd: 'S52.5', name: '요골 하단의 골절', place: 'hospital', department: '05', kind: 'emergency', rates: [[6, 0.025], [15, 0.005], [60, 0.04]], months: ice, days: 7, adult: [['acetaminophen']], child: [['acetaminophenSyrup']],
    imaging: { title: '손목 X선 촬영 판독', text: '요골 원위부에 배측으로 전위된 골절선이 보임.\n관절면 침범 없음.\n결론: 요골 원위부 골절.' },
    operation: { snomed: '274474001', display: 'Bone immobilization', name: '골절 도수정복 및 부목 고정' },
  },
  {
    kcd: 'R07.4', name: '상세불명의 흉통', place: 'hospital', department: '24', kind: 'emergency', rates: [[35, 0.012], [55, 0.025]], months: ice, days: 3, panels: ['count', 'heart', 'kidney'], adult: [['rebamipide', 'omeprazole']],
    imaging: { title: '흉부 X선 촬영 판독', text: '폐야에 활동성 병변 없음.\n심흉곽비 0.47.\n결론: 정상 흉부 X선 소견.' },
  },
]
