/** Who of the generated people is in the house now: in a waiting room of 내과, or brought into the emergency room unconscious. Pure. */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { agreements } from '../population/agreements.ts'
import { koreanDay, population } from '../population/population.ts'
import { departments } from './charts.ts'
import * as krCore from './kr-core.ts'

const minutesMs = 60_000
const coma = { kcd: 'R40.2', text: '상세불명의 혼수' } as const

export function presentResources(now: Date): readonly Resource[] {
  const people = population(koreanDay(now))
  return agreements(people, koreanDay(now)).flatMap(({ number, present }): readonly Resource[] => {
    const person = people.find((each) => each.number === number)
    if (present === undefined || person === undefined) return []
    const isEmergency = present === 'emergency'
    const department = isEmergency ? departments.emergency : departments.internal
    const start = seoul(new Date(now.getTime() - (isEmergency ? 45 : 20) * minutesMs))
    const scene = { person, encounter: `en-${number}-now`, department, start, end: undefined }
    const encounter = krCore.encounter(scene, { class: isEmergency ? 'EMER' : 'AMB' })
    return isEmergency ? [encounter, krCore.condition(scene, `co-${number}-now`, coma)] : [encounter]
  })
}

function seoul(instant: Date): string {
  return `${new Date(instant.getTime() + 9 * 60 * minutesMs).toISOString().slice(0, 19)}+09:00`
}
