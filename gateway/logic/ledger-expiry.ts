/**
 * Retention of the ledger: how long the law wants it kept, and the entry that tells of a lawful removal. Access records of sensitive data are
 * kept two years or longer: 개인정보의 안전성 확보조치 기준 §8, https://www.law.go.kr/행정규칙/개인정보의안전성확보조치기준
 * Removal goes from the oldest leaf on, so one number says what is gone; the leaves' hashes stay, and the log remains provable.
 */
import { ledgerColumns } from './ledger-columns.ts'

/** two years of which one may be a leap year */
export const legalRetentionDays = 731
export const dayMs = 86_400_000

/** the `kind` of the entry */
export const expiryKind = 'ledger-expiry'

export interface Expiry {
  /** the first leaf removed by this act; all before it were removed earlier */
  readonly from: number
  /** the first leaf that stayed */
  readonly until: number
  /** every entry removed had been sealed at this instant */
  readonly cutoffMs: number
}

/** The constant sentence that the entry says it with. */
export function expiryNote({ from, until, cutoffMs }: Expiry): string {
  return `retention: entries of leaves ${from} to ${until - 1} were removed, sealed by ${new Date(cutoffMs).toISOString()}; all before them were removed earlier`
}

const said =
  /^retention: entries of leaves (\d{1,15}) to (\d{1,15}) were removed, sealed by (\d{4}-\d\d-\d\dT[\d:.]+Z); all before them were removed earlier$/

/** What an entry says of a removal, and when; undefined for any other entry. */
export function readExpiry(body: string): (Expiry & { readonly atMs: number }) | undefined {
  const columns = ledgerColumns(body)
  const event: unknown = columns === undefined ? undefined : JSON.parse(body)
  const note = typeof event === 'object' && event !== null && 'outcomeDesc' in event ? event.outcomeDesc : undefined
  const found = columns?.kind === expiryKind && typeof note === 'string' ? said.exec(note) : null
  if (columns === undefined || found === null) return undefined
  const [, from, last, cutoff = ''] = found
  return { from: Number(from), until: Number(last) + 1, cutoffMs: Date.parse(cutoff), atMs: columns.atMs }
}

export interface ExpiryClaim extends Expiry {
  readonly atMs: number
  /** where the entry itself was sealed */
  readonly leaf: number
  /** time of the signed checkpoint that ends exactly at `until`; undefined = there is none */
  readonly untilSealedMs: number | undefined
  /** time of the first signed checkpoint over the entry itself; undefined = there is none yet */
  readonly toldSealedMs: number | undefined
}

/**
 * Why a removal was not lawful; undefined when it was. The times compared are those of signed checkpoints: whoever holds the database can
 * neither make an entry older than its checkpoint nor tell of a removal before it happened.
 */
export function unlawful(claim: ExpiryClaim): string | undefined {
  if (!(claim.from < claim.until && claim.until <= claim.leaf)) return 'it names a range that it cannot know'
  if (claim.untilSealedMs === undefined) return `no checkpoint ends at size ${claim.until}`
  if (claim.untilSealedMs > claim.cutoffMs) return 'the checkpoint over the removed entries is younger than it says'
  if (claim.toldSealedMs === undefined || claim.toldSealedMs < claim.atMs) return 'it was sealed before the time it states'
  if (claim.cutoffMs > claim.atMs - legalRetentionDays * dayMs) return `the entries were not ${legalRetentionDays} days old`
  return undefined
}
