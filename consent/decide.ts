/**
 * May this caller have this record now? Total and pure: consents in, permit or refusal out, with the reasons. Nothing throws.
 * A legal basis opens a record: care in its own house, the patient's own request, an emergency, or consent.
 * `view.ts` answers the same for all records at a time; the tests hold the two and a naive interpreter together.
 */
import { across, type Ruling } from './combine.ts'
import { matches } from './condition.ts'
import { implicitly, opensEmergencies } from './implicit.ts'
import { ceiling, isStatutory } from './law/bounds.ts'
import { breakGlassRows, rowAt } from './law/kr.ts'
import { insideTheHouse, namedEmergency, wholeConsent, type Lens } from './lens.ts'
import { remaindersOf, rulingOf, type Remainder } from './remainder.ts'
import { emergencyPurposes } from './rules/purpose.ts'
import type { Question } from './rules/rule.ts'
import { networkController, treesOf, versionsOf, type ConsentTree } from './tree.ts'
import type {
  AccessRequest,
  Condition,
  ConsentVersion,
  Decision,
  Environment,
  Facts,
  Obligation,
  ProvisionRow,
  Purpose,
  Reason,
} from './types.ts'

/** One request about one person's records, with everything that does not depend on the record worked out. */
interface Asking {
  readonly request: AccessRequest
  readonly environment: Environment
  readonly nowMs: number
  readonly consulted: readonly ConsentVersion[]
  readonly ceiling: Condition
  readonly remainders: (purpose: Purpose, lens: Lens) => readonly Remainder[]
}

/** Everything a decision about one record looks at. */
interface Case extends Asking {
  readonly facts: Facts
}

/** A basis that holds, or why it does not. */
interface Finding {
  readonly basis: readonly string[]
  readonly because: readonly Reason[]
}

/**
 * @param rows compiled rules of every active consent of the record's person, under any linked identity
 * @param nowMs milliseconds since the epoch
 */
export function decide(
  request: AccessRequest,
  rows: readonly ProvisionRow[],
  facts: Facts,
  environment: Environment,
  nowMs: number,
): Decision {
  const asking = askingOf(request, rows, environment, nowMs)
  const { consulted } = asking
  if (request.purposes.length === 0) return { permit: false, obligations: [], basis: [], because: [plain('no-purpose')], consulted }
  const findings = findingsOf({ ...asking, facts })
  const holding = findings.filter((finding) => finding.basis.length > 0)
  const because = (holding.length > 0 ? holding : findings).flatMap((finding) => finding.because)
  const basis = [...new Set(holding.flatMap((finding) => finding.basis))]
  const obligations = obligationsOf(request, facts, basis)
  return { permit: holding.length > 0, obligations, basis, because: distinct(because), consulted }
}

/** A caller asks about many records with the same request and consents, neither of which ever changes; the memo is invisible to callers. */
const askings = new WeakMap<AccessRequest, WeakMap<readonly ProvisionRow[], Asking>>()

function askingOf(request: AccessRequest, rows: readonly ProvisionRow[], environment: Environment, nowMs: number): Asking {
  const ofRequest = askings.get(request) ?? new WeakMap<readonly ProvisionRow[], Asking>()
  askings.set(request, ofRequest)
  const known = ofRequest.get(rows)
  if (known !== undefined && known.nowMs === nowMs && known.environment.implicit === environment.implicit) return known
  const made = newAsking(request, treesOf(rows), environment, nowMs)
  ofRequest.set(rows, made)
  return made
}

function newAsking(request: AccessRequest, trees: readonly ConsentTree[], environment: Environment, nowMs: number): Asking {
  const byLens = new Map<Lens, Map<Purpose, readonly Remainder[]>>()
  return {
    request,
    environment,
    nowMs,
    consulted: versionsOf(trees),
    ceiling: ceiling(request, nowMs),
    remainders: (purpose, lens) => {
      const byPurpose = byLens.get(lens) ?? new Map<Purpose, readonly Remainder[]>()
      byLens.set(lens, byPurpose)
      const remainders = byPurpose.get(purpose) ?? remaindersOf(trees, { request, purpose, nowMs }, lens)
      byPurpose.set(purpose, remainders)
      return remainders
    },
  }
}

/** What another institution is given stays there; the patient does with the own record as they like. */
function obligationsOf(request: AccessRequest, facts: Facts, basis: readonly string[]): readonly Obligation[] {
  const isGivenAway = basis.length > 0 && !basis.includes('patient-request') && facts.custodian !== request.institution
  return isGivenAway ? ['no-redisclosure'] : []
}

/** The purposes other than the emergency that a declared emergency rests on: it combines with treatment only. */
export function declaredEmergency(request: AccessRequest, person: string): readonly Purpose[] {
  const { emergency } = request.basis
  if (emergency.kind !== 'person' || emergency.person !== person) return []
  const isEmergencyOnly = request.purposes.every((purpose) => purpose === 'TREAT' || emergencyPurposes.includes(purpose))
  return isEmergencyOnly ? request.purposes.filter((purpose) => purpose !== 'TREAT') : []
}

