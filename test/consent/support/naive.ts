/**
 * The law read once more, slowly and straight from the Consent resource: no rows, no partial evaluation, no simplification.
 * It shares no code with the engine, so that where the two agree they agree about the law.
 * It knows only the words of `arbitraries.ts`.
 */
import type { Consent, ConsentProvision } from '../../../fhir-profiles/r4.ts'
import type { AccessRequest, Facts } from '../../../consent/types.ts'
import { actorKeys, closed, knownRoles, moments, narrower, ranks, referredTo } from './vocabulary.ts'

export interface World {
  readonly consents: readonly { readonly consent: Consent; readonly person: string; readonly guardianUntilMs: number | undefined }[]
  readonly implicit: string
  readonly nowMs: number
}

type Answer = 'D' | 'W' | 'N' | 'P'
type Only = 'all' | 'inside' | 'emergency'

interface Rule {
  readonly type: string
  readonly said: ConsentProvision
  readonly unknown: ReadonlySet<string>
  readonly isPcf: boolean
  readonly children: readonly Rule[]
}

const ancestors: Readonly<Record<string, readonly string[]>> = {
  COC: ['TREAT', 'PurposeOfUse'],
  TREAT: ['PurposeOfUse'],
  CLINTRCH: ['HRESCH', 'PurposeOfUse'],
  HRESCH: ['PurposeOfUse'],
}
const emergencies = ['BTG', 'ETREAT']

export function naivelyPermits(request: AccessRequest, facts: Facts, world: World): boolean {
  const { basis } = request
  if (request.purposes.length === 0) return false
  if (basis.patientRequest.kind === 'person' && basis.patientRequest.person === facts.person) return true
  if (facts.custodian !== request.institution && facts.sensitivities.some((code) => code === 'GDIS' || code === '?')) return false
  const { statute } = basis
  if (statute.kind === 'person' && statute.person === facts.person && statute.article === 'medical-service-act-21-3-4') return true
  const declared = basis.emergency.kind === 'person' && basis.emergency.person === facts.person
  const named = request.purposes.filter((purpose) => emergencies.includes(purpose))
  const isEmergency =
    declared && named.length > 0 && request.purposes.every((purpose) => purpose === 'TREAT' || emergencies.includes(purpose))
  if (!isEmergency) return ordinary(request, facts, world, request.purposes)
  return (
    ordinary(request, facts, world, ['TREAT']) ||
    named.every((purpose) => !values(request, purpose, facts, world, 'emergency').includes('D'))
  )
}

function ordinary(request: AccessRequest, facts: Facts, world: World, purposes: readonly string[]): boolean {
  const isOwn = request.basis.inHouse && facts.custodian === request.institution
  if (isOwn && purposes.every((purpose) => !values(request, purpose, facts, world, 'inside').includes('D'))) return true
  return purposes.every((purpose) => {
    const answers = values(request, purpose, facts, world, 'all')
    if (answers.includes('D')) return false
    if (answers.includes('P')) return true
    if (answers.includes('W')) return false
    const isTreatment = purpose === 'TREAT' || (ancestors[purpose] ?? []).includes('TREAT')
    if (!isTreatment) return false
    if (world.implicit === 'basic-normal' || world.implicit === 'all-normal') return true
    return world.implicit === 'deny-between-institutions' && facts.custodian === request.institution
  })
}

function values(request: AccessRequest, purpose: string, facts: Facts, world: World, only: Only): readonly Answer[] {
  return world.consents
    .filter(({ consent, person }) => person === facts.person && governs(consent, facts))
    .map(({ consent, guardianUntilMs }) => consentValue(consent, guardianUntilMs, { request, purpose, facts, nowMs: world.nowMs, only }))
}

function governs(consent: Consent, facts: Facts): boolean {
  const controller = controllerOf(consent)
  return controller === undefined || controller === 'network' || controller === facts.custodian
}

function controllerOf(consent: Consent): string | undefined {
  const name = consent.organization?.[0]?.reference ?? ''
  return consent.organization?.length === 1 ? actorKeys.get(name)?.replace('org:', '') : undefined
}

