/**
 * Korean law as dated rows, for counsel to confirm. A row holds from its first day in Korea until the next row.
 * Before the first row nothing is allowed by it.
 */

export interface BreakGlassRow {
  readonly fromMs: number
  readonly basis: string
  /** the grounds allow a release without consent */
  readonly withoutConsent: boolean
  /** a refusal that names break-glass or emergency treatment is honoured even so */
  readonly honoursNamedDeny: boolean
}

export interface OwnConsentAgeRow {
  readonly fromMs: number
  readonly basis: string
  /** below this age the legal guardian signs; from that birthday on what the guardian permitted no longer counts */
  readonly years: number
}

export const breakGlassRows: readonly BreakGlassRow[] = [
  {
    fromMs: Date.parse('2017-06-21T00:00:00+09:00'),
    basis: '의료법 제21조의2제1항 단서: unconscious, emergency, no guardian',
    withoutConsent: true,
    honoursNamedDeny: true,
  },
]

export const ownConsentAgeRows: readonly OwnConsentAgeRow[] = [
  { fromMs: Date.parse('2023-09-15T00:00:00+09:00'), basis: '개인정보 보호법 제22조의2제1항', years: 14 },
]

/** The row in force at an instant. */
export function rowAt<T extends { readonly fromMs: number }>(rows: readonly T[], atMs: number): T | undefined {
  return rows
    .filter((row) => row.fromMs <= atMs)
    .reduce<T | undefined>((last, row) => (last && last.fromMs > row.fromMs ? last : row), undefined)
}
