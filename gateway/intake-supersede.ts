/**
 * One consent takes the place of another because its writer says so: the one named becomes inactive in the same transaction, and a
 * Provenance says which replaced which. Nothing is inferred from dates (consent.md, item 6).
 */
import { replacedIn, whyNotReplaceable } from '../consent/replaces.ts'
import { extension, profile, system } from '../fhir-profiles/codes.ts'
import type { Consent, Provenance } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { takeRecords, type IntakeResult } from './intake.ts'
import { currentConsent, takeConsent, type StoredConsent } from './intake-consent.ts'
import type { AuditWho } from './logic/audit.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

export interface Superseding {
  readonly consent: Consent
  readonly id: string
  readonly person: string
  /** as it stood; undefined for a new one. What an active version named before was replaced then */
  readonly before: Consent | undefined
}

/** The consents it takes the place of, as they stand. Throws 422; one of somebody else is as unknown as one that never was. */
export async function replacedBy(tables: Tables, context: Context, input: Superseding): Promise<readonly StoredConsent[]> {
  if (input.consent.status !== 'active') return []
  const done = input.before?.status === 'active' ? replacedIn(input.before).flatMap((each) => ('id' in each ? [each.id] : [])) : []
  const found: StoredConsent[] = []
  for (const each of replacedIn({ ...input.consent, id: input.id })) {
    if ('fault' in each) throw irreplaceable(each.fault)
    if (done.includes(each.id) || found.some(({ id }) => id === each.id)) continue
    const older = await currentConsent(tables, each.id)
    if (older === undefined || older.person !== input.person) throw irreplaceable('the consent named is not known for this patient')
    const why = whyNotReplaceable(input.consent, older.consent, context.directory)
    if (why !== undefined) throw irreplaceable(why)
    found.push(older)
  }
  return found
}

/** Runs after the new consent is in force, in its transaction. Answers everything written, for the ledger entry of the write. */
export async function supersede(
  tables: Tables,
  context: Context,
  input: Superseding & { readonly who: AuditWho },
): Promise<readonly IntakeResult[]> {
  // Locked in one order, so that two writers who replace the same consents never wait for each other crosswise.
  for (const id of replacedIn(input.consent)
    .flatMap((each) => ('id' in each ? [each.id] : []))
    .sort())
    await tables.records.lock(id)
  const written: IntakeResult[] = []
  const replaced = await replacedBy(tables, context, input)
  for (const { id, consent, person, parties } of replaced) {
    written.push(
      await takeConsent(tables, context, {
        consent: { ...consent, status: 'inactive' },
        person,
        id,
        isNew: false,
        ifMatch: '',
        from: consent.status,
        signedByProxy: false,
        parties,
        isReplaced: true,
      }),
    )
  }
  if (replaced.length === 0) return written
  const provenance = provenanceOf(input, replaced, context.now().toISOString())
  const entry = { method: 'POST', resource: provenance, fullUrl: '', ifMatch: '', parties: [] } as const
  return [...written, ...(await takeRecords(tables, context, { institution: networkId, space: 'network', entries: [entry] }))]
}

function provenanceOf({ id, who }: Superseding & { readonly who: AuditWho }, replaced: readonly StoredConsent[], at: string): Provenance {
  return {
    resourceType: 'Provenance',
    meta: { profile: [profile.supersession] },
    target: [{ reference: `Consent/${id}` }, ...replaced.map((older) => ({ reference: `Consent/${older.id}` }))],
    recorded: at,
    activity: { coding: [{ system: system.dataOperation, code: 'UPDATE' }] },
    agent: [{ role: [{ text: who.role }], who: { identifier: { value: who.subject } } }],
    entity: replaced.map((older) => ({ role: 'revision', what: { reference: `Consent/${older.id}/_history/${older.version}` } })),
  }
}

function irreplaceable(reason: string): Problem {
  return new Problem('unprocessable', reason, { id: 'consent-replaces', expression: `Consent.extension('${extension.replaces}')` })
}
