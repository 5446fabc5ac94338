/** Who plays which story: one of the nine seeded people, or one of the generated ones. */
import { agreements, type Agreement } from '../../adapters/sandbox/population/agreements.ts'
import type { Patient } from '../../adapters/sandbox/population/care.ts'
import { population, populationSeed } from '../../adapters/sandbox/population/population.ts'
import { random } from '../../adapters/sandbox/population/random.ts'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../../adapters/sandbox/people.ts'
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'

export type Place = keyof typeof sandboxInstitutions

export interface Player {
  readonly number: number
  readonly name: string
  readonly at: readonly Place[]
}

export interface Cast {
  readonly patient: Player
  /** the other person of the same name */
  readonly other?: Player
  /** whose doctor looks: an institution that has to do with the patient now */
  readonly viewer: Place
}

/** The seeded person of a story; 8 is told with 7. */
export function seededCast(story: number): Cast {
  const [patient, other] = [sandboxPeople.find(({ number }) => number === story), sandboxPeople.find(({ number }) => number === story + 1)]
  if (patient === undefined) throw new Error(`there is no seeded person ${story}`)
  return { patient, viewer: 'tertiary', ...(story === 7 && other !== undefined ? { other } : {}) }
}

/** Who of the generated people can play a story: whoever has to do with another institution now, so that there is something to show. */
export function generatedCasts(asOf: string): readonly { readonly story: number; readonly cast: Cast }[] {
  const people = population(asOf)
  const byNumber = new Map(people.map((person) => [person.number, person]))
  return agreements(people, asOf).flatMap((agreement) => {
    const person = byNumber.get(agreement.number)
    const viewer = viewerOf(agreement)
    if (person === undefined || viewer === undefined || !person.at.includes(viewer)) return []
    const patient = playerOf(person)
    const namesake = byNumber.get(person.namesake ?? 0)
    const isPair = agreement.story === 7 && namesake !== undefined
    return [{ story: agreement.story, cast: { patient, viewer, ...(isPair ? { other: playerOf(namesake) } : {}) } }]
  })
}

/** One of them for the story, the same for the same seed; whoever is known to all three first. Throws when nobody plays it. */
export function chosenCast(casts: ReturnType<typeof generatedCasts>, story: number, seed: number = populationSeed): Cast {
  const fit = casts.filter((each) => each.story === story).map(({ cast }) => cast)
  const most = Math.max(...fit.map(placesOfAll))
  if (fit.length === 0) throw new Error(`no generated person plays story ${story}`)
  return random(seed, `cast/${story}`).pick(fit.filter((cast) => placesOfAll(cast) === most))
}

/** Two namesakes who share no institution show more than two of one waiting room. */
function placesOfAll({ patient, other }: Cast): number {
  return new Set([...patient.at, ...(other?.at ?? [])]).size
}

function viewerOf({ story, referral, present }: Agreement): Place | undefined {
  const isUnderWay = referral !== undefined && (referral.end === 'open' || referral.end === 'accepted')
  switch (story) {
    case 1:
    case 5:
    case 6:
      return isUnderWay ? referral.to : undefined
    case 2:
    case 3:
    case 9:
      return present === undefined ? undefined : 'tertiary'
    case 4:
      return referral?.from
    case 7:
      return 'clinic'
    default:
      return story satisfies never
  }
}

function playerOf({ number, name, at }: Patient): Player {
  return { number, name, at }
}

export function nameOf(place: Place): string {
  return sandboxInstitutions[place].name
}

/** `urn:oid:…|T-0001` */
export function identifierAt(player: Player, place: Place): string {
  return `${patientNumberSystem(sandboxInstitutions[place].number)}|${patientNumber(player, place)}`
}

export function numbersOf(player: Player): string {
  return player.at.map((place) => patientNumber(player, place)).join(' ')
}
