/**
 * A Consent as rows of rules, made once at write. Each row carries what it inherits: a child inherits what it omits and replaces what it
 * states. What cannot be read is marked: it voids permits and matches in denies, here and below, and no child can take the mark away.
 * Spec: http://hl7.org/fhir/R4/consent.html
 */
import type { Consent, ConsentProvision } from '../fhir-profiles/r4.ts'
import { baseTypeOf, isBaseType, type BaseType } from './base-type.ts'
import { controllerOf, isUnverified, standingOf, verificationFaultsOf, wholeFaultsOf } from './deciding.ts'
import { birthdayMs, farFutureMs } from './instant.ts'
import { ownConsentAgeRows } from './law/kr.ts'
import { nothingStated, readProvision, type Effective } from './provision.ts'
import { sorted, type Reading, type Terms, type Unreadable } from './rules/rule.ts'
import { networkController } from './tree.ts'
import type { ProvisionRow } from './types.ts'

export type { Unreadable } from './rules/rule.ts'

export interface CompileInput extends Omit<Reading, 'relatesBothWays'> {
  /** version of the Consent being compiled */
  readonly version: string
  /** network id of the person the consent is about */
  readonly person: string
  /** the gateway found that a legal guardian signed, from `performer` or a verified relation: the permits lapse at 14 */
  readonly signedByGuardian: boolean
  /** a death is on record: what is written from now on permits nothing, what it refuses counts */
  readonly afterDeath?: boolean
  /** FHIR date; without it a guardian's permits cannot be given an end, so they do not count */
  readonly birthDate?: string | undefined
}

export interface Compiled {
  /** none when the consent is not in force by status, or not about privacy */
  readonly rows: readonly ProvisionRow[]
  /** what a privacy officer has to look at */
  readonly unreadable: readonly Unreadable[]
}

/** What is the same for every node of one consent. */
interface Frame {
  readonly input: CompileInput & Reading
  readonly consent: string
  readonly controller: string
  /** the root's own period bounds everything: outside it the consent is silent */
  readonly root: Pick<Terms, 'fromMs' | 'untilMs'>
  /** permits end here at the latest */
  readonly lapseMs: number
}

/** Takes a structurally valid R4 Consent with its id; whatever else is odd about it becomes a mark, never an exception. */
export function compile(consent: Consent, asked: CompileInput): Compiled {
  if (standingOf(consent) === 'silent') return { rows: [], unreadable: [] }
  const input = { ...asked, relatesBothWays: claimsPcf(consent) }
  const root = readProvision(consent.provision ?? {}, 'Consent.provision', nothingStated, input)
  const { lapseMs, blind, voids } = voidsOf(consent, input)
  const controller = controllerOf(consent, input.directory) ?? networkController
  const frame = { input, consent: consent.id ?? '', controller, root: root.terms, lapseMs }
  const faults = wholeFaultsOf(consent, input.directory)
  const type = baseTypeOf(consent)
  if (faults.length > 0 || type === undefined) {
    const { fromMs, untilMs } = root.terms
    const row = rowOf(frame, '', 'deny', { ...nothingStated, terms: { ...nothingStated.terms, fromMs, untilMs } })
    return { rows: [{ ...row, unreadable: true }], unreadable: [...faults, ...voids, ...root.unreadable] }
  }
  const effective = { terms: root.terms, blind: sorted([...root.blind, ...blind]) }
  const below = nested(consent.provision ?? {}, 'Consent.provision', '', effective, frame)
  return { rows: [rowOf(frame, '', type, effective), ...below.rows], unreadable: [...voids, ...root.unreadable, ...below.unreadable] }
}

function nested(provision: ConsentProvision, expression: string, path: string, parent: Effective, frame: Frame): Compiled {
  const results = (provision.provision ?? []).map((child, index): Compiled => {
    const at = `${expression}.provision[${index}]`
    const childPath = path === '' ? String(index) : `${path}.${index}`
    const own = readProvision(child, at, parent, frame.input)
    const isTyped = isBaseType(child.type)
    const typeFault = isTyped ? [] : [{ expression: `${at}.type`, reason: 'neither permit nor deny' }]
    const effective = { terms: own.terms, blind: isTyped ? own.blind : sorted([...own.blind, 'type']) }
    const below = nested(child, at, childPath, effective, frame)
    // A rule whose type is lost may have been a refusal.
    const row = rowOf(frame, childPath, isBaseType(child.type) ? child.type : 'deny', effective)
    return { rows: [row, ...below.rows], unreadable: [...typeFault, ...own.unreadable, ...below.unreadable] }
  })
  return { rows: results.flatMap((result) => result.rows), unreadable: results.flatMap((result) => result.unreadable) }
}

function rowOf(frame: Frame, path: string, type: BaseType, { terms, blind }: Effective): ProvisionRow {
  const { input, consent, controller, root, lapseMs } = frame
  const untilMs = Math.min(terms.untilMs, root.untilMs)
  return {
    ...terms,
    consent,
    version: input.version,
    person: input.person,
    controller,
    path,
    type,
    unreadable: false,
    blind,
    fromMs: Math.max(terms.fromMs, root.fromMs),
    untilMs: type === 'permit' ? Math.min(untilMs, lapseMs) : untilMs,
  }
}

/** IHE PCF writes `related` for what belongs to an encounter, which in R4 is the other direction (standards of PCF 1.1, Data Relationship). */
export function claimsPcf(consent: Consent): boolean {
  return (consent.meta?.profile ?? []).some((canonical) => canonical.startsWith('https://profiles.ihe.net/ITI/PCF/'))
}

/** What takes the force from permits and leaves refusals: no verification, a guardian's signature past its time, a death. */
function voidsOf(consent: Consent, input: CompileInput) {
  const lapseMs = lapseOf(input)
  const verification = verificationFaultsOf(consent)
  const performer =
    lapseMs === undefined ? [{ expression: 'Consent.performer', reason: 'a guardian signed and the birth date cannot be read' }] : []
  const death = input.afterDeath === true ? [{ expression: 'Consent.patient', reason: 'nobody permits anew after a death' }] : []
  const isVerificationVoid = verification.length > 0 || isUnverified(consent)
  return {
    lapseMs: lapseMs ?? farFutureMs,
    blind: [...(isVerificationVoid ? ['verification'] : []), ...performer.map(() => 'performer'), ...death.map(() => 'death')],
    voids: [...verification, ...performer, ...death],
  }
}

/** The last millisecond of a guardian's permits; undefined when it cannot be known. What the guardian denied stays. */
function lapseOf(input: CompileInput): number | undefined {
  if (!input.signedByGuardian) return farFutureMs
  const years = ownConsentAgeRows.at(-1)?.years
  if (years === undefined || input.birthDate === undefined) return undefined
  const birthday = birthdayMs(input.birthDate, years, input.timeZone)
  return birthday === undefined ? undefined : birthday - 1
}
