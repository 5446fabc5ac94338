/**
 * 429 for who asks too often, or about too many persons. Decided by the caller's own words and history alone, before anything is looked up:
 * it says nothing of who exists. Spec: https://www.rfc-editor.org/rfc/rfc6585#section-4, Retry-After in seconds: RFC 9110 §10.2.3
 */
import type { Call, Context } from './context.ts'
import { ledgerEntry, type Act } from './ledger-entry.ts'
import type { AuditWho } from './logic/audit.ts'
import { lookupsOf } from './logic/lookups.ts'
import { Problem } from './problem.ts'
import { record } from './release-act.ts'
import type { Caller } from './security/caller.ts'

/** Rates follow real time, not the application clock. */
const nowMs = (): number => Date.now()

export function requireRequestRate(context: Context, caller: Caller): void {
  const waitS = context.limiter.request(caller, nowMs())
  if (waitS !== undefined) throw busy('request-rate', 'too many requests', waitS)
}

/** Whoever goes through invented ids and numbers stops here, and an auditor sees it. */
export async function requireLookupRate(call: Call, context: Context): Promise<void> {
  // nobody walks through a hospital's bulk feed to count what is not limited
  if (context.config.rateLimits.personsPerHour[call.caller.role] === 0) return
  const asked = lookupsOf({ ...call, body: call.body.kind === 'json' ? call.body.value : undefined })
  const waitS = context.limiter.persons(call.caller, asked, nowMs())
  if (waitS === undefined) return
  await record(context, call, refusal('lookup-rate', 'too many different persons asked about within an hour'))
  throw busy('lookup-rate', 'too many different persons were asked about within an hour', waitS)
}

/** Asked before an emergency is declared; undefined, or the seconds to wait. */
export function emergencyAdmission(context: Context) {
  return async (doctor: Pick<Caller, 'subject' | 'name' | 'role' | 'institution'>, patient: string): Promise<number | undefined> => {
    const waitS = context.limiter.emergency(doctor, patient, nowMs())
    if (waitS === undefined) return undefined
    const who: AuditWho = { ...doctor, purposes: ['BTG'], address: '', tokenId: '', clientId: '' }
    const act = refusal('emergency-rate', 'too many emergencies declared within an hour')
    await context.store.ledger.append([ledgerEntry(context, who, { requestId: '', query: '' }, act)])
    return waitS
  }
}

/** Nobody is named: whom the caller asked about may not exist. */
function refusal(interaction: string, note: string): Act {
  return { action: 'E', interaction, outcome: 'refused', persons: [], entities: [], consents: [], note }
}

function busy(id: string, what: string, waitS: number): Problem {
  return new Problem('busy', `${what}; try again in ${waitS} s`, { id, headers: { 'retry-after': String(waitS) } })
}