interface Asked {
  readonly request: AccessRequest
  readonly purpose: string
  readonly facts: Facts
  readonly nowMs: number
  readonly only: Only
}

function consentValue(consent: Consent, guardianUntilMs: number | undefined, asked: Asked): Answer {
  const status: string = consent.status
  if (['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error'].includes(status)) return 'N'
  const scope = consent.scope?.coding?.[0]?.code
  if (scope === 'research' || scope === 'treatment' || scope === 'adr') return 'N'
  const isUnverified = (consent.verification ?? []).some((verification) => !verification.verified)
  const isPcf = consent.meta?.profile !== undefined
  const root = ruleOf(consent.provision ?? {}, {}, new Set(isUnverified ? ['verification'] : []), isPcf)
  if (!root.unknown.has('period') && !within(root.said, asked.nowMs)) return 'N'
  const isLost =
    status !== 'active' ||
    scope !== 'patient-privacy' ||
    consent.implicitRules !== undefined ||
    consent.modifierExtension !== undefined ||
    controllerOf(consent) === undefined ||
    consent.provision === undefined ||
    baseOf(consent) === undefined
  if (isLost) return 'D'
  const type = baseOf(consent) ?? ''
  const spoken = root.children.map((child) => ruleValue(child, guardianUntilMs, asked)).filter((answer) => answer !== 'N')
  if (spoken.length > 0) return strictest(spoken)
  const rule = { ...root, type }
  if (!counts(rule, asked) || isLapsed(rule, guardianUntilMs, asked)) return 'N'
  if (type === 'permit' && root.unknown.size > 0) return 'W'
  if (!context(rule, asked)) return 'N'
  if (type === 'permit') return data(rule, asked) ? 'P' : 'W'
  return data(rule, asked) ? 'D' : 'N'
}

function baseOf(consent: Consent): string | undefined {
  const { provision } = consent
  if (provision?.type !== undefined) return provision.type === 'permit' || provision.type === 'deny' ? provision.type : undefined
  const code = consent.policyRule?.coding?.[0]?.code
  return code === 'OPTIN' ? 'permit' : code === 'OPTOUT' ? 'deny' : undefined
}

function ruleValue(rule: Rule, guardianUntilMs: number | undefined, asked: Asked): Answer {
  const spoken = rule.children.map((child) => ruleValue(child, guardianUntilMs, asked)).filter((answer) => answer !== 'N')
  if (spoken.length > 0) return strictest(spoken)
  if (!counts(rule, asked) || isLapsed(rule, guardianUntilMs, asked)) return 'N'
  if (rule.type === 'permit' && rule.unknown.size > 0) return 'N'
  return context(rule, asked) && data(rule, asked) ? (rule.type === 'permit' ? 'P' : 'D') : 'N'
}

function strictest(answers: readonly Answer[]): Answer {
  return answers.includes('D') ? 'D' : answers.includes('W') ? 'W' : 'P'
}

/** e(n), element by element on the resource itself. */
function ruleOf(own: ConsentProvision, inherited: ConsentProvision, unknownAbove: ReadonlySet<string>, isPcf: boolean): Rule {
  const unknown = new Set([...unknownAbove, ...unknownIn(own)])
  const type = own.type === 'permit' || own.type === 'deny' ? own.type : 'deny'
  if (Object.keys(inherited).length > 0 && type !== own.type) unknown.add('type')
  const { type: _type, provision: children, modifierExtension: _modifier, ...elements } = own
  const said = { ...inherited, ...elements, extension: [] }
  return { type, said, unknown, isPcf, children: (children ?? []).map((child) => ruleOf(child, said, unknown, isPcf)) }
}

const everyElement = ['modifierExtension', 'period', 'actor', 'purpose', 'action', 'securityLabel', 'class', 'code', 'dataPeriod', 'data']

/** A target of `data` that says which records are meant, whether or not anything is known of them. */
export function isReadable(meaning: string, reference: string): boolean {
  return meaning === 'authoredby' ? actorKeys.has(reference) : meaning !== 'no-such'
}

