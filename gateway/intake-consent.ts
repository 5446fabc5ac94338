/**
 * A consent comes in: readable enough to be enforced, a lawful change of status, compiled into rules in the same transaction. The commit
 * is the moment of effect: the next request anywhere on this database is judged by it.
 */
import { compile } from '../consent/compile.ts'
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
import { open } from './held.ts'
import { takeRecords, type IntakeResult } from './intake.ts'
import { beforeChange } from './intake-recall.ts'
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
  const faults = checkWritable(input.consent, context.directory)
  if (faults.length > 0) {
    throw new Problem('unprocessable', 'this consent could not be enforced as it is', {
      issues: faults.map((fault) => ({ id: 'unenforceable-consent', diagnostics: fault.reason, expression: fault.expression })),
    })
  }
  const change = changeStatus(input.from, input.consent.status)
  if (!change.lawful) throw new Problem('unprocessable', change.reason, { id: 'consent-status', expression: 'Consent.status' })
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
  const { birthDates, isDead } = await lifeOf(tables, input.person)
  const birthDate = birthDates[0]
  const compiled = compile(
    { ...input.consent, id: input.id },
    {
      version: result.version,
      person: input.person,
      directory: context.directory,
      timeZone: context.config.timeZone,
      signedByGuardian: input.signedByProxy && isChild(birthDate, context),
      birthDate,
      afterDeath: isDead,
    },
  )
  await tables.consents.replace(input.id, compiled.rows)
  if (compiled.unreadable.length > 0) context.log('warn', 'consent-partly-unreadable', { count: compiled.unreadable.length })
  if (input.from === 'active' && input.consent.status !== 'active') await keepRefusing(tables, context, input)
  await resumeTasks(tables, context, await tables.parcels.wake(input.person, context.now().getTime()))
  return result
}

/**
 * A withdrawal never widens (consent.md, item 7): where the implicit policy could permit what the consent no longer speaks about, an
 * active refusal takes its place.
 */
async function keepRefusing(tables: Tables, context: Context, input: ConsentIntake): Promise<void> {
  if (!permitsBetweenInstitutions(context.config.implicitPolicy)) return
  const { scope, category, patient, organization } = input.consent
  const refusal: Consent = compact<Consent>({
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
export async function currentConsent(
  tables: Tables,
  id: string,
): Promise<{ consent: Consent; person: string; parties: readonly string[] } | undefined> {
  const held = await tables.records.byId('Consent', id)
  const content = held === undefined ? undefined : open(held)
  if (content === undefined || content.deleted) return undefined
  const value: unknown = JSON.parse(content.text)
  return isResource(value) && value.resourceType === 'Consent'
    ? { consent: value, person: content.facts.person, parties: content.parties }
    : undefined
}
