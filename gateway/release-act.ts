/** What the releases share: entries from parts, and the ledger row that is committed before anything is minted. */
import type { ConsentVersion } from '../consent/types.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import { asMatch, type TextEntry } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import type { HeldContent } from './held.ts'
import type { Part } from './judged.ts'
import type { TextOfPerson } from './composed.ts'
import type { VisibleRecord } from './logic/person.ts'
import { ledgerEntry, maskedQuery, whoOf, type Act } from './ledger-entry.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { RulesChanged } from './rested.ts'
import type { Standing } from './store/policy.ts'
import { inSpan } from './trace.ts'

export function matchOf(base: string, part: Part): TextEntry {
  return { fullUrl: `${base}/${part.type}/${part.id}`, text: part.text, rest: asMatch }
}

export function personEntry(base: string, { id, text }: TextOfPerson): TextEntry {
  return { fullUrl: `${base}/Patient/${id}`, text, rest: asMatch }
}

export function headersOf(part: Part): Record<string, string> {
  return { etag: `W/"${part.version}"`, 'last-modified': new Date(part.updatedMs).toUTCString() }
}

export function patientIn(part: Pick<Part, 'text' | 'custodian' | 'updatedMs'>): VisibleRecord[] {
  const value = valueOf(part.text)
  return isResource(value) && value.resourceType === 'Patient'
    ? [{ patient: value, custodian: part.custodian, updatedMs: part.updatedMs }]
    : []
}

export function personsOf(parts: readonly Part[], asked: readonly string[]): readonly string[] {
  return [...new Set([...asked, ...parts.flatMap((part) => (part.person === '' ? [] : [part.person]))])]
}

export function released(interaction: string, parts: readonly Part[], consents: readonly ConsentVersion[]): Act {
  return {
    action: interaction === 'search-type' ? 'E' : 'R',
    interaction,
    outcome: 'success',
    persons: personsOf(parts, []),
    entities: parts.map(({ type, networkId, version }) => ({ type, id: networkId, version })),
    consents,
    note: '',
  }
}

/** A refusal names the person and the consents, never a hidden row. */
export function refusal(interaction: string, content: HeldContent | undefined, consents: readonly ConsentVersion[]): Act {
  const person = content?.facts.person ?? ''
  return {
    action: 'R',
    interaction,
    outcome: 'refused',
    persons: person === '' ? [] : [person],
    entities: [],
    consents,
    note: 'not released',
  }
}

/** @param standing the rules it rests on: throws RulesChanged, and nothing is written, where they are not the same any more */
export async function record(context: Context, call: Call, act: Act, standing?: Standing): Promise<void> {
  const entry = ledgerEntry(context, whoOf(call.caller, call.address), { requestId: call.requestId, query: maskedQuery(call) }, act)
  const { admission } = call
  const jti = admission.jti()
  const { isLive, isStanding } = await inSpan('release.record', {}, () => context.store.ledger.append([entry], { standing, jti }))
  if (jti !== undefined) admission.seen(isLive)
  await admission.required()
  if (!isStanding) throw new RulesChanged()
}
