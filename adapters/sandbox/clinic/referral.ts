/** A referral as the desk knows it → a row of the outbox. */
import { day, stamp } from './chart.ts'
import type { ChartRow } from './chart.ts'

export interface Referral {
  readonly patientNumber: string
  /** local department code */
  readonly department: string
  readonly toInstitutionNumber?: string
  readonly reason: string
  readonly hiraReason?: string
  /** one KCD code, or several separated by commas */
  readonly kcd?: string
  readonly note?: string
  readonly urgent?: boolean
  /** relation: 0 본인, 1 가족, 2 법정대리인, 3 기타; until: `YYYY-MM-DD` */
  readonly consent?: { readonly signedBy: string; readonly relation: string; readonly until: string }
}

/** `serial` counts the clinic's referrals; the number is `R<day>-<serial>`. */
export function referralRow(serial: number, now: Date, referral: Referral): ChartRow {
  const number = `R${day(now)}-${String(serial).padStart(4, '0')}`
  const { consent } = referral
  return {
    REF_NO: number,
    PT_NO: referral.patientNumber,
    REQ_DEPT: referral.department,
    TO_INST_NO: referral.toInstitutionNumber ?? null,
    RSN_TXT: referral.reason,
    HIRA_RSN: referral.hiraReason ?? null,
    DX_CD: referral.kcd ?? null,
    NOTE_TXT: referral.note ?? null,
    URG_CD: referral.urgent === true ? 'E' : 'N',
    REF_DTM: stamp(now),
    CNS_NM: consent?.signedBy ?? null,
    CNS_REL: consent?.relation ?? null,
    CNS_DTM: consent === undefined ? null : stamp(now),
    CNS_UNTIL: consent?.until.replaceAll('-', '') ?? null,
    CNS_FORM: consent === undefined ? null : `동의서-${number}`,
  }
}
