/** An act → its ledger row: the canonical bytes (RFC 8785) that are hashed and, a second later, sealed. */
import type { AuditEvent } from '../fhir-profiles/r4.ts'
import type { Call, Context } from './context.ts'
import { auditEvent, type AuditAct, type AuditWho } from './logic/audit.ts'
import { canonicalText } from './logic/canonical.ts'
import type { Caller } from './security/caller.ts'
import type { LedgerEntry } from './store/ledger.ts'

export type Act = Pick<AuditAct, 'action' | 'interaction' | 'outcome' | 'persons' | 'entities' | 'consents' | 'note' | 'recipient'>

export function ledgerEntry(context: Context, who: AuditWho, request: { requestId: string; query: string }, act: Act): LedgerEntry {
  const now = context.now()
  const id = timed(context.newId(), now)
  const { action, agent, ...rest } = auditEvent({ ...act, ...request, id, at: now.toISOString(), who, source: context.config.publicUrl })
  // members in the order of their names: what is left begins after these two
  return {
    id,
    atMs: now.getTime(),
    persons: act.persons,
    institution: who.institution,
    kind: act.interaction,
    head: headOf(action, agent),
    rest: `,${canonicalText(rest).slice(1)}`,
  }
}

/** A UUID that begins with its time (version 7), so that entries lie in their index as they came: https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
function timed(id: string, at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${id.slice(15)}`
}

const heads = new WeakMap<object, Map<string, string>>()

/** Who did what kind of thing is the same in many entries: one text, which travels once for all that go together. */
function headOf(action: AuditEvent['action'], agent: AuditEvent['agent'] & object): string {
  const before = heads.get(agent)
  const known = before?.get(action ?? '')
  if (known !== undefined) return known
  const head = canonicalText({ action, agent }).slice(0, -1)
  heads.set(agent, (before ?? new Map<string, string>()).set(action ?? '', head))
  return head
}

const known = new WeakMap<Caller, AuditWho>()

/** The same object for the same caller from the same place, so that what an entry says of them is written once. */
export function whoOf(caller: Caller, address: string): AuditWho {
  const before = known.get(caller)
  if (before?.address === address) return before
  const who = {
    subject: caller.subject,
    name: caller.name,
    role: caller.role,
    institution: caller.institution,
    purposes: caller.purposes,
    address,
    tokenId: caller.jti,
    clientId: caller.clientId,
  }
  known.set(caller, who)
  return who
}

/** An institution's own EMR, heard through its adapter. */
export function whoIsAdapter(context: Context, institution: string): AuditWho {
  const kind = context.adapters.get(institution)?.description.kind ?? 'adapter'
  return {
    subject: `${institution}-adapter`,
    name: kind,
    role: 'system',
    institution,
    purposes: ['TREAT'],
    address: emrAddress(context, institution),
    tokenId: '',
    clientId: '',
  }
}

/** Where an institution's EMR is, by the adapter's configuration: the host that is called, never a path or a password. */
export function emrAddress(context: Context, institution: string): string {
  const adapter = context.directory.institution(institution)?.adapter
  const hosts: string[] = []
  JSON.stringify(adapter ?? {}, (key, value: unknown) => {
    if (key === 'listen') return undefined // that is us
    if (key === 'host' && typeof value === 'string') hosts.push(value)
    if (typeof value === 'string' && value.includes('://') && URL.canParse(value)) hosts.push(new URL(value).hostname)
    return value
  })
  return hosts.find((host) => host !== '') ?? `${adapter?.kind ?? 'adapter'}:${institution}`
}

/** The gateway acting by itself: deliveries, due times. */
export const whoIsNetwork: AuditWho = {
  subject: 'network',
  name: 'care-network gateway',
  role: 'system',
  institution: 'network',
  purposes: ['TREAT'],
  address: '',
  tokenId: '',
  clientId: '',
}

/**
 * Path and parameter names. Every value is masked, and every id in the path that is not one of ours: what was asked can itself be a
 * patient's number.
 */
export function maskedQuery(call: Call): string {
  const names = call.query.map(([name]) => `${/^[_a-z][A-Za-z:-]{0,60}$/.test(name) ? name : '***'}=***`).join('&')
  const segments = call.path.split('/')
  const path = segments.map((segment, at) => (isOwnWord(segment, segments[at - 1]) ? segment : '***')).join('/')
  return names === '' ? `${call.method} /${path}` : `${call.method} /${path}?${names}`
}

/** A type, an operation, a version, an id that the network made. */
function isOwnWord(segment: string, before: string | undefined): boolean {
  if (before === undefined) return /^[A-Za-z$-]*$/.test(segment)
  if (before === '_history') return /^\d{1,9}$/.test(segment)
  return /^([$_][A-Za-z-]{1,40}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(segment)
}