function unknownIn(own: ConsentProvision): readonly string[] {
  return [
    ...(own.modifierExtension === undefined ? [] : [...everyElement]),
    ...((own.securityLabel ?? []).some((label) => label.code === 'X') ? ['securityLabel'] : []),
    ...((own.code ?? []).some((concept) => concept.coding?.length === 0) ? ['code'] : []),
    ...([own.dataPeriod?.start, own.dataPeriod?.end].some((bound) => bound !== undefined && !moments.has(bound)) ? ['dataPeriod'] : []),
    ...([own.period?.start, own.period?.end].some((bound) => bound !== undefined && !moments.has(bound)) ? ['period'] : []),
    ...((own.actor ?? []).some((actor) => keyOf(actor) === undefined || sideOf(actor) === undefined) ? ['actor'] : []),
    ...((own.purpose ?? []).some((purpose) => purpose.code === 'NO-SUCH') ? ['purpose'] : []),
    ...((own.action ?? []).some((action) => action.coding?.[0]?.code === 'no-such') ? ['action'] : []),
    ...((own.class ?? []).some((coding) => coding.code === undefined) ? ['class'] : []),
    ...((own.data ?? []).some((data) => !isReadable(data.meaning, data.reference.reference ?? '')) ? ['data'] : []),
  ]
}

function counts(rule: Rule, asked: Asked): boolean {
  if (asked.only === 'all') return true
  const mark = asked.only === 'inside' ? 'actor' : 'purpose'
  if (rule.type === 'deny' && rule.unknown.has(mark)) return true
  if (asked.only === 'inside')
    return (rule.said.actor ?? []).some(
      (actor) => sideOf(actor) === 'receiver' && asked.request.insideReceiver.includes(keyOf(actor) ?? ''),
    )
  const codes = (rule.said.purpose ?? []).map((purpose) => purpose.code ?? '')
  return rule.type === 'deny' ? codes.some((code) => emergencies.includes(code)) : codes.includes(asked.purpose)
}

function isLapsed(rule: Rule, guardianUntilMs: number | undefined, asked: Asked): boolean {
  return rule.type === 'permit' && guardianUntilMs !== undefined && asked.nowMs > guardianUntilMs
}

function within(said: ConsentProvision, nowMs: number): boolean {
  const start = moments.get(said.period?.start ?? '')?.firstMs ?? -Infinity
  const end = moments.get(said.period?.end ?? '')?.lastMs ?? Infinity
  return start <= nowMs && nowMs <= end
}

/** Asks one element, in the form of the rule's type where it is unknown. */
function met(rule: Rule, element: string, ask: () => boolean): boolean {
  return rule.unknown.has(element) ? rule.type === 'deny' : ask()
}

function context(rule: Rule, asked: Asked): boolean {
  const { said } = rule
  const { request, facts } = asked
  const isActor = (): boolean =>
    said.actor === undefined ||
    said.actor.some((actor) => (sideOf(actor) === 'receiver' ? request.receiver : facts.sources).includes(keyOf(actor) ?? ''))
  const isPurpose = (): boolean =>
    said.purpose === undefined ||
    said.purpose.some((purpose) => purpose.code === asked.purpose || (ancestors[asked.purpose] ?? []).includes(purpose.code ?? ''))
  const isAction = (): boolean => {
    if (said.action === undefined) return true
    const codes = said.action.map((action) => action.coding?.[0]?.code ?? '')
    if (codes.includes(request.action)) return true
    const isForeign = facts.custodian !== request.institution
    if (rule.type !== 'deny' || !isForeign) return false
    if (request.action === 'disclose') return codes.includes('collect')
    return request.action === 'access' && (codes.includes('disclose') || codes.includes('use'))
  }
  return (
    met(rule, 'period', () => within(said, asked.nowMs)) &&
    (asked.only === 'inside' || met(rule, 'actor', isActor)) &&
    (asked.only === 'emergency' || met(rule, 'purpose', isPurpose)) &&
    met(rule, 'action', isAction)
  )
}

