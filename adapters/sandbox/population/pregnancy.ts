/** A pregnancy as 산부인과 sees it. */
import { plusDays } from './calendar.ts'
import type { Visit } from './care.ts'
import type { Course } from './courses.ts'
import { yearly } from './documents.ts'
import { appointment, diagnosisOf, measuredOn, noVisit, takerOn, vitalsOn } from './life.ts'
import type { Life } from './life.ts'
import { prescribed } from './prescribing.ts'
import type { PanelName } from './tests.ts'

/** Prenatal visits every four weeks from the tenth week on, then the birth when its time has come. */
export function pregnancy(life: Life, course: Course): readonly Visit[] {
  const { person, chance } = life
  const begin = plusDays(course.since, -42)
  const visits: Visit[] = []
  for (let week = 10; week <= 38; week += week < 28 ? 4 : 2) {
    const slot = appointment(chance, plusDays(begin, week * 7), 'tertiary', life.until)
    const day = slot.start.slice(0, 10)
    if (plusDays(begin, week * 7) > life.until || plusDays(begin, week * 7) < life.from) continue
    const names: PanelName[] = week === 10 ? ['count', 'urine'] : week === 26 ? ['glucoseLoad', 'count'] : week % 8 === 2 ? ['urine'] : []
    const taker = takerOn(life, day)
    const vitals = vitalsOn(life, day)
    visits.push({
      ...noVisit,
      ...slot,
      person: person.number,
      place: 'tertiary',
      department: course.department,
      diagnoses: [diagnosisOf(course)],
      prescriptions: prescribed([week < 16 ? 'folicAcid' : 'iron'], week < 28 ? 28 : 14, taker),
      panels: measuredOn(life, day, names),
      vitals: { ...vitals, weightKg: Math.round(((vitals.weightKg ?? 55) + Math.max(0, week - 12) * 0.42) * 10) / 10 },
      documents: week === 22 && yearly.pregnancy !== undefined ? [yearly.pregnancy] : [],
    })
  }
  const birth = plusDays(begin, 39 * 7 + chance.between(-4, 6))
  return plusDays(birth, 3) <= life.until ? [...visits, birthOf(life, course, birth)] : visits
}

function birthOf(life: Life, course: Course, day: string): Visit {
  const start = `${day}T${String(life.chance.between(1, 22)).padStart(2, '0')}:20`
  return {
    ...noVisit,
    person: life.person.number,
    place: 'tertiary',
    department: course.department,
    kind: 'inpatient',
    start,
    end: `${plusDays(day, 3)}T10:30`,
    diagnoses: [{ kcd: 'O80.9', name: '상세불명의 단일자연분만', status: 'resolved' }],
    prescriptions: prescribed(['iron'], 28, takerOn(life, day)),
    panels: measuredOn(life, day, ['count']),
    procedures: [{ snomed: '177184002', display: 'Normal delivery procedure', name: '정상 질식분만' }],
    documents: [
      { kind: 'discharge', title: '퇴원요약', text: '정상 질식분만. 산모와 신생아 모두 건강함.\n산후 출혈 없음. 2주 뒤 외래 방문 예정.' },
    ],
  }
}
