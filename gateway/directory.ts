/** The directory that decides: institutions and their departments, the operator's only. A hospital is data, never code. */
import { compact, type Organization } from '../fhir-profiles/r4.ts'
import { patientNumberSystem, system } from '../fhir-profiles/codes.ts'
import { placesOf, type Places } from '../consent/places.ts'
import type { ActorDirectory, ActorKey } from '../consent/types.ts'
import type { GroupConfig, InstitutionConfig } from './config.ts'

export const networkId = 'network'

export interface Directory extends ActorDirectory {
  readonly institutions: readonly InstitutionConfig[]
  institution(id: string): InstitutionConfig | undefined
  byNumber(number: string): InstitutionConfig | undefined
  /** `org:` keys of an institution and everything it is part of: a rule that names the network covers its members */
  keysOf(institution: string): readonly ActorKey[]
  /** `group:` keys of the groups that have one of these as a member */
  groupsOf(keys: readonly ActorKey[]): readonly ActorKey[]
  organizations(): readonly Organization[]
  /** those that are sensitive as such */
  readonly places: Places
}

/** What a consent may name as PractitionerRole: the role anywhere, or `<institution>-<role>`. */
const namedRoles: ReadonlySet<string> = new Set(['doctor', 'nurse', 'coordinator'])

export function createDirectory(institutions: readonly InstitutionConfig[], groups: readonly GroupConfig[] = []): Directory {
  const byId = new Map(institutions.map((institution) => [institution.id, institution]))
  const byNumber = new Map(institutions.map((institution) => [institution.number, institution]))
  const departments = new Set(institutions.flatMap((institution) => institution.departments.map((department) => department.code)))
  const organizations = organizationsOf(institutions)
  const organizationIds = new Map(organizations.map((organization) => [organization.id ?? '', organization]))
  const groupIds = new Set(groups.map(({ id }) => id))
  const membersOf = groups.map(({ id, members }) => ({
    key: `group:${id}`,
    members: new Set(members.map((member) => memberKey(member, byId))),
  }))
  return {
    institutions,
    groupsOf: (keys) => membersOf.flatMap(({ key, members }) => (keys.some((own) => members.has(own)) ? [key] : [])),
    institution: (id) => byId.get(id),
    byNumber: (number) => byNumber.get(number),
    keysOf: (institution) =>
      byId.has(institution) ? [`org:${institution}`, `org:${networkId}`] : institution === networkId ? [`org:${networkId}`] : [],
    organizations: () => organizations,
    places: placesOf(institutions),
    resolve(reference) {
      if (reference.reference !== undefined) {
        const [type, id, ...rest] = reference.reference.split('/')
        if (rest.length > 0 || id === undefined || !/^[A-Za-z0-9\-.]{1,64}$/.test(id)) return undefined
        if (type === 'Practitioner') return `practitioner:${id}`
        if (type === 'Group') return groupIds.has(id) ? `group:${id}` : undefined
        if (type === 'PractitionerRole') return roleOf(id, byId)
        if (type !== 'Organization') return undefined
        const department = departmentOf(id, byId)
        if (department !== undefined) return department
        return organizationIds.has(id) ? `org:${id}` : undefined
      }
      if (reference.system === system.institutionNumber && reference.value !== undefined) {
        const institution = byNumber.get(reference.value)
        return institution && `org:${institution.id}`
      }
      if (reference.system === system.department && reference.value !== undefined) {
        const code = /^\d{4}$/.test(reference.value) ? reference.value.slice(0, 2) : reference.value
        return departments.has(code) || /^\d{2}$/.test(code) ? `dept:${code}` : undefined
      }
      return undefined
    },
  }
}

function memberKey(member: string, byId: ReadonlyMap<string, InstitutionConfig>): ActorKey {
  const [type, id = ''] = member.split('/')
  return type === 'Practitioner' ? `practitioner:${id}` : (departmentOf(id, byId) ?? `org:${id}`)
}

/** `doctor` is every doctor, `<institution>-doctor` those of one institution. */
function roleOf(id: string, byId: ReadonlyMap<string, InstitutionConfig>): ActorKey | undefined {
  if (namedRoles.has(id)) return `role:${id}`
  const cut = id.lastIndexOf('-')
  const [institution, role] = [id.slice(0, cut), id.slice(cut + 1)]
  return cut > 0 && byId.has(institution) && namedRoles.has(role) ? `role:${institution}:${role}` : undefined
}

/** `<institution>-<code>` is a department of one institution; a rule naming it means that department there. */
function departmentOf(id: string, byId: ReadonlyMap<string, InstitutionConfig>): ActorKey | undefined {
  const cut = id.lastIndexOf('-')
  if (cut < 0) return undefined
  const institution = byId.get(id.slice(0, cut))
  const code = id.slice(cut + 1)
  return institution?.departments.some((department) => department.code === code) ? `dept:${id.slice(0, cut)}:${code}` : undefined
}

function organizationsOf(institutions: readonly InstitutionConfig[]): readonly Organization[] {
  const network: Organization = { resourceType: 'Organization', id: networkId, active: true, name: 'care-network' }
  return [
    network,
    ...institutions.flatMap((institution): Organization[] => [
      compact<Organization>({
        resourceType: 'Organization',
        id: institution.id,
        active: true,
        identifier: [
          { system: system.institutionNumber, value: institution.number },
          { system: 'urn:ietf:rfc:3986', value: patientNumberSystem(institution.number) },
        ],
        type: [{ coding: [{ system: system.institutionType, code: institution.type }] }],
        name: institution.name,
        telecom: institution.phone === '' ? undefined : [{ system: 'phone', value: institution.phone }],
        partOf: { reference: `Organization/${networkId}` },
      }),
      ...institution.departments.map((department): Organization => ({
        resourceType: 'Organization',
        id: `${institution.id}-${department.code}`,
        active: true,
        type: [{ coding: [{ system: system.department, code: department.code, display: department.name }] }],
        name: department.name,
        partOf: { reference: `Organization/${institution.id}` },
      })),
    ]),
  ]
}
