/** What is on file of a generated person at one institution: records that point at each other, some of which will be refused and some not. */
import { system } from '../../fhir-profiles/codes.ts'
import type { Random } from './random.ts'
import { patientResource, type InstitutionId, type WorldPerson } from './world.ts'

export type Json = Readonly<Record<string, unknown>>

export interface RecordSpec {
  readonly name: string
  readonly institution: InstitutionId
  /** undefined: about nobody in particular (a file, a drug); only its own institution reads it */
  readonly person: string | undefined
  readonly type: string
  readonly localId: string
  /** of its own or of the encounter it belongs to */
  readonly department: string
  /** its clinical code, in KCD-8 for a condition */
  readonly code: string
  readonly isRestricted: boolean
  readonly date: string
  readonly isDeleted: boolean
  /** each version; what points at a record that is not known is not there, and neither is the text that tells of it */
  readonly make: (isKnown: (name: string) => boolean) => readonly Json[]
}

interface Where {
  readonly person: WorldPerson
  readonly institution: InstitutionId
  readonly localIdOf: (institution: InstitutionId, number: number, tail?: string) => string
  readonly sensitive: string | undefined
}

/** Codes of conditions: two that the network labels as sensitive, one that people deny by code, the rest plain. */
const codes = ['I10', 'K29', 'J45', 'M54', 'N20', 'L20', 'H25', 'G43'] as const
const sensitiveCodes = ['F32', 'F41', 'B20', 'B24'] as const

export function recordsOf(random: Random, where: Where): readonly RecordSpec[] {
  const { institution, person } = where
  const make = specMaker(where)
  const patient = make('Patient', '', {}, () => patientResource(person, institution))
  if (institution === 'tertiary') return [patient, ...ownRecords(make, where)]
  const day = (): string => `20${random.pick(['19', '20', '21', '21', '22', '23'])}-0${1 + random.below(9)}-1${random.below(10)}`
  const hasPsychiatry = institution === 'hospital'
  const [visit, psychiatry] = [day(), day()]
  const encounters = [
    make('Encounter', 'e1', { department: '01', date: visit }, (known) => [
      { ...encounter(where, '01', visit, []), ...placeAs('serviceProvider', where, known) },
      // each version says something new in itself: a write that repeats the last one makes none
      { ...encounter(where, '01', visit, known('c1') ? [reference('Condition', 'c1', 'diabetes')] : []), length: minutes },
    ]),
    ...(hasPsychiatry
      ? [make('Encounter', 'e2', { department: '03', date: psychiatry }, () => encounter(where, '03', psychiatry, []))]
      : []),
  ]
  const conditions = conditionsOf(random, make, { hasPsychiatry, day, visit })
  const observations = observationsOf(random, make, { hasPsychiatry, day, where })
  return [patient, ...encounters, ...conditions, ...observations, ...papersOf(random, make, { hasPsychiatry, day, where })]
}

type Known = (tail: string) => boolean
type Made = Json | readonly Json[]
type Make = (
  type: string,
  tail: string,
  more: Partial<Pick<RecordSpec, 'department' | 'code' | 'isRestricted' | 'date' | 'isDeleted'>> & { readonly isNobodys?: true },
  build: (known: Known, mention: (type: string, tail: string, display: string) => Json) => Made,
) => RecordSpec

function specMaker({ person, institution, localIdOf }: Where): Make {
  const nameOf = (tail: string): string => `${institution}-${person.number}-${tail === '' ? 'p' : tail}`
  return (type, tail, { isNobodys, ...more }, build) => ({
    name: nameOf(tail),
    institution,
    person: isNobodys === true ? undefined : person.name,
    type,
    localId: localIdOf(institution, person.number, tail === '' ? '' : `-${tail}`),
    department: '01',
    code: '',
    isRestricted: false,
    date: '',
    isDeleted: false,
    ...more,
    make(isKnown) {
      const made = build((target) => isKnown(nameOf(target)), reference)
      const id = localIdOf(institution, person.number, tail === '' ? '' : `-${tail}`)
      // local ids are made of the tail, so that a reference is written before its target is
      const text = JSON.stringify(isList(made) ? made : [made]).replaceAll('{id}', localIdOf(institution, person.number))
      // text of our own making, parsed back: a list of resources
      const versions = JSON.parse(text) as readonly Json[]
      return versions.map((version) => ({ ...version, id, ...identifierOf(type, nameOf(tail)) }))
    },
  })
}

function isList(made: Made): made is readonly Json[] {
  return Array.isArray(made)
}

/** The name of a record, as an identifier that every reader sees: by it the kit learns which network id a record was given. */
export const nameSystem = 'urn:care-network:leaks'

function identifierOf(type: string, value: string): Json {
  if (type === 'Patient' || type === 'Binary') return {}
  const identifier = { system: nameSystem, value }
  return { identifier: type === 'Composition' ? identifier : [identifier] }
}

