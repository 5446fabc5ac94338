/** What consents say and decide, for those who may know it: the officer and the person concerned. One ledger entry, committed before a byte. */
import type { ConsentVersion } from '../consent/types.ts'
import type { Call, Context } from './context.ts'
import { record } from './release-act.ts'
import type { ConsultDecision } from '../consent/consult.ts'
import { mint, type Released } from './released.ts'

/** One parameter of our own making: words, codes and references to consents; no element of a record fits in. */
export type ToldParameter = { readonly name: string } & (
  | { readonly valueCode: string }
  | { readonly valueString: string }
  | { readonly valueBoolean: boolean }
  | { readonly valueDateTime: string }
  | { readonly valueReference: { readonly reference: string } }
  | { readonly part: readonly ToldParameter[] }
)

/** An explanation is a dry run: this entry is all that it writes. */
export async function releaseExplanation(
  context: Context,
  call: Call,
  input: { readonly person: string; readonly consents: readonly ConsentVersion[]; readonly parameter: readonly ToldParameter[] },
): Promise<Released> {
  await record(context, call, {
    action: 'E',
    interaction: 'consent-explain',
    outcome: 'success',
    persons: [input.person],
    entities: input.consents.map(({ id, version }) => ({ type: 'Consent', id, version })),
    consents: input.consents,
    note: 'dry run',
  })
  return mint(200, {}, JSON.stringify({ resourceType: 'Parameters', parameter: input.parameter }))
}

export interface Card {
  readonly decision: ConsultDecision
  readonly obligations: readonly object[]
  /** what of the content sent along may go to the actor; undefined when none was sent */
  readonly content: object | undefined
  readonly basedOn: readonly ConsentVersion[]
}

/** The answer of a decision service: one card. Spec: https://cds-hooks.hl7.org/ (HTTP response) */
export async function releaseCard(
  context: Context,
  call: Call,
  input: { readonly persons: readonly string[]; readonly card: Card },
): Promise<Released> {
  const { decision, obligations, content, basedOn } = input.card
  await record(context, call, {
    action: 'E',
    interaction: 'consent-consult',
    outcome: 'success',
    persons: input.persons,
    entities: basedOn.map(({ id, version }) => ({ type: 'Consent', id, version })),
    consents: basedOn,
    note: decision,
  })
  const base = `${context.config.publicUrl}/fhir/R4`
  const card = {
    summary: decision,
    detail: details[decision],
    indicator: decision === 'CONSENT_PERMIT' ? 'info' : 'warning',
    source: { label: 'care-network', url: base },
    extension: {
      decision,
      obligations,
      ...(content === undefined ? {} : { content }),
      basedOn: basedOn.map(({ id, version }) => ({ reference: `Consent/${id}/_history/${version}` })),
    },
  }
  return mint(200, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify({ cards: [card] }))
}

const details: Readonly<Record<ConsultDecision, string>> = {
  CONSENT_PERMIT: 'a consent permits this',
  CONSENT_DENY: 'a consent speaks and does not permit this',
  NO_CONSENT: 'no consent permits this',
}

/** What services there are: the same for everybody. */
export const hookServices = {
  services: [
    {
      id: 'patient-consent-consult',
      hook: 'patient-consent-consult',
      title: 'Patient consent consult',
      description: 'whether an actor may have a patient’s records of other institutions, by the consents in force',
    },
  ],
} as const
