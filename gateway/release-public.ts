/** What holds no patient data, by a closed list of types; problems; and the ledger, whose readers are in it themselves. */
import type { Bundle, CapabilityStatement, OperationOutcome, Organization } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import { asMatch, bundleText } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { auditEventAbout } from './logic/audit.ts'
import { ledgerColumns } from './logic/ledger-columns.ts'
import { octetsOf } from '../fhir-profiles/octets.ts'
import { notFound, type Problem } from './problem.ts'
import { record } from './release-act.ts'
import { mint, type Released } from './released.ts'

/** AuditEvents are read from the ledger; reading them is itself an entry, once per request. */
export async function releaseLedger(
  context: Context,
  call: Call,
  input: {
    bodies: readonly string[]
    total: number
    isRead: boolean
    self: string
    next: string | undefined
    /** the persons the caller may read about; undefined for who reads the ledger by office */
    about: readonly string[] | undefined
  },
): Promise<Released> {
  await record(context, call, {
    action: input.isRead ? 'R' : 'E',
    interaction: input.isRead ? 'read' : 'search-type',
    outcome: input.isRead && input.bodies.length === 0 ? 'refused' : 'success',
    persons: personsIn(input.bodies, input.about),
    entities: input.isRead ? input.bodies.map((body) => ({ type: 'AuditEvent', id: auditId(body), version: '' })) : [],
    consents: [],
    note: auditRead,
  })
  const bodies = input.about === undefined ? input.bodies : input.bodies.map((body) => bodyAbout(body, input.about ?? []))
  const only = bodies[0]
  if (input.isRead) {
    if (only === undefined) throw notFound()
    return mint(200, { etag: 'W/"1"' }, only)
  }
  const base = `${context.config.publicUrl}/fhir/R4/AuditEvent`
  const entries = bodies.map((text) => ({ fullUrl: `${base}/${auditId(text)}`, text: octetsOf(text), rest: asMatch }))
  const { total, self, next } = input
  return mint(200, {}, bundleText({ type: 'searchset', total, self, next, entries, notices: [] }))
}

const auditRead = 'audit log read'

/** Whose entries were shown, as far as they were shown. Whom an earlier look at the ledger named is not named again, or the names would only grow. */
function personsIn(bodies: readonly string[], about: readonly string[] | undefined): readonly string[] {
  const acts = bodies.filter((body) => !body.includes(`"outcomeDesc":"${auditRead}"`))
  const named = acts.flatMap((body) => ledgerColumns(body)?.persons ?? [])
  return [...new Set(about === undefined ? named : named.filter((person) => about.includes(person)))]
}

function bodyAbout(body: string, persons: readonly string[]): string {
  const value: unknown = JSON.parse(body)
  if (!isResource(value) || value.resourceType !== 'AuditEvent') throw new TypeError('the ledger holds AuditEvents')
  return JSON.stringify(auditEventAbout(value, persons))
}

/** The proof that one entry is in the log is read like the entry itself: an entry of its own says so. */
export async function releaseProof(
  context: Context,
  call: Call,
  entry: { readonly id: string; readonly bodies: readonly string[]; readonly about: readonly string[] | undefined },
  parameter: NonNullable<PlainParameters['parameter']>,
): Promise<Released> {
  await record(context, call, {
    action: 'R',
    interaction: 'inclusion-proof',
    outcome: 'success',
    persons: personsIn(entry.bodies, entry.about),
    entities: [{ type: 'AuditEvent', id: entry.id, version: '' }],
    consents: [],
    note: auditRead,
  })
  return publish({ resourceType: 'Parameters', parameter })
}

function auditId(body: string): string {
  const value: unknown = JSON.parse(body)
  return isResource(value) ? (value.id ?? '') : ''
}

/** What cannot hold patient data, by type. The list is closed: anything else must be judged. */
export type Public = CapabilityStatement | OperationOutcome | Organization | PlainParameters

/** Parameters of plain values: no resource, reference or other element of a record fits in. */
export interface PlainParameters {
  readonly resourceType: 'Parameters'
  readonly parameter?: readonly (PlainValue | { readonly name: string; readonly part: readonly PlainValue[] })[]
}

export type PlainValue =
  | { readonly name: string; readonly valueCode: string }
  | { readonly name: string; readonly valueString: string }
  | { readonly name: string; readonly valueInteger: number }
  | { readonly name: string; readonly valueBoolean: boolean }
  | { readonly name: string; readonly valueDateTime: string }

export function publish(
  resource: Public | { readonly resourceType: 'Bundle'; readonly organizations: readonly Organization[]; readonly self: string },
  status = 200,
): Released {
  if (resource.resourceType !== 'Bundle') return mint(status, {}, JSON.stringify(resource))
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'searchset',
    total: resource.organizations.length,
    link: [{ relation: 'self', url: resource.self }],
    entry: resource.organizations.map((organization) => ({ resource: organization, search: { mode: 'match' } })),
  }
  return mint(status, {}, JSON.stringify(bundle))
}

/** A response message: MessageHeader and outcome of our own making, no stored content. */
export function publishMessage(bundle: { header: Record<string, unknown>; outcome: OperationOutcome; id: string; at: string }): Released {
  return mint(
    200,
    {},
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'message',
      id: bundle.id,
      timestamp: bundle.at,
      entry: [{ resource: bundle.header }, { resource: bundle.outcome }],
    }),
  )
}

/** A Problem, told. Never a stored value. */
export function publishProblem(problem: Problem, requestId: string): Released {
  return mint(problem.status, problem.headers, JSON.stringify(problem.toOutcome(requestId)))
}

/** Which methods an address has, and nothing else. */
export function publishMethods(allow: string): Released {
  return mint(204, { allow }, '')
}
