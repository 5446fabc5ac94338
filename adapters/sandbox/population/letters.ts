/** Referral letters and their answers, as a doctor would write them from the chart. */
import type { Diagnosis, Patient, Visit } from './care.ts'
import type { Place } from './conditions.ts'

export interface Referral {
  readonly from: Place
  readonly to: Place
  /** national department code that is asked for */
  readonly department: string
  readonly kcd: string
  readonly reason: string
  readonly note: string
  /** how far the receiver has come */
  readonly end: 'open' | 'accepted' | 'completed' | 'rejected'
  /** with a consent for this referral only, signed by the patient */
  readonly isSigned: boolean
  /** report or reason; '' while there is none */
  readonly answer: string
}

/** departments the receivers have; what they lack goes to 내과 or 소아청소년과 */
const departments: Readonly<Record<Place, readonly string[]>> = {
  clinic: ['01', '23'],
  hospital: ['01', '03', '04', '05', '11'],
  tertiary: ['01', '02', '03', '04', '10', '11'],
}

const rank: Readonly<Record<Place, number>> = { clinic: 1, hospital: 2, tertiary: 3 }

/** undefined when the sender has seen the person for nothing that one refers for. */
export function referralOf(person: Patient, wish: Pick<Referral, 'from' | 'to' | 'end' | 'isSigned'>): Referral | undefined {
  const found = subjectOf(person, wish.from)
  if (found === undefined) return undefined
  const { visit, diagnosis } = found
  const isUp = rank[wish.to] > rank[wish.from]
  const usual = person.guardian === undefined ? '01' : '11'
  const wanted = visit.department === '23' ? usual : visit.department
  const department = departments[wish.to].includes(wanted) ? wanted : wish.to === 'clinic' ? '23' : usual
  const isLasting = diagnosis.status === 'active'
  return {
    ...wish,
    department,
    kcd: diagnosis.kcd,
    reason: reasonOf(diagnosis, isUp),
    note: noteOf(visit, isUp && isLasting),
    answer: answerOf(wish, diagnosis, isUp),
  }
}

function reasonOf({ name, status }: Diagnosis, isUp: boolean): string {
  if (status === 'active') return isUp ? `${name} 정밀 평가를 의뢰합니다` : `${name} 지속 관리를 부탁드립니다(회송)`
  return isUp ? `${name} 이후 증상이 반복되어 평가를 의뢰합니다` : `${name} 치료 후 경과 관찰을 부탁드립니다(회송)`
}

/** What one refers for: the newest visit with something that lasts, else with something that was more than a precaution. */
function subjectOf({ visits }: Patient, from: Place): { readonly visit: Visit; readonly diagnosis: Diagnosis } | undefined {
  // A letter lists the drugs of the day, and some drugs say what a patient may want kept apart.
  const isPlain = ({ department, diagnoses }: Visit): boolean =>
    department !== '03' && diagnoses.every(({ sensitive }) => sensitive === undefined)
  const own = visits.filter((visit) => visit.place === from && isPlain(visit)).toReversed()
  const among = (isSuch: (diagnosis: Diagnosis) => boolean) =>
    own.flatMap((visit) => {
      const diagnosis = visit.diagnoses.find(isSuch)
      return diagnosis === undefined ? [] : [{ visit, diagnosis }]
    })[0]
  return among(({ status }) => status === 'active') ?? among(({ kcd }) => !kcd.startsWith('Z'))
}

function noteOf({ start, prescriptions, vitals: { pressure } }: Visit, isForAdvice: boolean): string {
  const drugs = prescriptions.map(({ drug, dose, timesADay }) => `${drug.product} ${dose}${drug.unit} 1일 ${timesADay}회`)
  const isHigh = pressure !== undefined && (pressure[0] >= 140 || pressure[1] >= 90)
  return [
    `최근 진료 ${start.slice(0, 10)}${pressure === undefined ? '' : `, 혈압 ${pressure.join('/')} mmHg`}.`,
    drugs.length === 0 ? '현재 투약 없음.' : `처방: ${drugs.join(', ')}.`,
    isHigh
      ? '혈압이 목표보다 높아 조절을 부탁드립니다.'
      : isForAdvice
        ? '귀원에서의 평가와 이후 치료 방침을 부탁드립니다.'
        : '경과를 살펴 주시기 바랍니다.',
  ].join(' ')
}

function answerOf({ end, to }: Pick<Referral, 'end' | 'to'>, { name }: Diagnosis, isUp: boolean): string {
  switch (end) {
    case 'completed':
      return isUp
        ? `의뢰하신 ${name}에 대하여 진찰과 검사를 시행하였습니다.\n현재 치료를 유지하시고 3개월 뒤 추적 관찰을 권합니다.\n의뢰해 주셔서 감사합니다.`
        : `회송해 주신 ${name}에 대하여 첫 진료를 마쳤고 기존 처방을 이어 가고 있습니다.\n악화 시 다시 의뢰하겠습니다. 감사합니다.`
    case 'rejected':
      return to === 'clinic' ? '본원에서 시행하지 않는 진료여서 받기 어렵습니다' : '해당 진료과 예약이 모두 차 4주 안에 진료가 어렵습니다'
    case 'open':
    case 'accepted':
      return ''
    default:
      return end satisfies never
  }
}
