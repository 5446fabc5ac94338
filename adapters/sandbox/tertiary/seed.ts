/** The resources the EMR starts with: staff, departments, and the charts of its patients. Pure. */
import { system } from '../../../fhir-profiles/codes.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { koreanDay } from '../population/population.ts'
import { sandboxInstitutions, sandboxPeople } from '../people.ts'
import type { Chart, Department, Visit } from './chart-shape.ts'
import { charts, departments } from './charts.ts'
import * as krCore from './kr-core.ts'
import { presentResources } from './present.ts'
import { moreDepartments, populationResources } from './population-resources.ts'

/** `now` is the day the charts are written for; the offset of every time is that of Seoul. */
export function seedResources(now: Date): readonly Resource[] {
  return [...house(), ...charts.flatMap((chart) => chartResources(chart, now))]
}

/** The generated people and the departments only they go to. */
export function populationSeed(now: Date): readonly Resource[] {
  return [...moreDepartments.flatMap(departmentResources), ...populationResources(koreanDay(now)), ...presentResources(now)]
}

function house(): readonly Resource[] {
  const { name, number, type, phone } = sandboxInstitutions.tertiary
  const hospital: Resource = {
    resourceType: 'Organization',
    id: 'nuri',
    meta: krCore.profiled('healthcare-organization'),
    identifier: [{ system: system.institutionNumber, value: number }],
    type: [{ coding: [{ system: system.institutionType, code: type, display: '상급종합병원' }] }],
    name,
    telecom: [{ system: 'phone', value: phone }],
  }
  return [hospital, ...Object.values(departments).flatMap(departmentResources)]
}

function departmentResources(department: Department): readonly Resource[] {
  const { code, name, doctor, licence } = department
  const qualification = {
    identifier: [{ system: system.doctorLicence, value: licence }],
    code: {
      coding: [{ system: 'http://www.hl7korea.or.kr/CodeSystem/mohw-practitioner-qualification-types', code: '의사', display: '의사' }],
    },
  }
  return [
    {
      resourceType: 'Organization',
      id: `dept-${code}`,
      meta: krCore.profiled('organization'),
      identifier: [{ system: system.department, value: code }],
      name,
      partOf: krCore.hospital(),
    },
    {
      resourceType: 'Practitioner',
      id: `dr-${code}`,
      meta: krCore.profiled('medical-doctor'),
      name: [{ text: doctor }],
      qualification: [qualification],
    },
    {
      resourceType: 'PractitionerRole',
      id: `role-${code}`,
      meta: krCore.profiled('medical-doctor-role'),
      practitioner: { reference: `Practitioner/dr-${code}`, display: doctor },
      organization: krCore.hospital(),
      code: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/practitioner-role', code: 'doctor' }] }],
      specialty: [krCore.departmentConcept(department)],
    },
  ]
}

function chartResources({ person: number, allergies, visits }: Chart, now: Date): readonly Resource[] {
  const person = sandboxPeople.find((each) => each.number === number)
  if (person === undefined) throw new Error('a chart belongs to nobody')
  const allergyResources = allergies.map((allergy, index) => krCore.allergy(person, `al-${number}-${index + 1}`, allergy))
  const scenes = visits.map((visit, index) => ({
    visit,
    key: `${number}-${index + 1}`,
    scene: sceneOf(person, visit, `${number}-${index + 1}`, now),
  }))
  return [krCore.patient(person), ...allergyResources, ...scenes.flatMap(({ visit, key, scene }) => visitResources(visit, key, scene))]
}

function sceneOf(person: krCore.Scene['person'], visit: Visit, key: string, now: Date): krCore.Scene {
  const end = visit.hours === undefined ? undefined : inSeoul(now, visit.daysAgo, visit.time, visit.hours)
  return {
    person,
    encounter: `en-${key}`,
    department: departments[visit.department],
    start: inSeoul(now, visit.daysAgo, visit.time, 0),
    end,
  }
}

function visitResources(visit: Visit, key: string, scene: krCore.Scene): readonly Resource[] {
  const labs = (visit.labs ?? []).map((lab, index) => krCore.laboratory(scene, `ob-${key}-${index + 1}`, lab))
  const report =
    labs.length === 0
      ? []
      : [
          krCore.laboratoryReport(
            scene,
            `dr-${key}`,
            labs.map((lab) => lab.id ?? ''),
          ),
        ]
  return [
    krCore.encounter(scene, visit),
    ...visit.diagnoses.map((diagnosis, index) => krCore.condition(scene, `co-${key}-${index + 1}`, diagnosis)),
    ...(visit.drugs ?? []).map((drug, index) => krCore.medicationRequest(scene, `mr-${key}-${index + 1}`, drug)),
    ...labs,
    ...report,
    ...(visit.surgeries ?? []).map((surgery, index) => krCore.procedure(scene, `pr-${key}-${index + 1}`, surgery)),
    ...(visit.vaccinations ?? []).map((vaccination, index) => krCore.immunization(scene, `im-${key}-${index + 1}`, vaccination)),
  ]
}

const seoulOffsetMs = 9 * 3_600_000
const dayMs = 86_400_000

/** Nothing in a chart lies after `now`: what would be later today began half an hour ago. */
function inSeoul(now: Date, daysAgo: number, time: string, hoursLater: number): string {
  const day = new Date(now.getTime() + seoulOffsetMs - daysAgo * dayMs).toISOString().slice(0, 10)
  const instant = Math.min(Date.parse(`${day}T${time}:00+09:00`) + hoursLater * 3_600_000, now.getTime() - 1_800_000)
  return `${new Date(instant + seoulOffsetMs).toISOString().slice(0, 19)}+09:00`
}
