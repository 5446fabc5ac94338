/** Signing in and out, as entries of the ledger: the law's access log begins and ends with them. */
import type { Context } from './context.ts'
import { ledgerEntry } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import type { Holder, IssuedGrant } from './store/grants.ts'

export function whoHolds(holder: Holder, address: string): AuditWho {
  const { subject, role, institution, purposes, jti, client } = holder
  return { subject, name: subject, role, institution, purposes, address, tokenId: jti, clientId: client }
}

/** Somebody signed in on the page and an app got the token. Tokens of systems and of the sandbox command are named by what they do. */
export function signedIn(context: Context): (grant: IssuedGrant, address: string) => Promise<void> {
  return async (grant, address) => {
    if (grant.signIn !== undefined) await enter(context, grant, { interaction: 'login', address })
  }
}

export function signedOut(context: Context): (holder: Holder, address: string) => Promise<void> {
  return async (holder, address) => enter(context, holder, { interaction: 'logout', address })
}

async function enter(context: Context, holder: Holder, at: { interaction: 'login' | 'logout'; address: string }): Promise<void> {
  await context.store.ledger.append([
    ledgerEntry(
      context,
      whoHolds(holder, at.address),
      { requestId: '', query: '' },
      { action: 'E', interaction: at.interaction, outcome: 'success', persons: [], entities: [], consents: [], note: '' },
    ),
  ])
}
