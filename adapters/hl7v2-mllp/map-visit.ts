/** PV1, PV2 → Encounter. Pure. HL7 v2.5.1 §3.4.3, §3.4.4 */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, Coding, Encounter, Identifier, Meta, Period, Practitioner, Reference } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { localSystem, type Draft } from './draft.ts'
import type { PatientGroup } from './groups.ts'
import { derivedId, idOf } from './local-id.ts'
import { concept, departmentOf, v2Table } from './map-code.ts'
import { nameOf, patientIdOf } from './map-patient.ts'
import type { Message, Repetition, Segment } from './message.ts'
import { fhirDateTime } from './time.ts'

/** What the rest of a message says of the visit it belongs to. */
export interface Visit {
  readonly id: string
  readonly reference: Reference<Encounter>
}

/**
 * The visit by its number (PV1-19), else by patient and admission time; for an admission or registration the event's own time will do.
 * Undefined when nothing tells this visit from the next: then no Encounter is made, and nothing is tied to a wrong one.
 */
export function visitOf(group: PatientGroup, patientNumber: string, message: Message): Visit | undefined {
  const number = group.pv1?.at(19)
  if (number !== undefined) return visit(idOf(number))
  if (group.pv1 === undefined) return undefined
  const isArrival = ['A01', 'A04'].includes(message.header.at(9, 2) ?? '')
  const eventTime = message.first('EVN')?.at(6) ?? message.first('EVN')?.at(2) ?? message.header.at(7)
  const startedAt = group.pv1.at(44) ?? (isArrival ? eventTime : undefined)
  return startedAt === undefined ? undefined : visit(derivedId('visit', patientNumber, startedAt))
}

function visit(id: string): Visit {
  return { id, reference: { reference: `Encounter/${id}` } }
}

/** The national department code of a visit, `unknown` when a code is there that nobody can translate, undefined when none is stated. */
export function departmentIn(
  pv1: Segment,
  departments: Readonly<Record<string, string>>,
): { readonly local: string; readonly code: string | undefined } | undefined {
  const local = pv1.at(10)
  if (local !== undefined) return { local, code: departmentOf(local, departments) }
  // A ward counts only where the configuration names it: point of care codes look like department codes.
  const ward = pv1.at(3)
  const code = ward === undefined ? undefined : departments[ward]
  return ward === undefined || code === undefined ? undefined : { local: ward, code }
}

export function encounterFrom(
  input: { group: PatientGroup; pv1: Segment; visit: Visit; patientNumber: string; event: string },
  draft: Draft,
): Encounter {
  const { group, pv1, visit } = input
  const period = periodOf(pv1, draft)
  const participant = participantsOf(pv1, draft)
  const reason = group.pv2 === undefined ? undefined : concept(group.pv2.all(3)[0], draft, 'PV2-3')
  const location = locationText(pv1)
  return compact<Encounter>({
    resourceType: 'Encounter',
    id: visit.id,
    meta: labelOf(group.pv2),
    extension: insuranceOf(pv1, draft),
    identifier: identifiersOf(pv1, draft),
    status: statusOf(pv1, input.event),
    class: classOf(pv1, draft),
    serviceType: serviceTypeOf(pv1, draft),
    subject: { reference: `Patient/${patientIdOf(input.patientNumber)}` },
    participant: participant.length === 0 ? undefined : participant,
    period,
    reasonCode: reason === undefined ? undefined : [reason],
    hospitalization: hospitalizationOf(pv1, draft),
    location: location === undefined ? undefined : [{ location: { display: location } }],
  })
}

function statusOf(pv1: Segment, event: string): Encounter['status'] {
  if (pv1.at(45) !== undefined) return 'finished'
  if (event === 'A01' || event === 'A04') return 'in-progress'
  if (pv1.at(2)?.toUpperCase() === 'P') return 'planned'
  // A08 corrects data of visits of any age; only one that has a begin and no end can be said to go on.
  return pv1.at(44) === undefined ? 'unknown' : 'in-progress'
}

/** HL7 table 0004 → v3 ActEncounterCode */
const classes: Readonly<Record<string, string>> = { I: 'IMP', O: 'AMB', E: 'EMER', P: 'PRENC', R: 'AMB', B: 'IMP' }

function classOf(pv1: Segment, draft: Draft): Coding {
  const code = pv1.at(2)
  const known = classes[code?.toUpperCase() ?? '']
  if (known !== undefined) return { system: system.encounterClass, code: known }
  draft.gaps.add('PV1-2', code === undefined ? 'the class of the visit is not stated' : 'not a class of visit we can name')
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK' }
}

