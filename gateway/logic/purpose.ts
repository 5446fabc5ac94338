/**
 * Which purposes of use a role may declare, alone and together (v3-ActReason). Judged once, when the token is asked for.
 * Break-glass is doctors only, for one person, on one of the grounds of 의료법 21조의2 ②: https://www.law.go.kr/법령/의료법
 */
import type { Role } from './access.ts'

export const grounds = ['unconscious', 'emergency', 'no-guardian'] as const
export type Ground = (typeof grounds)[number]

/** Break-glass ends by itself. */
export const breakGlassMinutes = 15

export interface PurposeRequest {
  readonly role: Role
  /** empty = the default of the role */
  readonly purposes: readonly string[]
  readonly ground: string | undefined
  /** the one person break-glass is for */
  readonly person: string | undefined
}

export type PurposeVerdict =
  | {
      readonly kind: 'ok'
      readonly purposes: readonly string[]
      readonly breakGlass: { readonly ground: Ground; readonly person: string } | undefined
    }
  | { readonly kind: 'refused'; readonly rule: string; readonly reason: string }

interface Entitlement {
  readonly default: string
  /** purposes that only widen TREAT, each on its own ground */
  readonly emergency: readonly string[]
}

const entitlements: Readonly<Record<Role, Entitlement>> = {
  system: { default: 'TREAT', emergency: [] },
  doctor: { default: 'TREAT', emergency: ['BTG', 'ETREAT'] },
  nurse: { default: 'TREAT', emergency: [] },
  coordinator: { default: 'TREAT', emergency: [] },
  patient: { default: 'PATRQT', emergency: [] },
  proxy: { default: 'PATRQT', emergency: [] },
  'privacy-officer': { default: 'HOPERAT', emergency: [] },
  auditor: { default: 'HOPERAT', emergency: [] },
  integrator: { default: 'HOPERAT', emergency: [] },
}

/** Whether a person of this role must say what a sign-in is for; everybody else has one purpose only. */
export function hasSeveralPurposes(role: Role): boolean {
  return entitlements[role].emergency.length > 0
}

/** Total: an entitled request comes back with its purposes in a fixed order, everything else with the rule that refused it. */
export function judgePurposes({ role, purposes, ground, person }: PurposeRequest): PurposeVerdict {
  const entitled = entitlements[role]
  const asked = [...new Set(purposes.length === 0 ? [entitled.default] : purposes)]
  const emergency = asked.filter((purpose) => purpose !== entitled.default)
  const foreign = emergency.find((purpose) => !entitled.emergency.includes(purpose))
  if (foreign !== undefined) return refused('not-entitled', `role \`${role}\` may not ask for this purpose`)
  if (emergency.length > 1) return refused('mixed-purposes', 'BTG and ETREAT combine only with TREAT, not with each other')
  const [added] = emergency
  if (added === undefined) {
    return ground === undefined
      ? { kind: 'ok', purposes: asked, breakGlass: undefined }
      : refused('ground-without-emergency', 'a ground is given only with BTG or ETREAT')
  }
  if (!isGround(ground)) return refused('no-ground', `a ground is required, one of ${grounds.join(', ')}`)
  if (person === undefined || person === '') return refused('no-person', 'break-glass is for one named person')
  return { kind: 'ok', purposes: [entitled.default, added], breakGlass: { ground, person } }
}

function isGround(text: string | undefined): text is Ground {
  return grounds.some((ground) => ground === text)
}

function refused(rule: string, reason: string): PurposeVerdict {
  return { kind: 'refused', rule, reason }
}
