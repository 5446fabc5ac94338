/** Whether an AuditEvent is what the table of `balp.ts` says of a profile: one line per fault, none when it conforms. */
import { type BalpProfile, type Code, isCode, type Slice } from './balp.ts'
import type { AuditEvent } from './r4.ts'

type Agent = AuditEvent['agent'][number]
type Entity = NonNullable<AuditEvent['entity']>[number]

/** What keeps the event from conforming, in the words of paths and counts. */
export function balpFaults(event: AuditEvent, profile: BalpProfile): readonly string[] {
  const faults: string[] = []
  if (!isCode(event.type, profile.type)) faults.push(`type is not ${profile.type.code}`)
  if (!profile.subtypes.some((wanted) => event.subtype?.some((given) => isCode(given, wanted)) === true)) {
    faults.push(`subtype is none of ${profile.subtypes.map(({ code }) => code).join(', ')}`)
  }
  if (event.action !== profile.action) faults.push(`action is not ${profile.action}`)
  if (event.outcome === undefined || (profile.outcome !== undefined && event.outcome !== profile.outcome)) {
    faults.push(`outcome is not ${profile.outcome ?? 'there'}`)
  }
  const entities = event.entity ?? []
  return [
    ...faults,
    ...profile.agents.flatMap((slice) => sliceFaults('agent', event.agent, slice, agentIs)),
    ...profile.entities.flatMap((slice) => sliceFaults('entity', entities, slice, entityIs)),
  ]
}

const agentIs = (agent: Agent, code: Code): boolean => agent.type?.coding?.some((given) => isCode(given, code)) === true
const entityIs = (entity: Entity, code: Code): boolean => isCode(entity.type, code)

function sliceFaults<T extends Agent | Entity>(
  where: string,
  all: readonly T[],
  slice: Slice,
  is: (each: T, code: Code) => boolean,
): readonly string[] {
  const members = all.filter((each) => slice.types.some((code) => is(each, code)))
  const name = `${where}[${slice.name}]`
  const count = members.length < slice.min || members.length > slice.max ? [`${name} occurs ${members.length} times`] : []
  return [...count, ...members.flatMap((member) => memberFaults(name, member, slice))]
}

function memberFaults(name: string, member: Agent | Entity, slice: Slice): readonly string[] {
  const { roles } = slice
  const isRoleRight = roles === undefined || ('role' in member && !Array.isArray(member.role) && isOneOf(member.role, roles))
  const isRequestorRight = slice.requestor === undefined || ('requestor' in member && member.requestor === slice.requestor)
  return [
    ...slice.requires.filter((path) => !has(member, path)).map((path) => `${name}.${path} is missing`),
    ...slice.never.filter((path) => has(member, path)).map((path) => `${name}.${path} must not be there`),
    ...(isRoleRight ? [] : [`${name}.role is none of ${roles?.map(({ code }) => code).join(', ') ?? ''}`]),
    ...(isRequestorRight ? [] : [`${name}.requestor is not ${String(slice.requestor)}`]),
  ]
}

function isOneOf(given: Entity['role'], codes: readonly Code[]): boolean {
  return codes.some((code) => isCode(given, code))
}

function has(value: unknown, path: string): boolean {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return false
    at = Object.entries(at).find(([key]) => key === name)?.[1]
  }
  return at !== undefined
}
