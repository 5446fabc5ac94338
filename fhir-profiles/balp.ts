/**
 * IHE Basic Audit Log Patterns (BALP 1.1), as data: per profile the codes it fixes and the agents and entities it counts. The gateway takes
 * its codes from here, and the tests hold every entry it writes against the profile that entry claims.
 * Spec: https://profiles.ihe.net/ITI/BALP/
 */
import type { AuditEvent, Coding } from './r4.ts'

export interface Code {
  readonly system: string
  readonly code: string
}

/** A slice by `type`: how many there must be and what each holds. Paths are below the agent or entity. */
export interface Slice {
  readonly name: string
  /** the type is one of these */
  readonly types: readonly Code[]
  readonly min: number
  readonly max: number
  readonly requires: readonly string[]
  readonly never: readonly string[]
  /** the role is one of these; absent: any or none */
  readonly roles?: readonly Code[]
  /** agents only */
  readonly requestor?: boolean
}

export interface BalpProfile {
  readonly url: string
  readonly type: Code
  /** at least one of these is among the subtypes */
  readonly subtypes: readonly Code[]
  readonly action: NonNullable<AuditEvent['action']>
  /** undefined: any, but there is one */
  readonly outcome: '0' | undefined
  readonly agents: readonly Slice[]
  readonly entities: readonly Slice[]
}

const dcm = 'http://dicom.nema.org/resources/ontology/DCM'
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role'
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const base = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit'

/** The codes of an audit entry, by what they mean here. */
export const auditCode = {
  rest: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
  activity: { system: dcm, code: '110100' },
  export: { system: dcm, code: '110106' },
  import: { system: dcm, code: '110107' },
  securityAlert: { system: dcm, code: '110113' },
  userAuthentication: { system: dcm, code: '110114' },
  login: { system: dcm, code: '110122' },
  logout: { system: dcm, code: '110123' },
  emergencyOverride: { system: dcm, code: '110127' },
  disclose: { system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: 'disclose' },
  application: { system: dcm, code: '110150' },
  destination: { system: dcm, code: '110152' },
  source: { system: dcm, code: '110153' },
  custodian: { system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type', code: 'custodian' },
  recipient: { system: participation, code: 'IRCP' },
  author: { system: participation, code: 'AUT' },
  organization: { system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass', code: 'PROV' },
  person: { system: entityType, code: '1' },
  object: { system: entityType, code: '2' },
  requestId: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
  token: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes', code: 'UserOauthAgent' },
  patientRole: { system: objectRole, code: '1' },
  report: { system: objectRole, code: '3' },
  domainResource: { system: objectRole, code: '4' },
  securityResource: { system: objectRole, code: '13' },
  job: { system: objectRole, code: '20' },
  query: { system: objectRole, code: '24' },
  decidedByConsent: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType', code: 'AuthZ-Consent' },
  decidedByRole: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType', code: 'AuthZ-Role' },
} as const satisfies Readonly<Record<string, Code>>

const restful = (code: string): Code => ({ system: 'http://hl7.org/fhir/restful-interaction', code })

const once = { min: 1, max: 1, requires: ['who', 'network.address'], never: ['media'] }
const dataSources = ['AUT', 'INF', 'CST'].map((code) => ({ system: participation, code }))
const user = { name: 'user', min: 0, max: 1, requires: ['who'], never: ['media', 'network'], requestor: true }

const patient: Slice = {
  name: 'patient',
  types: [auditCode.person],
  min: 1,
  max: 1,
  requires: ['what.reference'],
  never: [],
  roles: [auditCode.patientRole],
}
const transaction: Slice = {
  name: 'transaction',
  types: [auditCode.requestId],
  min: 0,
  max: 1,
  requires: ['what.identifier.value'],
  never: [],
}
const data: Slice = {
  name: 'data',
  types: [auditCode.object],
  min: 1,
  max: 1,
  requires: ['what'],
  never: [],
  roles: [auditCode.domainResource, auditCode.report, auditCode.job],
}
const query: Slice = {
  name: 'query',
  types: [auditCode.object],
  min: 1,
  max: 1,
  requires: ['query'],
  never: ['what', 'lifecycle', 'detail'],
  roles: [auditCode.query],
}
const notOnDeletion = ['role', 'altId', 'name', 'location', 'policy', 'purposeOfUse']

type Rest = Omit<BalpProfile, 'url' | 'type' | 'outcome'>

/** Which way the profile says data flows: a reader is the destination, a writer and a searcher the source. */
const reading = [
  { ...once, name: 'client', types: [auditCode.destination] },
  { ...once, name: 'server', types: [auditCode.source] },
  { ...user, types: [auditCode.recipient] },
]
const sending = [
  { ...once, name: 'client', types: [auditCode.source] },
  { ...once, name: 'server', types: [auditCode.destination] },
]
const writing = [...sending, { ...user, types: dataSources }]
const deleting = [
  { ...once, name: 'client', types: [auditCode.application], never: notOnDeletion },
  { ...once, name: 'server', types: [auditCode.custodian], never: notOnDeletion },
  { ...user, types: dataSources, never: [...user.never, 'altId', 'location', 'policy'] },
]

const rest = {
  Read: { subtypes: ['read', 'vread'].map(restful), action: 'R', agents: reading, entities: [data, transaction] },
  Create: { subtypes: [restful('create')], action: 'C', agents: writing, entities: [data, transaction] },
  Update: { subtypes: ['update', 'patch'].map(restful), action: 'U', agents: writing, entities: [data, transaction] },
  Delete: { subtypes: [restful('delete')], action: 'D', agents: deleting, entities: [data, transaction] },
  Query: {
    subtypes: ['search', 'search-type', 'search-system'].map(restful),
    action: 'E',
    agents: [...sending, { ...user, types: [auditCode.recipient] }],
    entities: [query, transaction],
  },
} as const satisfies Readonly<Record<string, Rest>>

export type RestName = keyof typeof rest

function restProfile(name: RestName, withPatient: boolean): BalpProfile {
  const { entities, ...row } = rest[name]
  return {
    ...row,
    url: `${base}.${withPatient ? 'Patient' : ''}${name}`,
    type: auditCode.rest,
    outcome: '0',
    entities: withPatient ? [...entities, patient] : entities,
  }
}

/** What leaves the network for another institution, as its source records it. */
const disclosure: BalpProfile = {
  url: `${base}.PrivacyDisclosure.Source`,
  type: auditCode.export,
  subtypes: [auditCode.disclose],
  action: 'R',
  outcome: undefined,
  agents: [
    { ...once, name: 'source', types: [auditCode.source], never: [] },
    { ...once, name: 'recipient', types: [auditCode.destination], never: [] },
  ],
  entities: [patient],
}

const names: readonly RestName[] = ['Read', 'Create', 'Update', 'Delete', 'Query']

export const balpProfiles: readonly BalpProfile[] = [
  ...names.flatMap((name) => [restProfile(name, false), restProfile(name, true)]),
  disclosure,
]

export const disclosureUrl = disclosure.url

export function restUrl(name: RestName, withPatient: boolean): string {
  return `${base}.${withPatient ? 'Patient' : ''}${name}`
}

export function isCode(given: Coding | undefined, wanted: Code): boolean {
  return given?.system === wanted.system && given.code === wanted.code
}
