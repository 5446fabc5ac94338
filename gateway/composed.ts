/** A person as one caller is told of them, remembered under all it was made of: the same parts are the same person, whoever asks and whenever. */
import { octetsOf, Octets } from '../fhir-profiles/octets.ts'
import type { Part } from './judged.ts'
import { composePerson } from './logic/person.ts'
import { patientIn } from './release-act.ts'
import { remembering } from './logic/remembering.ts'

export interface TextOfPerson {
  readonly id: string
  readonly text: Octets
  /** opaque, changes exactly when what this caller sees changes */
  readonly version: string
  readonly updatedMs: number
}

/** What of a part decides; no id, number or JSON holds the sign between them. */
type Chart = Pick<Part, 'custodian' | 'updatedMs' | 'text'>
const apart = '\u0000'

/** Texts of a kilobyte or two, kept twice. */
const maxKept = 1_000

/** @param charts the person's Patient records as this caller may see them, judged and without what is refused in them */
export function personOf(person: string, charts: readonly Chart[]): TextOfPerson {
  return composed([person, ...charts.flatMap(({ custodian, updatedMs, text }) => [custodian, updatedMs, text.chars])].join(apart))
}

const composed = remembering((key): TextOfPerson => {
  const [id = '', ...rest] = key.split(apart)
  const charts: Chart[] = []
  for (let at = 0; at < rest.length; at += 3)
    charts.push({ custodian: rest[at] ?? '', updatedMs: Number(rest[at + 1]), text: new Octets(rest[at + 2] ?? '') })
  const { text, version, updatedMs } = composePerson(id, charts.flatMap(patientIn))
  return { id, text: octetsOf(text), version, updatedMs }
}, maxKept)
