/** How often somebody may try to sign in: per account and per address, counted in our database so that every gateway process counts together. */
import { createHash } from 'node:crypto'
import { signInAttempts } from '../store/sign-in.ts'
import type { Sql } from '../store/pool.ts'

export const windowMs = 15 * 60 * 1000
/** wrong passwords for one account name in a window; the name need not exist */
export const maxPerAccount = 10
/** from one address; a hospital's people may share one */
export const maxPerAddress = 100

export interface Attempt {
  readonly account: string
  readonly address: string
}

export type Admission = { readonly ok: true } | { readonly ok: false; readonly retryAfterS: number }

/** `now` in milliseconds of real time. */
export function attemptLimits(sql: Sql, now: () => number) {
  const attempts = signInAttempts(sql)
  const bucketsOf = ({ account, address }: Attempt) => ({
    account: bucket('account', account),
    address: bucket('address', network(address)),
  })
  return {
    /** Counts the attempt; refused ones are not judged at all. */
    async admit(attempt: Attempt): Promise<Admission> {
      const window = { nowMs: now(), untilMs: now() + windowMs }
      const buckets = bucketsOf(attempt)
      const byAddress = await attempts.count(buckets.address, window)
      const byAccount = await attempts.count(buckets.account, window)
      const full = [
        ...(byAddress.count > maxPerAddress ? [byAddress.untilMs] : []),
        ...(byAccount.count > maxPerAccount ? [byAccount.untilMs] : []),
      ]
      return full.length === 0
        ? { ok: true }
        : { ok: false, retryAfterS: Math.max(1, Math.ceil((Math.max(...full) - window.nowMs) / 1000)) }
    },
    /** The password was right: the account starts anew, the address is not charged. */
    async succeeded(attempt: Attempt): Promise<void> {
      const buckets = bucketsOf(attempt)
      await attempts.forgive(buckets.account, 'all')
      await attempts.forgive(buckets.address, 'one')
    },
  }
}

/** Twenty bits: at most a million rows of either kind, whatever strangers send; neither names nor addresses rest in the table. */
function bucket(kind: 'account' | 'address', text: string): string {
  return `${kind}:${createHash('sha256').update(text).digest('hex').slice(0, 5)}`
}

/** One subscriber of IPv6 has 2^64 addresses at least. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? (plain.split('::')[0] ?? '').split(':').slice(0, 4).join(':') : plain
}
