/**
 * What a consent says before its exceptions: the root's `type`, or where that is absent a known policy.
 * Departs: R4 wants the base in the policy and forbids the root type; every guide since requires it at the root, so it comes first.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.type · https://profiles.ihe.net/ITI/PCF
 */
import { system } from '../fhir-profiles/codes.ts'
import type { Consent } from '../fhir-profiles/r4.ts'

export type BaseType = 'permit' | 'deny'

/** The opt-in and opt-out families of v3-ActCode, and policies with a published meaning. */
const policies: ReadonlyMap<string, BaseType> = new Map([
  [`${system.actCode}|OPTIN`, 'permit'],
  [`${system.actCode}|OPTINR`, 'permit'],
  [`${system.actCode}|OPTOUT`, 'deny'],
  [`${system.actCode}|OPTOUTE`, 'deny'],
  ['https://profiles.ihe.net/ITI/PCF/Policy-deny', 'deny'],
])

/** Undefined when neither the root nor a registered policy says it, or when they contradict each other. */
export function baseTypeOf(consent: Consent): BaseType | undefined {
  const { provision } = consent
  if (provision === undefined) return undefined
  if (provision.type !== undefined) return isBaseType(provision.type) ? provision.type : undefined
  // `_type` without `type`: something was meant, but not said.
  if (Object.hasOwn(provision, '_type')) return undefined
  const codes = (consent.policyRule?.coding ?? []).map((coding) => `${coding.system ?? ''}|${coding.code ?? ''}`)
  const uris = (consent.policy ?? []).filter((policy) => policy.modifierExtension === undefined).map((policy) => policy.uri ?? '')
  const known = [...codes, ...uris].map((name) => policies.get(name)).filter((type) => type !== undefined)
  const [first, ...others] = known
  return others.every((type) => type === first) ? first : undefined
}

export function isBaseType(type: string | undefined): type is BaseType {
  return type === 'permit' || type === 'deny'
}
