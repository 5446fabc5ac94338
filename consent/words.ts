/** The words of a consent as people say them, in Korean and in English. A code that is not here is told as the code it is. */
import { system } from '../fhir-profiles/codes.ts'

/** One thing said twice. */
export interface Bilingual {
  readonly ko: string
  readonly en: string
}

type Words = Readonly<Record<string, readonly [ko: string, en: string]>>

const purposes: Words = {
  TREAT: ['진료', 'treatment'],
  COC: ['진료 연계', 'coordination of care'],
  CLINTRL: ['임상시험 진료', 'care within a clinical trial'],
  ETREAT: ['응급 진료', 'emergency treatment'],
  BTG: ['응급 열람', 'break-glass access'],
  HPAYMT: ['진료비 청구', 'payment'],
  HOPERAT: ['의료기관 운영', 'healthcare operations'],
  HRESCH: ['연구', 'research'],
  CLINTRCH: ['임상연구', 'clinical research'],
  PATRQT: ['본인 요청', 'the patient’s own request'],
  FAMRQT: ['가족 요청', 'a request of the family'],
  PUBHLTH: ['공중보건', 'public health'],
  HMARKT: ['홍보', 'marketing'],
  PurposeOfUse: ['모든', 'any purpose'],
}

const actions: Words = {
  access: ['열람', 'viewed'],
  disclose: ['제공', 'disclosed'],
  collect: ['수집', 'collected'],
  use: ['이용', 'used'],
  correct: ['정정', 'corrected'],
}

const types: Words = {
  AllergyIntolerance: ['알레르기', 'allergy'],
  Binary: ['첨부파일', 'attachment'],
  Condition: ['진단', 'diagnosis'],
  DiagnosticReport: ['검사보고서', 'diagnostic report'],
  DocumentReference: ['문서', 'document'],
  Encounter: ['내원', 'encounter'],
  Immunization: ['예방접종', 'immunization'],
  MedicationRequest: ['처방', 'prescription'],
  MedicationStatement: ['투약', 'medication'],
  Observation: ['검사·측정', 'observation'],
  Patient: ['인적사항', 'demographic'],
  Procedure: ['시술·수술', 'procedure'],
  ServiceRequest: ['의뢰', 'service request'],
}

const sensitivities: Words = {
  PSY: ['정신건강', 'psychiatric'],
  MH: ['정신보건', 'mental health'],
  BH: ['행동건강', 'behavioural health'],
  SUD: ['물질사용장애', 'substance use'],
  ETH: ['물질남용', 'substance abuse'],
  ETHUD: ['알코올사용장애', 'alcohol use'],
  OPIOIDUD: ['마약류사용장애', 'opioid use'],
  HIV: ['HIV 감염', 'HIV'],
  STD: ['성매개감염', 'sexually transmitted disease'],
  SEX: ['성·생식', 'sexual and reproductive health'],
  SDV: ['가정폭력', 'domestic violence'],
  GDIS: ['유전정보', 'genetic'],
}

const roles: Words = {
  doctor: ['의사', 'doctors'],
  nurse: ['간호사', 'nurses'],
  coordinator: ['의뢰 담당자', 'referral coordinators'],
  system: ['기관 시스템', 'the institution’s system'],
  patient: ['환자 본인', 'the patient'],
  proxy: ['대리인', 'the proxy'],
  'privacy-officer': ['개인정보 보호책임자', 'the privacy officer'],
  auditor: ['감사자', 'auditors'],
  integrator: ['연동 담당자', 'integrators'],
}

const confidentialities: Words = {
  U: ['제한 없음', 'unrestricted'],
  L: ['낮음', 'low'],
  M: ['중간', 'moderate'],
  N: ['보통', 'normal'],
  R: ['제한', 'restricted'],
  V: ['엄격 제한', 'very restricted'],
}

