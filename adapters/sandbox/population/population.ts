/**
 * The people of the sandbox beyond the nine stories, with a year of care. A pure function of the seed and the day: the three EMRs call it
 * separately and tell of the same people. Nobody here is real.
 */
import type { Patient } from './care.ts'
import type { Place } from './conditions.ts'
import { outlooks } from './courses.ts'
import { residents } from './people.ts'
import { random } from './random.ts'
import { lifeOf } from './life.ts'
import { yearOf } from './year.ts'

export const populationSeed = 20_260_301

const places: readonly Place[] = ['clinic', 'hospital', 'tertiary']

/** `asOf` (`YYYY-MM-DD`, Korean day): the year told ends the day before. */
export function population(asOf: string, seed: number = populationSeed): readonly Patient[] {
  const people = residents(seed)
  const outlook = outlooks(seed, people, asOf)
  return people.map((person) => {
    const own = outlook.get(person.number) ?? { usesClinic: true, courses: [], allergies: [] }
    const visits = yearOf(lifeOf(seed, person, own, asOf))
    const at = places.filter((place) => visits.some((visit) => visit.place === place))
    const chance = random(seed, `allergies/${person.number}`)
    // What one institution wrote down another may not know: the reason why networks are built.
    const allergies = own.allergies.map((allergy) => ({ ...allergy, knownAt: chance.chance(0.55) ? at : [chance.pick(at)] }))
    return { ...person, at, allergies, visits }
  })
}

/** The Korean day of an instant. */
export function koreanDay(now: Date): string {
  return new Date(now.getTime() + 9 * 3_600_000).toISOString().slice(0, 10)
}
