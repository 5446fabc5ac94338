/** Consents, requests and records of the sandbox network; a test states only what matters to it. */
import { system } from '../../../fhir-profiles/codes.ts'
import type { Consent, ConsentProvision, ConsentProvisionActor } from '../../../fhir-profiles/r4.ts'
import { compile, type CompileInput } from '../../../consent/compile.ts'
import type { AccessRequest, ActorDirectory, Environment, Facts, ProvisionRow } from '../../../consent/types.ts'
import { plainContent } from '../../support/plain-facts.ts'
import { sandboxInstitutions } from '../../../adapters/sandbox/people.ts'

export type InstitutionId = keyof typeof sandboxInstitutions

export const sandbox: Environment = { implicit: 'deny-between-institutions' }

export const at = (text: string): number => Date.parse(text)

export const now = at('2026-03-02T10:00:00+09:00')

/** Institutions by id or number, departments by national code, practitioners by id; nobody else exists. */
export const directory: ActorDirectory = {
  resolve({ reference, system: identifierSystem, value }) {
    if (reference !== undefined) {
      const [type, id] = reference.split('/')
      if (type === 'Practitioner' && id !== undefined) return `practitioner:${id}`
      return type === 'Organization' && (id === 'network' || (id !== undefined && id in sandboxInstitutions)) ? `org:${id}` : undefined
    }
    if (identifierSystem === system.department) return value !== undefined && /^\d{2}$/.test(value) ? `dept:${value}` : undefined
    if (identifierSystem !== system.institutionNumber) return undefined
    const found = Object.values(sandboxInstitutions).find((institution) => institution.number === value)
    return found && `org:${found.id}`
  },
}

export function actor(role: string | undefined, reference: ConsentProvisionActor['reference']): ConsentProvisionActor {
  const roleSystem = role === 'GRANTEE' ? system.roleCode : system.participation
  // R4 requires a role; consents without one exist and count as naming the receiver.
  return { ...(role === undefined ? {} : { role: { coding: [{ system: roleSystem, code: role }] } }), reference } as ConsentProvisionActor
}

export const organization = (id: string) => ({ reference: `Organization/${id}` })
export const department = (code: string) => ({ identifier: { system: system.department, value: code } })
export const practitioner = (id: string) => ({ reference: `Practitioner/${id}` })
export const receiver = (reference: ConsentProvisionActor['reference']) => actor('IRCP', reference)
export const source = (reference: ConsentProvisionActor['reference']) => actor('CST', reference)

export const purposes = (...codes: readonly string[]) => codes.map((code) => ({ system: system.actReason, code }))
export const actions = (...codes: readonly string[]) => codes.map((code) => ({ coding: [{ system: system.consentAction, code }] }))
export const types = (...codes: readonly string[]) => codes.map((code) => ({ system: system.resourceTypes, code }))
export const unknownModifier = [{ url: 'https://example.org/unless-it-rains', valueBoolean: true }]

/** An active privacy consent of the network that permits everything, unless said otherwise. */
export function consent(provision: ConsentProvision = {}, overrides: Partial<Consent> = {}): Consent {
  return {
    resourceType: 'Consent',
    id: 'consent-1',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.actCode, code: 'INFA' }] }],
    patient: { reference: 'Patient/person-1' },
    organization: [organization('network')],
    provision: { type: 'permit', ...provision },
    ...overrides,
  }
}

/** The national practice: the whole network may treat, with these refusals. */
export function networkConsent(...refusals: readonly ConsentProvision[]): Consent {
  return consent({
    actor: [receiver(organization('network'))],
    purpose: purposes('TREAT'),
    ...(refusals.length === 0 ? {} : { provision: [...refusals] }),
  })
}

export function input(overrides: Partial<CompileInput> = {}): CompileInput {
  return { version: '1', person: 'person-1', directory, timeZone: 'Asia/Seoul', signedByGuardian: false, ...overrides }
}

export function rowsOf(...consents: readonly Consent[]): readonly ProvisionRow[] {
  return consents.flatMap(
    (one, index) => compile({ ...one, id: one.id === 'consent-1' ? `consent-${index + 1}` : (one.id ?? '') }, input()).rows,
  )
}

/** A clinician of an institution and a department who asks to read for treatment. */
export function request(
  institution: InstitutionId,
  overrides: Partial<AccessRequest> & { readonly department?: string } = {},
): AccessRequest {
  const { department: code = '01', ...rest } = overrides
  const inside = [`practitioner:${institution}-doctor`, `dept:${code}`]
  return {
    action: 'access',
    purposes: ['TREAT'],
    institution,
    receiver: [...inside, 'role:doctor', `org:${institution}`, 'org:network'],
    insideReceiver: inside,
    basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
    ...rest,
  }
}

/** The same clinician after declaring break-glass for one person. */
export function breakGlass(institution: InstitutionId, person: string): AccessRequest {
  const basis = {
    inHouse: true,
    patientRequest: { kind: 'none' },
    emergency: { kind: 'person', person },
    statute: { kind: 'none' },
  } as const
  return request(institution, { purposes: ['TREAT', 'BTG'], basis })
}

export function patientRequest(person: string): AccessRequest {
  const basis = {
    inHouse: false,
    patientRequest: { kind: 'person', person },
    emergency: { kind: 'none' },
    statute: { kind: 'none' },
  } as const
  return { action: 'access', purposes: ['PATRQT'], institution: 'network', receiver: [`person:${person}`], insideReceiver: [], basis }
}

/** A record of the first person at an institution, by default an observation of internal medicine. */
export function record(custodian: InstitutionId, overrides: Partial<Facts> & { readonly department?: string } = {}): Facts {
  const { department: code = '01', ...rest } = overrides
  const sources = [`org:${custodian}`, 'org:network', `dept:${code}`]
  const of = { id: `${custodian}-record`, type: 'Observation', person: 'person-1', custodian } as const
  return { ...of, sources, classes: ['Observation'], ...plainContent, ...rest }
}