function serviceTypeOf(pv1: Segment, draft: Draft): CodeableConcept | undefined {
  const department = departmentIn(pv1, draft.context.departments)
  if (department === undefined) {
    draft.gaps.add('PV1-10', 'no department is stated; a consent that names a department cannot see this visit', 'not-held')
    return undefined
  }
  if (department.code !== undefined) return { coding: [{ system: system.department, code: department.code }] }
  draft.gaps.add('PV1-10', 'the department code has no entry in the department map')
  return { coding: [{ system: localSystem(draft.context, 'department'), code: department.local }] }
}

/** Spec: http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes; 4 건강보험, 5 의료급여, 7 보훈, 9 무료진료 */
function insuranceOf(pv1: Segment, draft: Draft): Encounter['extension'] {
  const code = pv1.at(20)
  if (code === undefined) return undefined
  if (!/^[4579]$/.test(code)) {
    draft.gaps.add('PV1-20', 'not a national insurance type')
    return undefined
  }
  return [
    {
      url: 'http://www.hl7korea.or.kr/fhir/krcore/StructureDefinition/krcore-insuranceTypes',
      valueCodeableConcept: { coding: [{ system: system.insuranceType, code }] },
    },
  ]
}

function identifiersOf(pv1: Segment, draft: Draft): Identifier[] | undefined {
  const numbers = [19, 50].flatMap((field) => pv1.all(field).flatMap((item) => item.part(1) ?? []))
  const unique = [...new Set(numbers)]
  const type: CodeableConcept = { coding: [{ system: system.v2IdentifierType, code: 'VN' }] }
  return unique.length === 0 ? undefined : unique.map((value) => ({ type, system: localSystem(draft.context, 'visit'), value }))
}

function periodOf(pv1: Segment, draft: Draft): Period | undefined {
  const [start, end] = [44, 45].map((field) => {
    const text = pv1.at(field)
    const at = fhirDateTime(text, draft.offset)
    if (text !== undefined && at === undefined) draft.gaps.add(`PV1-${field}`, 'not a time')
    return at
  })
  return start === undefined && end === undefined ? undefined : compact<Period>({ start, end })
}

const roles: readonly (readonly [number, string])[] = [
  [7, 'ATND'],
  [8, 'REF'],
  [9, 'CON'],
  [17, 'ADM'],
]

function participantsOf(pv1: Segment, draft: Draft): NonNullable<Encounter['participant']> {
  return roles.flatMap(([field, code]) =>
    pv1.all(field).flatMap((item) => {
      const individual = practitioner(item, draft)
      return individual === undefined ? [] : [{ type: [{ coding: [{ system: system.participation, code }] }], individual }]
    }),
  )
}

/** XCN → a reference by name and number; the sender's staff never become people of the directory. */
export function practitioner(item: Repetition | undefined, draft: Draft): Reference<Practitioner> | undefined {
  if (item === undefined) return undefined
  const number = item.part(1)
  const name = nameOf(item, undefined, 1)[0]?.text
  if (number === undefined && name === undefined) return undefined
  const isLicence = item.part(13) === 'MD' || item.part(13) === 'LN' || item.part(9) === 'MOHW'
  const uri = isLicence ? system.doctorLicence : localSystem(draft.context, 'staff')
  return compact<Reference<Practitioner>>({
    type: 'Practitioner',
    identifier: number === undefined ? undefined : { system: uri, value: number },
    display: name,
  })
}

function hospitalizationOf(pv1: Segment, draft: Draft): Encounter['hospitalization'] {
  const tables = [
    [14, '0023'],
    [36, '0112'],
  ] as const
  const [admitSource, dischargeDisposition] = tables.map(([field, table]) => {
    const found = concept(pv1.all(field)[0], draft, `PV1-${field}`)
    const code = found?.coding?.[0]?.code
    return code === undefined ? undefined : compact<CodeableConcept>({ coding: [{ system: v2Table(table), code }], text: found?.text })
  })
  if (admitSource === undefined && dischargeDisposition === undefined) return undefined
  return compact<NonNullable<Encounter['hospitalization']>>({ admitSource, dischargeDisposition })
}

function locationText(pv1: Segment): string | undefined {
  const parts = [1, 2, 3, 9].flatMap((part) => pv1.at(3, part) ?? [])
  return parts.length === 0 ? undefined : parts.join(' ')
}

/** PV2-22 visit protection: the sender may raise a label, never lower one. */
function labelOf(pv2: Segment | undefined): Meta | undefined {
  return pv2?.at(22) === 'Y' ? { security: [{ system: system.confidentiality, code: 'R' }] } : undefined
}
