/**
 * A consent comes in: readable enough to be enforced, a lawful change of status, compiled into rules in the same transaction. The commit
 * is the moment of effect: the next request anywhere on this database is judged by it.
 */
import { compile, type Compiled } from '../consent/compile.ts'
import { permitsBetweenInstitutions } from '../consent/implicit.ts'
import { changeStatus } from '../consent/lifecycle.ts'
import { checkWritable } from '../consent/writable.ts'
import { ownConsentAgeRows, rowAt } from '../consent/law/kr.ts'
import { system } from '../fhir-profiles/codes.ts'
import { compact, type Consent } from '../fhir-profiles/r4.ts'
import { ageAt, parseTime } from '../fhir-profiles/time.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { open, type Held } from './held.ts'
import { takeRecords, type IntakeResult } from './intake.ts'
import { beforeChange } from './intake-recall.ts'
import { reviewConsent } from './intake-consent-review.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { Problem } from './problem.ts'
import { lifeOf } from './standing.ts'
import { resumeTasks } from './referral-step.ts'
import type { Tables } from './store/store.ts'

export interface ConsentIntake {
  readonly consent: Consent
  readonly person: string
  /** network id; a new one for a create */
  readonly id: string
  readonly isNew: boolean
  readonly ifMatch: string
  /** status of the version before; undefined for a new consent */
  readonly from: string | undefined
  /** somebody signed for the patient; for a child that is the legal guardian */
  readonly signedByProxy: boolean
  readonly parties: readonly string[]
  /** another consent, written before it in this transaction, takes its place */
  readonly isReplaced?: boolean
}

/**
 * Throws unprocessable (422) with every fault by path. Whoever holds copies that the change uncovers is told, by parcels of the same
 * transaction; the caller wakes delivery after the commit.
 */
export async function takeConsent(tables: Tables, context: Context, input: ConsentIntake): Promise<IntakeResult> {
  const recall = await beforeChange(tables, context, { person: input.person, endMs: endOf(input.consent, context) })
  const result = await storeConsent(tables, context, input)
  await recall({ id: input.id, version: result.version })
  return result
}

/** The last instant a consent speaks, if it names an end that can be read. */
function endOf({ provision }: Consent, context: Context): number | undefined {
  const end = provision?.period?.end
  return end === undefined ? undefined : parseTime(end, context.config.timeZone)?.untilMs
}

async function storeConsent(tables: Tables, context: Context, input: ConsentIntake): Promise<IntakeResult> {
  requireLawful(context, input)
  const [result] = await takeRecords(tables, context, {
    institution: networkId,
    space: 'network',
    entries: [
      {
        method: input.isNew ? 'POST' : 'PUT',
        resource: { ...input.consent, id: input.id },
        fullUrl: '',
        ifMatch: input.ifMatch,
        parties: input.parties,
        ...(input.isNew ? { givenId: input.id } : {}),
      },
    ],
  })
  if (result === undefined) throw new TypeError('one entry gives one result')
  const compiled = await compiledOf(tables, context, { ...input, version: result.version })
  await tables.consents.replace(input.id, compiled.rows)
  await reviewConsent(tables, context, {
    id: input.id,
    person: input.person,
    version: Number(result.version),
    unreadable: compiled.unreadable,
  })
  const refusal = refusalInPlaceOf(context, input)
  if (refusal !== undefined) await keepRefusing(tables, context, input, refusal)
  await resumeTasks(tables, context, await tables.parcels.wake(input.person, context.now().getTime()))
  return result
}

/** What a write of this consent would be refused for; a dry run refuses the same. */
export function requireLawful(context: Context, input: Pick<ConsentIntake, 'consent' | 'from'>): void {
  const faults = checkWritable(input.consent, context.directory)
  if (faults.length > 0) {
    throw new Problem('unprocessable', 'this consent could not be enforced as it is', {
      issues: faults.map((fault) => ({ id: 'unenforceable-consent', diagnostics: fault.reason, expression: fault.expression })),
    })
  }
  const change = changeStatus(input.from, input.consent.status)
  if (!change.lawful) throw new Problem('unprocessable', change.reason, { id: 'consent-status', expression: 'Consent.status' })
}

