/** What the hospital knows of its seeded people at the first start. Invented throughout. */
import { patientNumber, sandboxPeople } from '../people.ts'
import type { Chart } from './chart.ts'
import { admissionMessage, resultMessage, type Result } from './messages.ts'
import { queue } from './outbox.ts'

interface SeededVisit {
  readonly person: number
  readonly number: string
  /** 01 내과, 03 정신건강의학과, 05 정형외과, 11 소아청소년과, 24 응급의학과 */
  readonly department: string
  readonly kind: 'O' | 'I' | 'E'
  readonly startedAt: string
  readonly endedAt: string
  readonly doctor: string
  readonly licence: string
  readonly diagnoses: readonly (readonly [string, string])[]
  readonly panel: readonly [string, string, string]
  readonly results: readonly Result[]
  readonly comment: string
}

const num = (code: string, name: string, value: string, unit: string, range: string, flag = 'N'): Result => ({
  code,
  name,
  value,
  unit,
  range,
  flag,
})

const bloodCount = (white: string, red: string, haemoglobin: string, haematocrit: string, platelets: string): readonly Result[] => [
  num('6690-2', '백혈구', white, '10*3/uL', '4.0-10.0'),
  num('789-8', '적혈구', red, '10*6/uL', '3.9-5.6'),
  num('718-7', '혈색소', haemoglobin, 'g/dL', '12.0-17.0'),
  num('4544-3', '적혈구용적률', haematocrit, '%', '36.0-50.0'),
  num('777-3', '혈소판', platelets, '10*3/uL', '150-400'),
]

const countPanel = ['58410-2', '일반혈액검사', 'HM'] as const
const chemistry = ['24323-8', '일반화학검사', 'CH'] as const

export const seededVisits: readonly SeededVisit[] = [
  {
    person: 1,
    number: 'V260310-0101',
    department: '01',
    kind: 'O',
    startedAt: '202603100910',
    endedAt: '202603101020',
    doctor: '한지안',
    licence: '40011',
    diagnoses: [['E11.9', '합병증을 동반하지 않은 2형 당뇨병']],
    panel: chemistry,
    results: [
      num('4548-4', '당화혈색소', '7.4', '%', '4.0-5.6', 'H'),
      num('1558-6', '공복혈당', '148', 'mg/dL', '70-99', 'H'),
      num('2160-0', '크레아티닌', '0.82', 'mg/dL', '0.50-1.10'),
      num('98979-8', '사구체여과율', '81', 'mL/min/{1.73_m2}', '>=60'),
    ],
    comment: '공복 채혈, 재검 불필요',
  },
  {
    person: 2,
    number: 'V260317-0102',
    department: '01',
    kind: 'O',
    startedAt: '202603171400',
    endedAt: '202603171450',
    doctor: '한지안',
    licence: '40011',
    diagnoses: [
      ['I10.9', '기타 및 상세불명의 원발성 고혈압'],
      ['E78.5', '상세불명의 고지질혈증'],
    ],
    panel: ['57698-3', '지질검사', 'CH'],
    results: [
      num('2093-3', '총콜레스테롤', '231', 'mg/dL', '<200', 'H'),
      num('13457-7', '저밀도콜레스테롤', '152', 'mg/dL', '<130', 'H'),
      num('2085-9', '고밀도콜레스테롤', '44', 'mg/dL', '>=40'),
      num('2571-8', '중성지방', '175', 'mg/dL', '<150', 'H'),
      num('2160-0', '크레아티닌', '1.10', 'mg/dL', '0.70-1.30'),
    ],
    comment: '12시간 금식',
  },
  {
    person: 3,
    number: 'V260402-0103',
    department: '01',
    kind: 'O',
    startedAt: '202604020930',
    endedAt: '202604021010',
    doctor: '서예준',
    licence: '40012',
    diagnoses: [['E03.9', '상세불명의 갑상선기능저하증']],
    panel: ['24348-5', '갑상선기능검사', 'CH'],
    results: [
      num('3016-3', '갑상선자극호르몬', '6.20', 'm[IU]/L', '0.40-4.00', 'H'),
      num('3024-7', '유리 티록신', '0.91', 'ng/dL', '0.80-1.80'),
    ],
    comment: '복용 전 채혈',
  },
  {
    person: 4,
    number: 'V260415-0304',
    department: '03',
    kind: 'O',
    startedAt: '202604151530',
    endedAt: '202604151620',
    doctor: '임하윤',
    licence: '40031',
    diagnoses: [['F32.1', '중등도 우울에피소드']],
    panel: ['44249-1', '우울증 선별검사', 'OTH'],
    results: [
      num('44261-6', '우울증 선별도구 총점', '17', '{score}', '0-4', 'H'),
      num('3016-3', '갑상선자극호르몬', '2.10', 'm[IU]/L', '0.40-4.00'),
    ],
    comment: '수면 장애 호소, 2주 후 재평가',
  },
  {
    person: 4,
    number: 'V260420-0104',
    department: '01',
    kind: 'O',
    startedAt: '202604200900',
    endedAt: '202604200940',
    doctor: '서예준',
    licence: '40012',
    diagnoses: [['K21.9', '식도염을 동반하지 않은 위-식도역류병']],
    panel: countPanel,
    results: bloodCount('6.8', '5.02', '15.1', '44.8', '243'),
    comment: '이상 소견 없음',
  },
  {
    person: 5,
    number: 'V260506-1105',
    department: '11',
    kind: 'O',
    startedAt: '202605061030',
    endedAt: '202605061110',
    doctor: '유시우',
    licence: '40051',
    diagnoses: [['J45.9', '상세불명의 천식']],
    panel: ['19113-0', '알레르기검사', 'IMM'],
    results: [
      num('19113-0', '총 면역글로불린E', '312', '[IU]/mL', '<90', 'H'),
      num('711-2', '호산구', '0.62', '10*3/uL', '0.00-0.50', 'H'),
    ],
    comment: '보호자 동반',
  },
  {
    person: 6,
    number: 'V260518-0106',
    department: '01',
    kind: 'I',
    startedAt: '202605181100',
    endedAt: '202605231000',
    doctor: '한지안',
    licence: '40011',
    diagnoses: [['I50.9', '상세불명의 심부전']],
    panel: chemistry,
    results: [
      num('33762-6', '심장부하표지자', '1860', 'pg/mL', '<450', 'H'),
      num('2160-0', '크레아티닌', '1.62', 'mg/dL', '0.70-1.30', 'H'),
      num('2823-3', '칼륨', '5.1', 'mmol/L', '3.5-5.1'),
    ],
    comment: '이뇨제 조절 중',
  },
  {
    person: 8,
    number: 'V260603-0508',
    department: '05',
    kind: 'O',
    startedAt: '202606031620',
    endedAt: '202606031710',
    doctor: '노시현',
    licence: '40021',
    diagnoses: [['S83.2', '현존 반달연골의 찢김']],
    panel: countPanel,
    results: bloodCount('5.9', '5.21', '15.8', '46.2', '221'),
    comment: '수술 전 검사',
  },
  {
    person: 9,
    number: 'V260610-2409',
    department: '24',
    kind: 'E',
    startedAt: '202606102205',
    endedAt: '202606110340',
    doctor: '강도윤',
    licence: '40061',
    diagnoses: [['G40.9', '상세불명의 뇌전증']],
    panel: ['4086-5', '약물농도검사', 'TX'],
    results: [num('4086-5', '발프로산', '62.5', 'ug/mL', '50.0-100.0'), ...bloodCount('8.4', '4.31', '12.6', '38.0', '268')],
    comment: '응급실 채혈',
  },
]

