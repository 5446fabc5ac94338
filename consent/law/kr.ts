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

export interface CeilingRow {
  readonly fromMs: number
  readonly basis: string
  /** records of these sensitivities are left out of what one institution gives to another, whatever a consent says */
  readonly sensitivities: readonly string[]
}

export interface StatuteRow {
  readonly fromMs: number
  /** as an officer names it */
  readonly article: string
  readonly basis: string
}

/** Read with the exception of the same article (same disease, at the other institution's request) not granted: nobody can attest it here yet. */
export const ceilingRows: readonly CeilingRow[] = [
  { fromMs: Date.parse('2005-01-01T00:00:00+09:00'), basis: '생명윤리 및 안전에 관한 법률 제46조제3항', sensitivities: ['GDIS'] },
]

export const statuteRows: readonly StatuteRow[] = [
  {
    fromMs: Date.parse('2010-01-31T00:00:00+09:00'),
    article: 'medical-service-act-21-3-4',
    basis: '의료법 제21조제3항제4호: 국민건강보험',
  },
  { fromMs: Date.parse('2010-01-31T00:00:00+09:00'), article: 'medical-service-act-21-3-6', basis: '의료법 제21조제3항제6호: 형사소송법' },
  { fromMs: Date.parse('2010-01-31T00:00:00+09:00'), article: 'medical-service-act-21-3-7', basis: '의료법 제21조제3항제7호: 민사소송법' },
]

/** The row in force at an instant. */
export function rowAt<T extends { readonly fromMs: number }>(rows: readonly T[], atMs: number): T | undefined {
  return rows
    .filter((row) => row.fromMs <= atMs)
    .reduce<T | undefined>((last, row) => (last && last.fromMs > row.fromMs ? last : row), undefined)
}