function data(rule: Rule, { facts }: Asked): boolean {
  const { said } = rule
  const isPermit = rule.type === 'permit'
  const isLabel = (): boolean => said.securityLabel === undefined || labelled(said.securityLabel, isPermit, facts)
  const classOf = (coding: { readonly system?: string; readonly code?: string }): string =>
    coding.system === 'http://loinc.org' ? `http://loinc.org|${coding.code ?? ''}` : (coding.code ?? '')
  const isClass = (): boolean => {
    if (said.class === undefined) return true
    const named = said.class.map(classOf)
    if (isPermit) return !facts.classes.includes('contained') && named.some((name) => facts.classes.includes(name))
    return named.some((name) => facts.classes.includes(name) || facts.classes.includes(`contained:${name}`))
  }
  const isCode = (): boolean =>
    said.code === undefined ||
    (!isPermit && facts.codes.includes('?')) ||
    said.code.some((concept) =>
      (concept.coding ?? []).some((coding) => facts.codes.includes(`${coding.system ?? ''}|${coding.code ?? ''}`)),
    )
  const isDated = (): boolean => {
    if (said.dataPeriod === undefined) return true
    const start = moments.get(said.dataPeriod.start ?? '')?.firstMs ?? -8.64e15
    const end = moments.get(said.dataPeriod.end ?? '')?.lastMs ?? 8.64e15
    return isPermit ? start <= facts.fromMs && facts.untilMs <= end : facts.fromMs <= end && start <= facts.untilMs
  }
  const isData = (): boolean => said.data === undefined || said.data.some((target) => named(target, rule, facts))
  return (
    met(rule, 'securityLabel', isLabel) &&
    met(rule, 'class', isClass) &&
    met(rule, 'code', isCode) &&
    met(rule, 'dataPeriod', isDated) &&
    met(rule, 'data', isData)
  )
}

/** One repeat after the other; the sensitivities of a permit are looked at together. */
function labelled(labels: readonly { readonly code?: string }[], isPermit: boolean, facts: Facts): boolean {
  const codes = labels.map((label) => label.code ?? '')
  const isRanked = codes
    .filter((code) => code in ranks)
    .some((code) => (isPermit ? facts.confidentiality <= (ranks[code] ?? 0) : facts.confidentiality >= (ranks[code] ?? 0)))
  const meant = codes.filter((code) => !(code in ranks)).flatMap((code) => [code, ...(narrower[code] ?? [])])
  if (meant.length === 0) return isRanked
  const isSensitive = isPermit
    ? facts.sensitivities.length > 0 && facts.sensitivities.every((code) => meant.includes(code))
    : facts.sensitivities.some((code) => code === '?' || meant.includes(code))
  return isRanked || isSensitive
}

function named(target: NonNullable<ConsentProvision['data']>[number], rule: Rule, facts: Facts): boolean {
  const literal = target.reference.reference ?? ''
  if (target.meaning === 'authoredby') return facts.sources.includes(actorKeys.get(literal) ?? '')
  const id = literal.split('/')[1] ?? ''
  const isDeny = rule.type === 'deny'
  const refersTo = referredTo.get(id)
  const custodian = closed.get(id)
  if (refersTo === undefined && custodian === undefined) return isDeny
  if (facts.id === id) return true
  if (target.meaning === 'instance') return false
  const isOutward = refersTo === undefined ? isDeny && facts.custodian === custodian : refersTo.includes(facts.id)
  const isInward = facts.relations.includes(id) || (isDeny && facts.relations.includes('?'))
  if (isDeny || rule.isPcf) return isOutward || isInward
  return target.meaning === 'related' ? isOutward : isInward
}

type Actor = NonNullable<ConsentProvision['actor']>[number]

function keyOf(actor: Actor): string | undefined {
  if (actor.modifierExtension !== undefined) return undefined
  return actorKeys.get(actor.reference?.reference ?? actor.reference?.identifier?.value ?? '')
}

function sideOf(actor: Actor): 'receiver' | 'source' | undefined {
  return knownRoles.get(actor.role?.coding?.[0]?.code ?? 'none')
}
