/** Who plays which story: the nine seeded people. */
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
