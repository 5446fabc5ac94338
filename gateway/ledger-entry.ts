/** An act → its ledger row: the canonical bytes (RFC 8785) that are hashed and, a second later, sealed. */
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Call, Context } from './context.ts'
import { auditEvent, type AuditAct, type AuditWho } from './logic/audit.ts'
import type { Caller } from './security/caller.ts'
import type { LedgerEntry } from './store/ledger.ts'

export type Act = Pick<AuditAct, 'action' | 'interaction' | 'outcome' | 'persons' | 'entities' | 'consents' | 'note'>

export function ledgerEntry(context: Context, who: AuditWho, request: { requestId: string; query: string }, act: Act): LedgerEntry {
  const now = context.now()
  const id = context.newId()
  const event = auditEvent({ ...act, ...request, id, at: now.toISOString(), who, source: context.config.publicUrl })
  const body = canonicalize(event)
  if (body === undefined) throw new TypeError('an audit event must be serialisable')
  return {
    id,
    atMs: now.getTime(),
    persons: act.persons,
    institution: who.institution,
    kind: act.interaction,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
  }
}

export function whoOf(caller: Caller, address: string): AuditWho {
  return {
    subject: caller.subject,
    name: caller.name,
    role: caller.role,
    institution: caller.institution,
    purposes: caller.purposes,
    address,
    tokenId: caller.jti,
    clientId: caller.clientId,
  }
}

/** An institution's own EMR, heard through its adapter. */
export function whoIsAdapter(institution: string, kind: string): AuditWho {
  return {
    subject: `${institution}-adapter`,
    name: kind,
    role: 'system',
    institution,
    purposes: ['TREAT'],
    address: '',
    tokenId: '',
    clientId: '',
  }
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

/** Path and parameter names; every value is masked (what was asked can itself be a patient's identifier). */
export function maskedQuery(call: Call): string {
  const names = call.query.map(([name]) => `${name}=***`).join('&')
  return names === '' ? `${call.method} /${call.path}` : `${call.method} /${call.path}?${names}`
}
