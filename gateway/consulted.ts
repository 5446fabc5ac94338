/**
 * A decision service's question, answered by the consents in force. For the officer whole; for a system one word about its own institution,
 * which tells a refusal from no consent as little as any other reply does (docs/decisions/061).
 */
import { consult, type Consultation } from '../consent/consult.ts'
import { factsOf } from '../consent/record-facts.ts'
import { judgeShown, type Scene } from '../consent/simulate.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Bundle, Resource } from '../fhir-profiles/r4.ts'
import type { Call, Context } from './context.ts'
import { sourcesOf } from './explained.ts'
import { sourceOf } from './custody.ts'
import { accessRequest } from './judge.ts'
import { prepare } from './prepare.ts'
import type { Card } from './release-consent.ts'
import { relatedPersons } from './relation.ts'

export interface Consulting {
  /** identifiers of the patient, as `system` and `value` */
  readonly patients: readonly { readonly system: string; readonly value: string }[]
  /** directory id of the actor's one institution */
  readonly institution: string
  /** national department codes the actor was named by */
  readonly departments: readonly string[]
  readonly purpose: string
  /** resource types; empty = all */
  readonly classes: readonly string[]
  /** whether consents about privacy are asked about at all */
  readonly isPrivacy: boolean
  readonly content: Bundle | undefined
}

export async function consulted(
  context: Context,
  call: Call,
  ask: Consulting,
): Promise<{ readonly persons: readonly string[]; readonly card: Card }> {
  const isOfficer = call.caller.role === 'privacy-officer'
  const person = await personOf(context, call, ask)
  const rows = person === undefined || !ask.isPrivacy ? [] : await context.store.consents.provisionsOf([person])
  const request = accessRequest(
    context,
    {
      ...call.caller,
      role: 'doctor',
      institution: ask.institution,
      departments: ask.departments,
      practitioner: '',
      person: '',
      purposes: [ask.purpose],
      breakGlass: { kind: 'none' },
    },
    'access',
  )
  const scene: Scene = { request, rows, environment: { implicit: context.config.implicitPolicy }, nowMs: context.now().getTime() }
  const about = { person: person ?? '', classes: ask.classes }
  const others = sourcesOf(context).filter(({ id }) => id !== ask.institution)
  const found = consult(scene, others, about)
  const persons = person === undefined ? [] : [person]
  if (!isOfficer) return { persons, card: cardForSystem(found) }
  return { persons, card: { ...found, obligations: obligationsOf(found), content: filtered(context, scene, ask, about.person) } }
}

/** What a system is told is no more than that its people may ask. */
function cardForSystem({ decision }: Consultation): Card {
  const isPermit = decision === 'CONSENT_PERMIT'
  return { decision: isPermit ? decision : 'NO_CONSENT', obligations: isPermit ? [noRedisclosure] : [], content: undefined, basedOn: [] }
}

const noRedisclosure = { id: { system: system.actCode, code: 'NORDSCLCD' } }

function obligationsOf({ decision, redacted }: Consultation): readonly object[] {
  if (decision !== 'CONSENT_PERMIT') return []
  const redact = { id: { system: system.actCode, code: 'REDACT' }, parameters: { codes: redacted } }
  return [noRedisclosure, ...(redacted.length === 0 ? [] : [redact])]
}

/** A system names its own patients, and those it has to do with now; anybody else is as unknown as nobody. */
async function personOf(context: Context, call: Call, { patients, institution }: Consulting): Promise<string | undefined> {
  const { store } = context
  const isOfficer = call.caller.role === 'privacy-officer'
  const found = new Set<string>()
  for (const { system: of, value } of patients) {
    const records = await store.identities.byIdentifier(of, value, isOfficer ? undefined : institution)
    for (const row of await store.identities.byRecords(records)) found.add(row.person)
  }
  const [person, ...others] = found
  if (person === undefined || others.length > 0) return undefined
  if (isOfficer) return person
  return (await relatedPersons(store, context, call.caller, [person]))[0]
}

/** Entries whose source is not known are left out: what a refusal names by source could be any of them. */
function filtered(context: Context, scene: Scene, { content }: Consulting, person: string): Bundle | undefined {
  if (content === undefined) return undefined
  const entry = (content.entry ?? []).filter(({ resource }) => resource !== undefined && mayGo(context, scene, resource, person))
  const { total: _, link: __, ...rest } = content
  return { ...rest, entry }
}

function mayGo(context: Context, scene: Scene, resource: Resource, person: string): boolean {
  const institution = context.directory.institutions.find(({ id }) => sourceOf(context, id) === resource.meta?.source)?.id
  if (institution === undefined) return false
  const { row } = prepare({
    resource,
    institution,
    localId: resource.id ?? '',
    id: resource.id ?? '',
    version: 1,
    updatedMs: scene.nowMs,
    isNetworkForm: false,
    networkIdOf: () => undefined,
    person,
    custodianKeys: context.directory.keysOf(institution),
    encounterSources: [],
    parties: [],
    source: sourceOf(context, institution),
    timeZone: context.config.timeZone,
    places: context.directory.places,
  })
  return judgeShown(scene, { ...factsOf(row), person }) === 'permit'
}
