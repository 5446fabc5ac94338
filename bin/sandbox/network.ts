/** The fixed facts of the sandbox network (contract.md): who may sign in, which ports, what each institution's adapter is told. */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import { patientNumber, sandboxInstitutions, sandboxPeople } from '../../adapters/sandbox/people.ts'

export interface SandboxPorts {
  readonly gateway: number
  readonly tertiary: number
  readonly clinicDesk: number
  readonly hospitalDesk: number
  readonly tertiaryDesk: number
  /** the gateway listens here for the hospital's messages */
  readonly mllpIn: number
  /** the hospital listens here */
  readonly hospitalMllp: number
}

/** Everything follows from the gateway's port, so that two sandboxes can stand side by side. */
export function portsFrom(gateway: number): SandboxPorts {
  return {
    gateway,
    tertiary: gateway + 1,
    clinicDesk: gateway + 2,
    hospitalDesk: gateway + 3,
    tertiaryDesk: gateway + 4,
    mllpIn: gateway + 5,
    hospitalMllp: gateway + 6,
  }
}

const names: Readonly<Record<string, string>> = {
  '01': '내과',
  '02': '신경과',
  '03': '정신건강의학과',
  '04': '외과',
  '05': '정형외과',
  '10': '산부인과',
  '11': '소아청소년과',
  '16': '영상의학과',
  '23': '가정의학과',
  '24': '응급의학과',
}
const departments = (codes: readonly string[]) => codes.map((code) => ({ code, name: names[code] ?? code }))

export function institutions(ports: SandboxPorts, input: { folder: string; mapping: string; tertiaryToken: string }) {
  const { clinic, hospital, tertiary } = sandboxInstitutions
  return [
    {
      ...clinic,
      departments: departments(['01', '23']),
      adapter: { kind: 'sql-view', database: `${input.folder}/clinic/clinic.db`, mapping: input.mapping, pollMs: 300 },
    },
    {
      ...hospital,
      departments: departments(['01', '03', '04', '05', '11', '16', '24']),
      adapter: {
        kind: 'hl7v2-mllp',
        listen: { host: '127.0.0.1', port: ports.mllpIn },
        sendTo: { host: '127.0.0.1', port: ports.hospitalMllp },
      },
    },
    {
      ...tertiary,
      departments: departments(['01', '02', '03', '04', '05', '10', '11', '16', '24']),
      adapter: {
        kind: 'fhir-rest',
        baseUrl: `http://127.0.0.1:${ports.tertiary}/fhir`,
        token: input.tertiaryToken,
        pollMs: 500,
        deadlineMs: 2_500,
      },
    },
  ]
}

export interface Identity {
  readonly name: string
  readonly displayName: string
  readonly role: string
  readonly institution: string
  readonly departments: readonly string[]
  readonly practitioner: string
  readonly patient: string
}

const staff = (name: string, displayName: string, role: string, codes: readonly string[]): Identity => {
  const [institution = ''] = name.split('-')
  return { name, displayName, role, institution, departments: codes, practitioner: role === 'system' ? '' : name, patient: '' }
}
const operator = (name: string, displayName: string): Identity => ({
  name,
  displayName,
  role: name,
  institution: 'network',
  departments: [],
  practitioner: '',
  patient: '',
})

/** The patient number the sandbox knows a person by: the first institution that has one. */
export function numberOf(number: number): string {
  const person = sandboxPeople.find((item) => item.number === number)
  const at = person?.at[0]
  if (person === undefined || at === undefined) throw new Error(`there is no seeded person ${number}`)
  return `${patientNumberSystem(sandboxInstitutions[at].number)}|${patientNumber(person, at)}`
}

export function identities(): readonly Identity[] {
  return [
    staff('clinic-doctor', '해맑은의원 의사', 'doctor', ['01']),
    staff('clinic-nurse', '해맑은의원 간호사', 'nurse', ['01']),
    staff('clinic-coordinator', '해맑은의원 코디네이터', 'coordinator', []),
    staff('clinic-system', '해맑은의원 EMR', 'system', []),
    staff('hospital-doctor', '한빛종합병원 의사', 'doctor', ['01']),
    staff('hospital-coordinator', '한빛종합병원 진료협력센터', 'coordinator', []),
    staff('hospital-system', '한빛종합병원 EMR', 'system', []),
    staff('tertiary-doctor', '누리대학교병원 의사', 'doctor', ['01']),
    staff('tertiary-coordinator', '누리대학교병원 진료협력센터', 'coordinator', []),
    staff('tertiary-system', '누리대학교병원 EMR', 'system', []),
    operator('privacy-officer', '개인정보 보호책임자'),
    operator('integrator', '연동 담당자'),
    operator('auditor', '감사 담당자'),
    ...sandboxPeople.map((person) => ({
      name: `patient-${person.number}`,
      displayName: `${person.name} 본인`,
      role: 'patient',
      institution: 'network',
      departments: [],
      practitioner: '',
      patient: numberOf(person.number),
    })),
    {
      name: 'guardian-5',
      displayName: '환자 5의 법정대리인',
      role: 'proxy',
      institution: 'network',
      departments: [],
      practitioner: '',
      patient: numberOf(5),
    },
  ]
}