/** As EMRs write one: with the words and numbers that tell what stands behind it. */
function reference(type: string, tail: string, display: string): Json {
  return { reference: `${type}/{id}-${tail}`, type, identifier: { system: nameSystem, value: `{id}-${tail}` }, display }
}

const subject = { subject: { reference: 'Patient/{id}' } }

/** A sensitive institution, where it is known and there is one. */
function placeAs(element: string, { sensitive: value }: Where, known: Known): Json {
  if (value === undefined || !known('place')) return {}
  const place = { identifier: { system: system.institutionNumber, value }, display: '다른 의료기관' }
  return { [element]: element === 'performer' ? [place] : place }
}

function narrative(words: string): Json {
  return { text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` } }
}

function encounter(_: Where, department: string, day: string, diagnoses: readonly Json[]): Json {
  return {
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: system.encounterClass, code: 'AMB' },
    serviceType: { coding: [{ system: system.department, code: department }] },
    ...subject,
    period: { start: `${day}T09:00:00+09:00`, end: `${day}T09:20:00+09:00` },
    ...(diagnoses.length === 0 ? {} : { diagnosis: diagnoses.map((condition) => ({ condition })) }),
  }
}

/** The asking institution's own: an encounter that is going on, which is why it may ask at all. */
function ownRecords(make: Make, where: Where): readonly RecordSpec[] {
  return [
    make('Encounter', 'e1', { date: '2026-03-02' }, () => {
      const { period: _, ...open } = encounter(where, '01', '2026-03-02', [])
      return { ...open, status: 'in-progress', period: { start: '2026-03-02T09:00:00+09:00' } }
    }),
    make('Condition', 'c1', { code: 'R51', date: '2026-03-02' }, () => condition('R51', '2026-03-02', 'e1')),
    make('Observation', 'o1', { date: '2026-03-02' }, () => observation('8480-6', '2026-03-02', 131)),
  ]
}

const minutes = { value: 20, unit: 'min', system: system.ucum, code: 'min' }
const confirmed = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }] }

function condition(code: string, day: string, at: string | undefined, more: Json = {}): Json {
  return {
    resourceType: 'Condition',
    clinicalStatus: { coding: [{ system: system.conditionClinical, code: 'active' }] },
    code: { coding: [{ system: system.kcd8, code }] },
    ...subject,
    ...(at === undefined ? {} : { encounter: { reference: `Encounter/{id}-${at}` } }),
    recordedDate: day,
    ...more,
  }
}

function observation(code: string, day: string, value: number, more: Json = {}): Json {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: system.loinc, code }] },
    ...subject,
    effectiveDateTime: `${day}T10:00:00+09:00`,
    valueQuantity: { value, unit: 'mmHg', system: system.ucum, code: 'mm[Hg]' },
    ...more,
  }
}

interface Chance {
  readonly hasPsychiatry: boolean
  readonly day: () => string
}

function conditionsOf(
  random: Random,
  make: Make,
  { hasPsychiatry, day, visit }: Chance & { readonly visit: string },
): readonly RecordSpec[] {
  const [d1, d2, d3, d4] = [day(), day(), day(), day()]
  const [plain, other] = [random.pick(codes.slice(0, 4)), random.pick(codes.slice(4))]
  const sensitive = random.pick(sensitiveCodes)
  const labelled = { meta: { security: [{ system: system.confidentiality, code: 'R' }] } }
  return [
    make('Condition', 'c1', { code: 'E11', date: d1, isDeleted: random.below(6) === 0 }, () => [
      condition('E11', d1, undefined),
      condition('E11', d1, undefined, { note: [{ text: '조절되지 않음' }] }),
    ]),
    // written in a visit that may be refused while the condition is not
    make('Condition', 'c2', { code: plain, date: d2 }, (known) => [
      condition(plain, d2, undefined),
      condition(plain, d2, known('e1') ? 'e1' : undefined, { verificationStatus: confirmed }),
    ]),
    make('Condition', 'c3', { code: sensitive, date: d3 }, () => condition(sensitive, d3, undefined)),
    make('Condition', 'c4', { code: other, date: d4, isRestricted: true }, () => condition(other, d4, undefined, labelled)),
    make('Condition', 'c6', { code: 'Z00', date: visit, isDeleted: random.below(2) === 0 }, (known, mention) => {
      const evidence = ['o1', 'o2'].filter(known).map((tail) => ({ detail: [mention('Observation', tail, `result ${tail}`)] }))
      const all = known('o1') && known('o2')
      return condition('Z00', visit, undefined, {
        ...(all ? narrative('검사 결과에 근거함') : {}),
        ...(evidence.length === 0 ? {} : { evidence }),
      })
    }),
    ...(hasPsychiatry
      ? [
          make('Condition', 'c5', { code: 'F33', department: '03', date: d4 }, (known) =>
            condition('F33', d4, known('e2') ? 'e2' : undefined),
          ),
        ]
      : []),
  ]
}

function observationsOf(
  random: Random,
  make: Make,
  { hasPsychiatry, day, where }: Chance & { readonly where: Where },
): readonly RecordSpec[] {
  const [d1, d2, d3] = [day(), day(), day()]
  const [v1, v2, v3] = [100 + random.below(90), 50 + random.below(40), 90 + random.below(60)]
  return [
    make('Observation', 'o1', { date: d1 }, (known) => observation('8480-6', d1, v1, placeAs('performer', where, known))),
    make('Observation', 'o2', { date: d2, isRestricted: true }, () =>
      observation('8462-4', d2, v2, { meta: { security: [{ system: system.confidentiality, code: 'R' }] } }),
    ),
    ...(hasPsychiatry
      ? [
          make('Observation', 'o3', { department: '03', date: d3 }, (known) =>
            observation('2339-0', d3, v3, known('e2') ? { encounter: { reference: 'Encounter/{id}-e2' } } : {}),
          ),
        ]
      : []),
  ]
}

/** Reports, prescriptions, lists and letters: what names other records, tells of them in words, and carries their files. */
function papersOf(random: Random, make: Make, { hasPsychiatry, day, where }: Chance & { readonly where: Where }): readonly RecordSpec[] {
  const [d1, d2, d3, d4] = [day(), day(), day(), day()]
  const results = ['o1', 'o2', ...(hasPsychiatry ? ['o3'] : [])]
  const problems = ['c1', 'c2', 'c3', ...(hasPsychiatry ? ['c5'] : [])]
  const file = Buffer.from(`file ${random.below(1_000_000)}`).toString('base64')
  return [
    make('DiagnosticReport', 'r1', { date: d1 }, (known, mention) => {
      const kept = results.filter(known).map((tail) => mention('Observation', tail, `value of ${tail}`))
      return {
        resourceType: 'DiagnosticReport',
        status: 'final',
        ...(kept.length === results.length ? narrative('결과를 모두 적음') : {}),
        code: { coding: [{ system: system.loinc, code: '24323-8' }] },
        ...subject,
        ...placeAs('performer', where, known),
        effectiveDateTime: `${d1}T11:00:00+09:00`,
        ...(kept.length === 0 ? {} : { result: kept }),
      }
    }),
    make('MedicationRequest', 'm1', { date: d2 }, (known, mention) => ({
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: { coding: [{ system: system.atc, code: 'C09AA02' }] },
      ...subject,
      authoredOn: d2,
      ...(known('c1') ? { reasonReference: [mention('Condition', 'c1', '당뇨병')] } : {}),
    })),
    make('List', 'l1', { date: d3 }, (known, mention) => {
      const kept = problems.filter(known).map((tail) => ({ item: mention('Condition', tail, `problem ${tail}`) }))
      return {
        resourceType: 'List',
        status: 'current',
        mode: 'working',
        ...(kept.length === problems.length ? narrative('문제 목록') : {}),
        ...subject,
        date: d3,
        ...(kept.length === 0 ? {} : { entry: kept }),
      }
    }),
    make('Composition', 'd1', { date: d4 }, (known, mention) => letter(known, mention, { day: d4, results, problems })),
    make('Binary', 'b1', { isNobodys: true }, () => ({ resourceType: 'Binary', contentType: 'text/plain', data: file })),
    make('DocumentReference', 'x1', { date: '' }, (known) => ({
      resourceType: 'DocumentReference',
      status: 'current',
      ...subject,
      content: [{ attachment: { contentType: 'text/plain', url: 'Binary/{id}-b1', title: '기록 사본' } }],
      ...(known('e1') ? { context: { encounter: [{ reference: 'Encounter/{id}-e1' }] } } : {}),
    })),
  ]
}

function letter(
  known: Known,
  mention: (type: string, tail: string, display: string) => Json,
  { day, results, problems }: { day: string; results: readonly string[]; problems: readonly string[] },
): Json {
  const section = (type: string, title: string, tails: readonly string[]): readonly Json[] => {
    const kept = tails.filter(known).map((tail) => mention(type, tail, `${title} ${tail}`))
    if (kept.length === 0) return []
    return [{ title, ...(kept.length === tails.length ? narrative(`${title}: ${tails.join(', ')}`) : {}), entry: kept }]
  }
  const sections = [...section('Condition', 'problems', problems), ...section('Observation', 'results', results)]
  const all = [...problems, ...results].every(known)
  return {
    resourceType: 'Composition',
    status: 'final',
    ...(all ? narrative('진료의뢰서') : {}),
    type: { coding: [{ system: system.loinc, code: '57133-1' }] },
    ...subject,
    date: `${day}T12:00:00+09:00`,
    author: [{ display: '의사' }],
    title: '진료의뢰서',
    ...(sections.length === 0 ? {} : { section: sections }),
  }
}