/** The rules of a consent as a write makes them; `version` is the one they are to be known by. */
export async function compiledOf(
  tables: Tables,
  context: Context,
  input: Pick<ConsentIntake, 'consent' | 'person' | 'id' | 'signedByProxy'> & { readonly version: string },
): Promise<Compiled> {
  const { birthDates, isDead } = await lifeOf(tables, input.person)
  const birthDate = birthDates[0]
  return compile(
    { ...input.consent, id: input.id },
    {
      version: input.version,
      person: input.person,
      directory: context.directory,
      timeZone: context.config.timeZone,
      signedByGuardian: input.signedByProxy && isChild(birthDate, context),
      birthDate,
      afterDeath: isDead,
    },
  )
}

/**
 * A withdrawal never widens (consent.md, item 7): where the implicit policy could permit what the consent no longer speaks about, an
 * active refusal takes its place. A consent that another one replaces is no withdrawal: the other speaks instead.
 */
export function refusalInPlaceOf(context: Context, input: Pick<ConsentIntake, 'consent' | 'from' | 'isReplaced'>): Consent | undefined {
  const isWithdrawn = input.from === 'active' && input.consent.status !== 'active' && input.isReplaced !== true
  if (!isWithdrawn || !permitsBetweenInstitutions(context.config.implicitPolicy)) return undefined
  const { scope, category, patient, organization } = input.consent
  return compact<Consent>({
    resourceType: 'Consent',
    status: 'active',
    scope,
    category,
    patient,
    organization,
    dateTime: context.now().toISOString(),
    policyRule: { coding: [{ system: system.actCode, code: 'OPTOUT' }] },
    provision: { type: 'deny' },
  })
}

async function keepRefusing(tables: Tables, context: Context, input: ConsentIntake, refusal: Consent): Promise<void> {
  await storeConsent(tables, context, {
    consent: refusal,
    person: input.person,
    id: context.newId(),
    isNew: true,
    ifMatch: '',
    from: undefined,
    signedByProxy: false,
    parties: input.parties,
  })
}

/** Who signed is read from what the consent says: a RelatedPerson performing for the patient, or a proxy who writes it. */
export function isSignedByProxy(consent: Consent, writerIsProxy: boolean): boolean {
  return (
    writerIsProxy ||
    (consent.performer ?? []).some(
      (performer) => performer.reference?.startsWith('RelatedPerson/') === true || performer.type === 'RelatedPerson',
    )
  )
}

/** Below the age of own consent a guardian signs and the permit lapses at that birthday; an unknown birth date counts as a child's. */
function isChild(birthDate: string | undefined, context: Context): boolean {
  if (birthDate === undefined) return true
  const nowMs = context.now().getTime()
  const age = ageAt(birthDate, nowMs, context.config.timeZone)
  const row = rowAt(ownConsentAgeRows, nowMs)
  return age === undefined || row === undefined || age < row.years
}

/** The consent as it stands, for a change to it; undefined when there is none. */
export async function currentConsent(tables: Tables, id: string): Promise<StoredConsent | undefined> {
  const held = await tables.records.byId('Consent', id)
  return held === undefined ? undefined : storedIn(held)
}

/** Every consent about a person, whatever its status. */
export async function consentsAbout(tables: Tables, person: string): Promise<readonly StoredConsent[]> {
  return (await tables.records.ofPerson(person, ['Consent'], maxConsents)).flatMap((held) => storedIn(held) ?? [])
}

const maxConsents = 1_000

export interface StoredConsent {
  readonly id: string
  readonly version: string
  readonly consent: Consent
  readonly person: string
  readonly parties: readonly string[]
}

function storedIn(held: Held): StoredConsent | undefined {
  const { deleted, text, facts, version, parties } = open(held)
  const value: unknown = deleted ? undefined : valueOf(text)
  return isResource(value) && value.resourceType === 'Consent'
    ? { id: facts.id, version, consent: value, person: facts.person, parties }
    : undefined
}
