/**
 * A generated world: a few people at overlapping institutions, what is on file of them, what they consented to, and therefore which records the
 * asking institution is refused. The refusals follow from how the world is made, never from what a server answers.
 */
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import { consentOf, consentKinds, isPlaceRefusedBy, isRefusedBy, type ConsentKind } from './world-consent.ts'
import { type Json, recordsOf, type RecordSpec } from './world-records.ts'
import type { Random } from './random.ts'

export const institutions = ['clinic', 'hospital', 'tertiary'] as const
export type InstitutionId = (typeof institutions)[number]
export const institutionNumbers: Readonly<Record<InstitutionId, string>> = {
  clinic: '31100001',
  hospital: '11100002',
  tertiary: '01100003',
}
const letters: Readonly<Record<InstitutionId, string>> = { clinic: 'C', hospital: 'H', tertiary: 'T' }

export interface WorldPerson {
  readonly name: string
  /** unlike anybody else's, so that no two people are ever a possible match */
  readonly number: number
  readonly at: readonly InstitutionId[]
  readonly consent: ConsentKind
}

export interface WorldRecord {
  readonly name: string
  readonly person: string
  readonly institution: InstitutionId
  readonly type: string
  readonly localId: string
  readonly isRefused: boolean
  /** each version as its institution writes it */
  readonly versions: readonly Json[]
  /** the same in a store that never held what is refused; empty for a refused record */
  readonly bareVersions: readonly Json[]
  /** refused records that this visible one points at, by name */
  readonly pointsAt: readonly string[]
  /** deleted by its institution after the last version */
  readonly isDeleted: boolean
}

export interface World {
  /** whose people ask */
  readonly asking: InstitutionId
  /** number of a sensitive member that records name */
  readonly sensitive: string | undefined
  readonly people: readonly WorldPerson[]
  readonly records: readonly WorldRecord[]
  /** the consent of a person, by network id; undefined for who wrote none */
  readonly consent: (person: WorldPerson, personId: string) => Json | undefined
}

/** @param index worlds of different indexes can stand side by side in one store */
export function makeWorld(random: Random, index: number, sensitive: string | undefined): World {
  const asking = 'tertiary'
  const people = peopleOf(random, index)
  const records = people.flatMap((person) => {
    const specs = person.at.flatMap((institution) => recordsOf(random, { person, institution, localIdOf, sensitive }))
    return build(specs, person, asking)
  })
  return { asking, sensitive, people, records, consent: (person, id) => consentOf(person.consent, id) }
}

function peopleOf(random: Random, index: number): readonly WorldPerson[] {
  const all = [...institutions]
  const person = (place: number, at: readonly InstitutionId[], consent: ConsentKind): WorldPerson => {
    const number = 1000 + index * 8 + place
    return { name: `p${number}`, number, at, consent }
  }
  const denying = consentKinds.filter((kind) => kind.startsWith('deny-'))
  return [
    // by these a sensitive place is refused where others name it
    person(0, all, random.pick(['deny-mental', 'deny-restricted'])),
    person(1, all, random.pick(denying)),
    person(2, random.pick([all, ['hospital', 'tertiary']]), random.pick(denying)),
    person(3, all, random.pick(['none', 'expired', 'unreadable', 'inactive'])),
    person(4, random.pick([all, ['clinic', 'tertiary']]), random.pick(['permit-classes', 'permit-all'])),
    // of these the asking institution learns nothing at all
    person(5, random.pick([['clinic'], ['hospital'], ['clinic', 'hospital']]), random.pick(['none', 'permit-all'])),
  ]
}

export function localIdOf(institution: InstitutionId, number: number, tail = ''): string {
  return `${letters[institution]}-${number}${tail}`
}

export function numberSystem(institution: InstitutionId): string {
  return patientNumberSystem(institutionNumbers[institution])
}

/** Names carry the institution, so that they are unique in the world. */
function build(specs: readonly RecordSpec[], person: WorldPerson, asking: InstitutionId): readonly WorldRecord[] {
  const isStranger = !person.at.includes(asking)
  const refused = new Set(
    specs.flatMap((spec) =>
      spec.institution !== asking && (isStranger || spec.person === undefined || isRefusedBy(person.consent, spec)) ? [spec.name] : [],
    ),
  )
  // a sensitive place is named by visible records, and no record of its own
  if (isPlaceRefusedBy(person.consent)) for (const institution of institutions) refused.add(nameOfPlace(institution, person))
  return specs.map((spec) => {
    const isRefused = refused.has(spec.name)
    const named = new Set<string>()
    spec.make((target) => named.add(target).has(target))
    return {
      pointsAt: isRefused ? [] : [...named].filter((target) => refused.has(target)),
      name: spec.name,
      person: person.name,
      institution: spec.institution,
      type: spec.type,
      localId: spec.localId,
      isRefused,
      isDeleted: spec.isDeleted,
      versions: spec.make(() => true),
      // what is nobody's record (an image, a drug) is named by its custodian's own records whatever others may read of it
      bareVersions: isRefused ? [] : spec.make((target) => !refused.has(target) || isNobodys(specs, target)),
    }
  })
}

function isNobodys(specs: readonly RecordSpec[], target: string): boolean {
  const spec = specs.find(({ name }) => name === target)
  return spec !== undefined && spec.person === undefined
}

/** As the records of one institution about a person know it. */
export function nameOfPlace(institution: InstitutionId, { number }: Pick<WorldPerson, 'number'>): string {
  return `${institution}-${number}-place`
}

/** A Patient as one institution has them on file; two institutions' records are one person with certainty. */
export function patientResource(person: Pick<WorldPerson, 'number'>, institution: InstitutionId): Json {
  const { number } = person
  const day = new Date(Date.UTC(1931, 0, 1) + number * 41 * 86_400_000).toISOString().slice(0, 10)
  const id = localIdOf(institution, number)
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: numberSystem(institution), value: id }],
    name: [{ text: nameOf(number) }],
    gender: number % 2 === 0 ? 'female' : 'male',
    birthDate: day,
    telecom: [{ system: 'phone', value: phoneOf(number) }],
    address: [{ text: `서울특별시 ${number}로 ${number % 97}`, postalCode: String(10_000 + number) }],
  }
}

const family = ['김', '이', '박', '최', '정', '강', '조', '윤', '장', '임']
const given = ['가람', '나래', '다온', '라희', '마루', '보람', '사랑', '아름', '자람', '차오', '하늘', '도담', '미르']

export function nameOf(number: number): string {
  return `${family[number % family.length] ?? ''}${given[number % given.length] ?? ''}`
}

export function birthOf(number: number): string {
  return String(patientResource({ number }, 'clinic')['birthDate'])
}

function phoneOf(number: number): string {
  return `010-${String(2000 + ((number * 7919) % 7000)).padStart(4, '0')}-${String((number * 104_729) % 10_000).padStart(4, '0')}`
}

export const kcd = system.kcd8
