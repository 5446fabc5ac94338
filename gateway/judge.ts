/**
 * Who may see which record now: role table → relation → consent, reduced to one condition over facts that the search runs in SQL and
 * release evaluates again on what it is about to emit. Reads consents in the caller's snapshot; caches nothing.
 */
import { view, matches } from '../consent/view.ts'
import type { AccessRequest, Action, Condition, ConsentVersion, ProvisionRow } from '../consent/types.ts'
import { profile } from '../fhir-profiles/codes.ts'
import type { Context } from './context.ts'
import { actionOf } from './logic/action-of.ts'
import { networkId, type Directory } from './directory.ts'
import type { HeldContent } from './held.ts'
import type { Caller } from './security/caller.ts'
import type { Policy, PolicyAsk } from './store/policy.ts'
import type { Tables } from './store/store.ts'
import { relationAsk } from './relation.ts'

/** What one caller may see of one type (or of clinical records in general) about the persons asked for. */
export interface Sight {
  readonly condition: Condition
  /** records with this party are visible whatever consent says: Tasks, and directed consents */
  readonly party: string | undefined
  /** only records of referrals this institution is party to: a coordinator's documents */
  readonly onlyParty: string | undefined
  readonly consulted: readonly ConsentVersion[]
  /** a system on its own partition: what it sent it reads back, whatever it is */
  readonly isOwnSystem: boolean
  /** persons with whom the caller's institution has to do now */
  readonly related: readonly string[]
  /** what it was made of, where consents were asked */
  readonly policy?: Policy | undefined
}

export interface About {
  readonly type: string
  readonly persons: readonly string[]
  readonly action: Action
  /** persons for whom the caller's own live server answered that an encounter is open */
  readonly liveRelated: readonly string[]
  /** for these persons, read once for several groups of types; asked only where a consent decides */
  readonly policy?: () => Promise<Policy>
}

const nothing: Condition = { op: 'false' }

/** Types that are not clinical content and follow the role alone. Everything else goes through consent. */
const governed = new Set(['Task', 'Consent'])

export async function sightOf(tables: Tables, context: Context, caller: Caller, about: About): Promise<Sight> {
  if (caller.role === 'system') {
    return {
      condition: { op: 'custodian', is: caller.institution },
      party: caller.institution,
      onlyParty: undefined,
      isOwnSystem: true,
      consulted: [],
      related: [],
    }
  }
  if (governed.has(about.type) || (caller.role === 'privacy-officer' && ['RelatedPerson', 'Provenance'].includes(about.type)))
    return {
      condition: governedCondition(caller, about.type),
      party: partyOf(caller),
      onlyParty: undefined,
      isOwnSystem: false,
      consulted: [],
      related: [],
    }
  if (caller.role === 'patient' || caller.role === 'proxy') {
    const request = accessRequest(context, caller, about.action)
    const seen = view(request, new Map(), { implicit: context.config.implicitPolicy }, context.now().getTime())
    return { condition: seen.condition, party: undefined, onlyParty: undefined, isOwnSystem: false, consulted: [], related: [] }
  }
  if (!isClinician(caller))
    return { condition: nothing, party: undefined, onlyParty: undefined, isOwnSystem: false, consulted: [], related: [] }
  return clinicianSight(tables, context, caller, about)
}

/** Whether `sightOf` is made of a policy, and of nothing that the type decides. */
export function isByConsent(caller: Caller, type: string): boolean {
  return isClinician(caller) && !governed.has(type)
}

async function clinicianSight(tables: Tables, context: Context, caller: Caller, about: Omit<About, 'type'>): Promise<Sight> {
  const request = accessRequest(context, caller, about.action)
  const policy = await (about.policy ?? policyOnce(tables, context, caller, about))()
  const seen = view(request, policy.rules, { implicit: context.config.implicitPolicy }, context.now().getTime())
  const related = [...new Set([...about.liveRelated.filter((person) => about.persons.includes(person)), ...policy.related])]
  // Need is shown by relation; without one, a clinician sees the own institution only.
  const reach: Condition = {
    op: 'or',
    of: [
      { op: 'custodian', is: caller.institution },
      { op: 'persons', anyOf: related },
    ],
  }
  return {
    condition: { op: 'and', of: [reach, seen.condition] },
    party: undefined,
    onlyParty: caller.role === 'coordinator' ? caller.institution : undefined,
    isOwnSystem: false,
    consulted: seen.consulted,
    related,
    policy,
  }
}

/** What is in force about these persons for this caller, in one snapshot; read when first asked for, and then the same for all who ask. */
export function policyOnce(
  tables: Tables,
  context: Context,
  caller: Caller,
  about: Pick<About, 'persons' | 'action'>,
): () => Promise<Policy> {
  let read: Promise<Policy> | undefined
  return () => (read ??= tables.policies.of(policyAsk(context, caller, about)))
}

export function policyAsk(context: Context, caller: Caller, about: Pick<About, 'persons' | 'action'>): PolicyAsk {
  const { insideReceiver, basis } = accessRequest(context, caller, about.action)
  const also = basis.emergency.kind === 'person' ? [basis.emergency.person] : []
  return { relation: relationAsk(context, caller.institution, about.persons), also, insideReceiver }
}