function findingsOf(judged: Case): readonly Finding[] {
  const { request, facts } = judged
  const emergencies = declaredEmergency(request, facts.person)
  const purposes = emergencies.length > 0 ? ['TREAT'] : request.purposes
  if (!matches(judged.ceiling, facts)) {
    const own = patientRequest(judged)
    return [own.basis.length > 0 ? own : { basis: [], because: [plain('law-ceiling')] }]
  }
  return [
    inHouse(judged, purposes),
    patientRequest(judged),
    statute(judged),
    ...(emergencies.length > 0 ? [emergency(judged, emergencies)] : []),
    consented(judged, purposes),
  ]
}

function inHouse(judged: Case, purposes: readonly Purpose[]): Finding {
  const { request, facts } = judged
  if (!request.basis.inHouse || facts.custodian !== request.institution) return { basis: [], because: [] }
  const denials = purposes.map((purpose) => together(judged, purpose, insideTheHouse)).filter((ruling) => ruling.value === 'deny')
  if (denials.length > 0) return { basis: [], because: denials.flatMap((denial) => denial.because) }
  return { basis: ['treatment-in-house'], because: [plain('treatment-in-house')] }
}

/** The patient sees everything of their own; consents of others do not bind them. */
function patientRequest({ request, facts }: Case): Finding {
  const { patientRequest: own } = request.basis
  const isOwn = own.kind === 'person' && own.person === facts.person
  return isOwn ? { basis: ['patient-request'], because: [plain('patient-request')] } : { basis: [], because: [] }
}

/** An officer's act under a registered article: consents are not asked. */
function statute({ request, facts, nowMs }: Case): Finding {
  const isOpen = isStatutory(request, facts.person, nowMs)
  return isOpen ? { basis: ['statute'], because: [plain('statute')] } : { basis: [], because: [] }
}

function emergency(judged: Case, purposes: readonly Purpose[]): Finding {
  const law = rowAt(breakGlassRows, judged.nowMs)
  const rulings = purposes.map((purpose) => together(judged, purpose, namedEmergency))
  const denials = rulings.filter((ruling) => ruling.value === 'deny')
  if (denials.length > 0 && law?.honoursNamedDeny !== false) return { basis: [], because: denials.flatMap((denial) => denial.because) }
  if (law?.withoutConsent === true || opensEmergencies(judged.environment.implicit))
    return { basis: ['emergency'], because: [plain('emergency')] }
  const isPermitted = rulings.every((ruling) => ruling.value === 'permit')
  return { basis: isPermitted ? ['emergency'] : [], because: rulings.flatMap((ruling) => ruling.because) }
}

/** Each purpose must be permitted, by a consent or, where all are silent, by the implicit policy. */
function consented(judged: Case, purposes: readonly Purpose[]): Finding {
  const answers = purposes.map((purpose) => answerFor(judged, purpose))
  const refusals = answers.filter((answer) => answer.basis.length === 0)
  if (refusals.length > 0) return { basis: [], because: refusals.flatMap((refusal) => refusal.because) }
  return { basis: answers.flatMap((answer) => answer.basis), because: answers.flatMap((answer) => answer.because) }
}

function answerFor(judged: Case, purpose: Purpose): Finding {
  const ruling = together(judged, purpose, wholeConsent)
  if (ruling.value === 'permit') return { basis: ['consent'], because: ruling.because }
  if (ruling.value !== 'silent') return { basis: [], because: ruling.because }
  const isNormal = matches(implicitly(judged.environment.implicit, questionOf(judged, purpose)), judged.facts)
  return isNormal ? { basis: ['implicit'], because: [plain('implicit-permit')] } : { basis: [], because: [plain('implicit-deny')] }
}

/** What every consent that governs the record says together, seen through the lens. */
function together({ facts, remainders }: Case, purpose: Purpose, lens: Lens): Ruling {
  const rulings: Ruling[] = []
  for (const { controller, rule } of remainders(purpose, lens))
    if (controller === networkController || controller === facts.custodian) rulings.push(rulingOf(rule, facts))
  return across(rulings)
}

function questionOf({ request, nowMs }: Case, purpose: Purpose): Question {
  return { request, purpose, nowMs }
}

/** A reason that no consent gave. */
function plain(rule: string): Reason {
  return { rule, consent: '', version: '', path: '' }
}

function distinct(reasons: readonly Reason[]): readonly Reason[] {
  if (reasons.length < 2) return reasons
  const byKey = new Map(reasons.map((reason) => [[reason.consent, reason.version, reason.path, reason.rule].join('|'), reason]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reason]) => reason)
}