/** National department codes. */
const departments: Words = {
  '01': ['내과', 'internal medicine'],
  '02': ['신경과', 'neurology'],
  '03': ['정신건강의학과', 'psychiatry'],
  '04': ['외과', 'general surgery'],
  '05': ['정형외과', 'orthopaedics'],
  '06': ['신경외과', 'neurosurgery'],
  '10': ['산부인과', 'obstetrics and gynaecology'],
  '11': ['소아청소년과', 'paediatrics'],
  '12': ['안과', 'ophthalmology'],
  '13': ['이비인후과', 'otolaryngology'],
  '14': ['피부과', 'dermatology'],
  '15': ['비뇨의학과', 'urology'],
  '16': ['영상의학과', 'radiology'],
  '21': ['재활의학과', 'rehabilitation medicine'],
  '23': ['가정의학과', 'family medicine'],
  '24': ['응급의학과', 'emergency medicine'],
}

const systems: Words = {
  [system.kcd8]: ['KCD', 'KCD'],
  [system.loinc]: ['LOINC', 'LOINC'],
  [system.atc]: ['ATC', 'ATC'],
  [system.snomed]: ['SNOMED CT', 'SNOMED CT'],
  [system.ediMedication]: ['EDI 약제', 'EDI medication'],
  [system.ediProcedure]: ['EDI 행위', 'EDI procedure'],
  [system.kdCode]: ['의약품표준코드', 'KD code'],
}

/** Elements of a provision, for telling which of them cannot be read. */
const elements: Words = {
  actor: ['당사자', 'actor'],
  purpose: ['목적', 'purpose'],
  action: ['행위', 'action'],
  securityLabel: ['민감도', 'security label'],
  class: ['기록 종류', 'class'],
  code: ['코드', 'code'],
  dataPeriod: ['기록 기간', 'data period'],
  data: ['지목한 기록', 'data'],
  period: ['유효 기간', 'period'],
  type: ['허용·거부 구분', 'type'],
  verification: ['확인', 'verification'],
  performer: ['서명자', 'performer'],
  modifierExtension: ['알 수 없는 수정 확장', 'unknown modifier extension'],
}

const tables = { purposes, actions, types, sensitivities, roles, confidentialities, departments, systems, elements } as const

/** A code in both languages; the code itself where it has no words. */
export function wordFor(table: keyof typeof tables, code: string): Bilingual {
  const words = tables[table]
  const found = Object.hasOwn(words, code) ? words[code] : undefined
  return found === undefined ? { ko: code, en: code } : { ko: found[0], en: found[1] }
}

/** `system|code` with the system by its short name. */
export function codeWords(key: string): Bilingual {
  const bar = key.lastIndexOf('|')
  if (bar < 0) return { ko: key, en: key }
  const { ko, en } = wordFor('systems', key.slice(0, bar))
  const code = key.slice(bar + 1)
  return { ko: `${ko} ${code}`.trim(), en: `${en} ${code}`.trim() }
}

export function both(make: (language: keyof Bilingual) => string): Bilingual {
  return { ko: make('ko'), en: make('en') }
}

/** `갑, 을 및 병`; `A, B and C`. */
export function listed(words: readonly Bilingual[], last: 'and' | 'or' = 'and'): Bilingual {
  const join = { and: { ko: ' 및 ', en: ' and ' }, or: { ko: ' 또는 ', en: ' or ' } }[last]
  return both((language) => {
    const all = words.map((word) => word[language])
    const end = all.at(-1) ?? ''
    return all.length < 2 ? end : `${all.slice(0, -1).join(', ')}${join[language]}${end}`
  })
}

/** `2026-03-01` as 2026년 3월 1일. */
export function koreanDate(date: string): string {
  const [year = '', month = '', day = ''] = date.split('-')
  return `${Number(year)}년 ${Number(month)}월 ${Number(day)}일`
}

const finalDigits = '013678'
const finalLetters = 'LMNR'

/** The word with the particle its last sound asks for: `particle('병원', '은', '는')` is 병원은. */
export function particle(word: string, afterConsonant: string, afterVowel: string): string {
  const last = word.match(/[가-힣A-Za-z0-9]/g)?.at(-1) ?? ''
  const isHangul = last >= '가' && last <= '힣'
  const endsInConsonant = isHangul
    ? ((last.codePointAt(0) ?? 0) - 0xac00) % 28 > 0
    : finalDigits.includes(last) || finalLetters.includes(last.toUpperCase())
  return `${word}${endsInConsonant ? afterConsonant : afterVowel}`
}
