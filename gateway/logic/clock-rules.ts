/**
 * The clocks of a referral as dated rows, and the days on which they do not run. A change in the law is a new row with its day, never an
 * edit of an old one. These are rows for counsel: days, counting and what each clock means are our reading of the texts named here.
 * - 의료법 21조의3 and 시행규칙 13조의5③: who is asked to send a record sends it within 5 days. https://www.law.go.kr/법령/의료법
 * - 의료급여법 시행규칙 3조: the letter is handed in within 7 days, holidays left out; a booking counts. https://www.law.go.kr/법령/의료급여법시행규칙
 * - 민법 157조, 161조: the day of the event is not counted; a period that ends on a Saturday or holiday ends on the next day that is neither.
 *   https://www.law.go.kr/법령/민법
 */
import type { Status } from './referral.ts'
import type { Payer } from './route-rules.ts'

/** transmission: until the papers are with the receiver. answer: until the receiver has said yes or no. */
export type Clock = 'transmission' | 'answer'

export interface ClockRow {
  readonly clock: Clock
  readonly rule: string
  /** law: a statute sets the days. house: the network promises them where no statute does */
  readonly basis: 'law' | 'house'
  /** days of the referral for which the row holds, inclusive, `YYYY-MM-DD` */
  readonly from: string
  readonly until?: string
  /** only for these; absent: for every other payer, and for none stated */
  readonly payers?: readonly Payer[]
  readonly days: number
  /** calendar: every day counts, the end moves off a Saturday or holiday. without-holidays: Sundays and holidays do not count */
  readonly counting: 'calendar' | 'without-holidays'
  readonly ko: string
  readonly en: string
}

/** The first row of a clock that holds for day and payer is the one. */
export const clockRows: readonly ClockRow[] = [
  {
    clock: 'transmission',
    rule: 'record-within-5-days',
    basis: 'law',
    from: '2000-07-01',
    days: 5,
    counting: 'calendar',
    ko: '진료기록은 요청받은 날부터 5일 안에 보내야 합니다. 아직 받는 기관에 전달되지 않았습니다',
    en: 'a record is sent within 5 days of the request; the receiver does not have it yet',
  },
  {
    clock: 'answer',
    rule: 'medical-aid-letter-within-7-days',
    basis: 'law',
    from: '2001-10-01',
    payers: ['5'],
    days: 7,
    counting: 'without-holidays',
    ko: '의료급여의뢰서는 공휴일을 빼고 7일 안에 내야 합니다(예약일 기준). 받는 기관이 아직 답하지 않았습니다',
    en: 'a medical aid letter is handed in within 7 days without holidays (a booking counts); the receiver has not answered yet',
  },
  {
    clock: 'answer',
    rule: 'answer-within-7-days',
    basis: 'house',
    from: '2000-07-01',
    days: 7,
    counting: 'without-holidays',
    ko: '의뢰에는 공휴일을 빼고 7일 안에 답하기로 되어 있습니다. 받는 기관이 아직 답하지 않았습니다',
    en: 'the network expects an answer within 7 days without holidays; the receiver has not answered yet',
  },
]

/**
 * In which states each clock runs. While consent withholds a referral nothing may be sent, so the transmission clock stops and a new
 * permission starts it anew; the letter's own date does not move.
 */
export const runsWhile: Readonly<Record<Clock, readonly Status[]>> = {
  transmission: ['requested'],
  answer: ['requested', 'received', 'on-hold'],
}

/** Public holidays with a fixed day, `MM-DD` (관공서의 공휴일에 관한 규정 2조), https://www.law.go.kr/법령/관공서의공휴일에관한규정 */
export const fixedHolidays: ReadonlySet<string> = new Set(['01-01', '03-01', '05-05', '06-06', '08-15', '10-03', '10-09', '12-25'])

/**
 * Holidays by the moon and substitute days of the years ahead (2조, 3조). Elections and days a government declares are added by the
 * operator: configuration key `holidays`.
 */
export const movingHolidays: ReadonlySet<string> = new Set(
  [
    '2026-02-16 2026-02-17 2026-02-18 2026-03-02 2026-05-24 2026-05-25 2026-08-17 2026-09-24 2026-09-25 2026-09-26 2026-10-05',
    '2027-02-06 2027-02-07 2027-02-08 2027-02-09 2027-05-13 2027-08-16 2027-09-14 2027-09-15 2027-09-16 2027-10-04 2027-10-11 2027-12-27',
  ].flatMap((days) => days.split(' ')),
)
