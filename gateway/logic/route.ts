/**
 * Where does a referral go, and why? Tiers are rules of payment with dates, so they are rows here, as are the exemptions.
 * An explicit target wins; a step against the payer's rule is a warning on it, for the patient may have to pay. Nobody named: the nearest
 * tier that has the specialty and is lawful, ties by id.
 */
import { destinationTypes, exemptions, tierRules } from './route-rules.ts'
import type { Exemption, Ground, Payer, TierRule } from './route-rules.ts'

export type { Payer } from './route-rules.ts'

export interface Institution {
  /** directory id */
  readonly id: string
  /** 요양종별 code; a string: `1` is not `01` */
  readonly type: string
  /** 진료과목 codes; strings: `1` is not `01` */
  readonly departments: readonly string[]
}

export interface RouteRequest {
  readonly requester: Institution
  readonly wanted: { readonly institution?: string | undefined; readonly specialties: readonly string[] }
  readonly payer: Payer | undefined
  /** ISO 8601 date or instant; its written day decides which rules are in force */
  readonly at: string
  /** exemptions the referral claims or shows */
  readonly grounds: readonly Ground[]
}

export interface Because {
  readonly rule: string
  /** the step is against a rule of payment: the sender is warned, care is not refused */
  readonly isWarning?: true
  readonly ko: string
  readonly en: string
}

export type Route =
  | { readonly kind: 'to'; readonly institution: string; readonly because: readonly Because[] }
  | { readonly kind: 'refused'; readonly because: readonly Because[] }
  | { readonly kind: 'undecided'; readonly because: readonly Because[] }

/** Total and deterministic: the order of `institutions` does not matter. */
export function route(request: RouteRequest, institutions: readonly Institution[]): Route {
  const named = request.wanted.institution
  return named === undefined ? routeBySpecialty(request, institutions) : routeToNamed(request, named, institutions)
}

function routeToNamed(request: RouteRequest, named: string, institutions: readonly Institution[]): Route {
  const target = institutions.find((institution) => institution.id === named)
  if (named === request.requester.id) return { kind: 'refused', because: [reasons.ownInstitution] }
  if (target === undefined) return { kind: 'refused', because: [reasons.notAMember] }
  if (!destinationTypes.has(target.type)) return { kind: 'refused', because: [reasons.notADestination] }
  const verdict = lawful(request, target)
  if (verdict.kind === 'undecided') return { kind: 'undecided', because: verdict.because }
  const missing = !hasAll(target, request.wanted.specialties)
  const because = [reasons.named, ...(missing ? [reasons.specialtyNotListed] : []), ...verdict.because]
  return { kind: 'to', institution: target.id, because }
}

function routeBySpecialty(request: RouteRequest, institutions: readonly Institution[]): Route {
  const { requester, wanted } = request
  if (wanted.specialties.length === 0) return { kind: 'undecided', because: [reasons.nothingWanted] }
  const able = institutions
    .filter(({ id, type }) => id !== requester.id && destinationTypes.has(type))
    .filter((institution) => hasAll(institution, wanted.specialties))
    .map((institution) => ({ institution, verdict: lawful(request, institution) }))
    .sort((a, b) => byNearness(requester, a.institution, b.institution))
  if (able.length === 0) return { kind: 'undecided', because: [reasons.nobodyHasSpecialty] }
  for (const { institution, verdict } of able) {
    if (verdict.kind === 'lawful') return { kind: 'to', institution: institution.id, because: [reasons.nearestTier, ...verdict.because] }
  }
  const undecided = able.find(({ verdict }) => verdict.kind === 'undecided')?.verdict
  const refusal = able[0]?.verdict
  return { kind: undecided === undefined ? 'refused' : 'undecided', because: [...((undecided ?? refusal)?.because ?? [])] }
}

function hasAll(institution: Institution, specialties: readonly string[]): boolean {
  return specialties.every((specialty) => institution.departments.includes(specialty))
}