/** [person, kind, code, list, name, severity, reaction]; kind and severity are HL7 tables 0127 and 0128 */
const seededAllergies: readonly (readonly [number, string, string, string, string, string, string])[] = [
  [1, 'DA', 'J01CA04', 'ATC', '아목시실린', 'MO', '두드러기'],
  [5, 'FA', '102263004', 'SCT', '달걀', 'MI', '입술 부종'],
  [9, 'DA', 'N03AB02', 'ATC', '페니토인', 'SV', '전신 발진과 발열'],
]

/** Fills an empty chart and queues what other systems must hear of it: first who came and when, then the results. */
export function seedChart(chart: Chart, now: Date): void {
  if (chart.first('select number from patient limit 1') !== undefined) return
  chart.together(() => {
    for (const person of sandboxPeople.filter(({ at }) => at.includes('hospital'))) {
      const { name, gender, birthDate, phone, address, postalCode, payer } = person
      const number = patientNumber(person, 'hospital')
      chart.change(
        'insert into patient values (?, ?, ?, ?, ?, ?, ?, ?)',
        number,
        name,
        gender,
        birthDate,
        phone,
        address,
        postalCode,
        payer,
      )
      for (const [at, kind, code, list, substance, severity, reaction] of seededAllergies) {
        if (at === person.number)
          chart.change('insert into allergy values (?, ?, ?, ?, ?, ?, ?)', number, kind, code, list, substance, severity, reaction)
      }
    }
    for (const visit of seededVisits) addVisit(chart, visit)
    for (const visit of seededVisits)
      queue(chart, 'HIS', 'ADT^A04', (id) => admissionMessage(chart, visit.number, { id, event: 'A04', now }))
    for (const visit of seededVisits) queueResults(chart, visit, now)
    // One chart is completed after the discharge, as charts are.
    chart.change('insert into diagnosis values (?, ?, ?)', 'V260518-0106', 'N18.3', '만성 신장병 3기')
    queue(chart, 'HIS', 'ADT^A08', (id) => admissionMessage(chart, 'V260518-0106', { id, event: 'A08', now }))
  })
}

function addVisit(chart: Chart, visit: SeededVisit): void {
  const patient = numberOf(visit.person)
  const { number, department, kind, startedAt, endedAt, doctor, licence } = visit
  chart.change('insert into visit values (?, ?, ?, ?, ?, ?, ?, ?)', number, patient, department, kind, startedAt, endedAt, doctor, licence)
  for (const [code, name] of visit.diagnoses) chart.change('insert into diagnosis values (?, ?, ?)', number, code, name)
}

function queueResults(chart: Chart, visit: SeededVisit, now: Date): void {
  const [code, name, section] = visit.panel
  const { number, results, comment, startedAt } = visit
  queue(chart, 'LIS', 'ORU^R01', (id) =>
    resultMessage(chart, number, {
      id,
      now,
      order: `L${number.slice(1)}`,
      panel: { code, name, section },
      results,
      comment,
      takenAt: startedAt,
    }),
  )
}

function numberOf(person: number): string {
  return `H-${String(person).padStart(4, '0')}`
}