/** The receiver of a delivery is its institution, judged like a clinician there with the referral as relation. */
export async function deliverySight(tables: Tables, context: Context, input: { receiver: string; person: string }): Promise<Sight> {
  const rows = await tables.consents.provisionsOf([input.person])
  const request = deliveryRequest(context, input.receiver)
  const seen = view(request, byPerson(rows), { implicit: context.config.implicitPolicy }, context.now().getTime())
  return {
    condition: seen.condition,
    party: undefined,
    onlyParty: undefined,
    isOwnSystem: false,
    consulted: seen.consulted,
    related: [input.person],
  }
}

export function deliveryRequest(context: Context, receiver: string): AccessRequest {
  const own = context.directory.keysOf(receiver)
  return {
    action: actionOf.delivery,
    purposes: ['TREAT'],
    institution: receiver,
    receiver: [...own, ...context.directory.groupsOf(own)],
    insideReceiver: [],
    basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
  }
}

export function isVisible(sight: Sight, content: HeldContent): boolean {
  if (content.deleted) return false
  if (sight.onlyParty !== undefined && !content.parties.includes(sight.onlyParty)) return false
  if (matches(sight.condition, content.facts)) return true
  return sight.party !== undefined && content.parties.includes(sight.party)
}

export function isClinician(caller: Caller): boolean {
  return caller.role === 'doctor' || caller.role === 'nurse' || caller.role === 'coordinator'
}

function partyOf(caller: Caller): string | undefined {
  return isClinician(caller) ? caller.institution : undefined
}

function governedCondition(caller: Caller, type: string): Condition {
  switch (caller.role) {
    case 'patient':
    case 'proxy': {
      const own: Condition = { op: 'persons', anyOf: [caller.person] }
      // A patient sees the referral and the recall, not the review of whose record something is.
      return type === 'Task' ? { op: 'and', of: [own, { op: 'classes', anyOf: [profile.referralTask, profile.recallTask] }] } : own
    }
    case 'privacy-officer':
      return officerSees[type] ?? nothing
    case 'doctor':
    case 'nurse':
    case 'coordinator':
    case 'auditor':
    case 'integrator':
    case 'system':
      return nothing
    default:
      return caller.role satisfies never
  }
}

/** Who acts for whom, as the officer verified it; what EMRs say of relatives is not for the officer. */
const verifiedRelations: Condition = {
  op: 'and',
  of: [
    { op: 'custodian', is: networkId },
    { op: 'classes', anyOf: ['RelatedPerson'] },
  ],
}

/** Made by the network alone: no Task of an institution's own, and no referral that calls itself a recall or a review. */
const officerTasks: Condition = {
  op: 'and',
  of: [
    { op: 'custodian', is: networkId },
    { op: 'classes', anyOf: [profile.recallTask, profile.consentReviewTask] },
    { op: 'not', of: { op: 'classes', anyOf: [profile.referralTask] } },
  ],
}

const supersessions: Condition = {
  op: 'and',
  of: [
    { op: 'custodian', is: networkId },
    { op: 'classes', anyOf: [profile.supersession] },
  ],
}

/** What the officer reads by role; all else is refused. */
const officerSees: Readonly<Record<string, Condition>> = {
  Consent: { op: 'true' },
  Task: officerTasks,
  Provenance: supersessions,
  RelatedPerson: verifiedRelations,
}

interface Requests {
  readonly directory: Directory
  readonly of: Map<Action, AccessRequest>
}

const requests = new WeakMap<Caller, Requests>()

/** The same object for the same question: what a caller is asks nothing but the token and the directory. */
export function accessRequest(context: Context, caller: Caller, action: Action): AccessRequest {
  const { directory } = context
  const before = requests.get(caller)
  const known = before?.directory === directory ? before : { directory, of: new Map<Action, AccessRequest>() }
  if (known !== before) requests.set(caller, known)
  const asked = known.of.get(action)
  if (asked !== undefined) return asked
  const request = newRequest(context, caller, action)
  known.of.set(action, request)
  return request
}

function newRequest(context: Context, caller: Caller, action: Action): AccessRequest {
  const departments = caller.departments.flatMap((code) => [`dept:${code}`, `dept:${caller.institution}:${code}`])
  const practitioner = caller.practitioner === '' ? [] : [`practitioner:${caller.practitioner}`]
  const inside = [...practitioner, ...departments]
  const organizations = context.directory.keysOf(caller.institution)
  const groups = context.directory.groupsOf([...inside, ...organizations])
  const isOwnRecord = caller.role === 'patient' || caller.role === 'proxy'
  return {
    action,
    purposes: caller.purposes,
    institution: isOwnRecord ? networkId : caller.institution,
    receiver: [...inside, `role:${caller.role}`, `role:${caller.institution}:${caller.role}`, ...organizations, ...groups],
    insideReceiver: [...inside, ...context.directory.groupsOf(inside)],
    basis: {
      inHouse: isClinician(caller),
      patientRequest: isOwnRecord && caller.person !== '' ? { kind: 'person', person: caller.person } : { kind: 'none' },
      emergency: caller.breakGlass.kind === 'declared' ? { kind: 'person', person: caller.breakGlass.patient } : { kind: 'none' },
      statute: { kind: 'none' },
    },
  }
}

function byPerson(rows: readonly ProvisionRow[]): ReadonlyMap<string, readonly ProvisionRow[]> {
  const out = new Map<string, ProvisionRow[]>()
  for (const row of rows) out.set(row.person, [...(out.get(row.person) ?? []), row])
  return out
}