/** Fewest steps first; of two equally near, the higher one: a referral looks for more, not for less. */
function byNearness(requester: Institution, a: Institution, b: Institution): number {
  const own = level(requester)
  const steps = Math.abs(level(a) - own) - Math.abs(level(b) - own)
  if (steps !== 0) return steps
  return level(b) - level(a) || compareText(a.id, b.id)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** 의원급 1, 병원급 2, 상급종합 3: how near two institutions are, whoever pays. */
function level(institution: Institution): number {
  return destinationTypes.get(institution.type) ?? 1
}

type Verdict =
  | { readonly kind: 'lawful'; readonly because: readonly Because[] }
  | { readonly kind: 'refused' | 'undecided'; readonly because: readonly Because[] }

/** The step from requester to target under the payer's rule of that day. */
function lawful(request: RouteRequest, target: Institution): Verdict {
  // An unstated payer must not stop care: it is judged as national health insurance, and the reason says so.
  const payer = request.payer ?? '4'
  const unstated = request.payer === undefined ? [reasons.payerUnstated] : []
  const exemption = exemptions.find((row) => row.payer === payer && isInForce(row, request.at) && request.grounds.includes(row.ground))
  if (exemption !== undefined) return { kind: 'lawful', because: [...unstated, said(exemption)] }
  const rules = tierRules.filter((rule) => rule.payer === payer)
  if (rules.length === 0) return { kind: 'lawful', because: [...unstated, reasons.noRuleForPayer] }
  const rule = rules.find((row) => isInForce(row, request.at))
  if (rule === undefined) return { kind: 'undecided', because: [...unstated, reasons.noRuleThatDay] }
  const [from, to] = [rule.tiers[request.requester.type], rule.tiers[target.type]]
  if (from === undefined || to === undefined) return { kind: 'undecided', because: [...unstated, reasons.tierUnknown] }
  const step = rule.steps.find((row) => row.from.includes(from) && row.to.includes(to))
  return step === undefined
    ? { kind: 'refused', because: [...unstated, { rule: rule.rule, ko: rule.ko, en: rule.en, isWarning: true }] }
    : { kind: 'lawful', because: [...unstated, { rule: step.rule, ko: step.ko, en: step.en }] }
}

/** Bounds are whole days, both inclusive; a date that cannot be read is inside none. */
function isInForce(row: TierRule | Exemption, at: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(at)?.[0]
  return day !== undefined && row.from <= day && (row.until === undefined || day <= row.until)
}

function said(exemption: Exemption): Because {
  return { rule: exemption.rule, ko: exemption.ko, en: exemption.en }
}

const reasons = {
  named: { rule: 'named-target', ko: '의뢰서에 지정된 기관입니다', en: 'the referral names this institution' },
  specialtyNotListed: {
    rule: 'specialty-not-listed',
    ko: '지정된 기관의 진료과 목록에 의뢰한 진료과가 없습니다. 의뢰한 의사의 지정을 따릅니다',
    en: 'the named institution does not list the specialty; the referring doctor’s choice stands',
  },
  nearestTier: {
    rule: 'nearest-tier',
    ko: '의뢰한 진료과가 있는 가장 가까운 단계의 기관입니다',
    en: 'nearest tier that has the specialty',
  },
  ownInstitution: { rule: 'own-institution', ko: '자기 기관으로는 의뢰할 수 없습니다', en: 'an institution cannot refer to itself' },
  notAMember: { rule: 'not-a-member', ko: '진료 네트워크에 없는 기관입니다', en: 'the institution is not in the network' },
  notADestination: {
    rule: 'not-a-destination',
    ko: '진료 의뢰를 받을 수 있는 종별이 아닙니다',
    en: 'this type of institution does not take referrals',
  },
  nothingWanted: {
    rule: 'nothing-wanted',
    ko: '의뢰 기관도 진료과도 지정되지 않았습니다',
    en: 'neither an institution nor a specialty was given',
  },
  nobodyHasSpecialty: {
    rule: 'no-such-specialty',
    ko: '의뢰한 진료과가 있는 기관을 찾지 못했습니다',
    en: 'no institution in the network has the specialty',
  },
  payerUnstated: {
    rule: 'payer-unstated',
    ko: '보험 종류가 없어 건강보험 기준으로 판단했습니다',
    en: 'no payer was given: judged as national health insurance',
  },
  noRuleForPayer: {
    rule: 'no-tier-rule',
    ko: '이 보험 종류에는 단계 제한이 등록되어 있지 않습니다',
    en: 'no tier rule is registered for this payer',
  },
  noRuleThatDay: { rule: 'no-rule-in-force', ko: '그 날짜에 시행 중인 단계 규칙이 없습니다', en: 'no tier rule is in force on that day' },
  tierUnknown: {
    rule: 'tier-unknown',
    ko: '기관의 종별로 단계를 정할 수 없습니다',
    en: 'the tier of an institution cannot be told from its type',
  },
} as const satisfies Record<string, Because>
