/**
 * The directed consent a clinician may submit inside a referral: it opens that referral to its receiver until an end, and nothing else.
 * The patient was asked (`verifiedWith`) and signed. It is the only consent a clinician writes.
 */
import type { Consent, ConsentProvision } from '../fhir-profiles/r4.ts'
import { isUnverified, verificationFaultsOf, wholeFaultsOf } from './deciding.ts'
import { nothingStated, readProvision } from './provision.ts'
import { readActor } from './rules/actor.ts'
import { replacedIn } from './replaces.ts'
import { isModified, type Reading, type Unreadable } from './rules/rule.ts'
import type { ActorKey } from './types.ts'
import { checkWritable, fault, isNamed } from './writable.ts'

export interface DirectedInput extends Omit<Reading, 'relatesBothWays'> {
  /** how the Bundle refers to the referral's own ServiceRequest and Task, e.g. `ServiceRequest/a1`; compared as written */
  readonly referralReferences: readonly string[]
  /** the keys by which the referral's owner may be named, e.g. `org:tertiary` */
  readonly receiverKeys: readonly ActorKey[]
}

/** Faults, none when the consent is a directed one of this referral. */
export function checkDirected(consent: Consent, input: DirectedInput): readonly Unreadable[] {
  const provision = consent.provision ?? {}
  return [
    ...checkWritable(consent, input.directory),
    ...wholeFaultsOf(consent, input.directory),
    ...fault(consent.status !== 'active', 'Consent.status', 'a directed consent is active'),
    ...fault(provision.type !== 'permit', 'Consent.provision.type', 'a directed consent permits'),
    ...fault(provision.provision !== undefined, 'Consent.provision.provision', 'a directed consent has no exceptions'),
    ...fault(provision.period?.end === undefined, 'Consent.provision.period.end', 'absent'),
    ...fault(replacedIn(consent).length > 0, 'Consent.extension', 'a directed consent replaces no other'),
    ...receiverFaults(provision, input),
    ...dataFaults(provision, input.referralReferences),
    ...unreadableFaults(provision, input),
    ...signatureFaults(consent),
  ]
}

function receiverFaults(provision: ConsentProvision, input: DirectedInput): readonly Unreadable[] {
  const actors = provision.actor ?? []
  const isReceiver = (actor: (typeof actors)[number]): boolean => {
    const read = readActor(actor, input.directory)
    return 'value' in read && read.value.side === 'receiver' && input.receiverKeys.includes(read.value.key)
  }
  const isExact = actors.length > 0 && actors.every(isReceiver)
  return fault(!isExact, 'Consent.provision.actor', 'not exactly the owner of the referral as receiver')
}

function dataFaults(provision: ConsentProvision, referralReferences: readonly string[]): readonly Unreadable[] {
  const named = provision.data ?? []
  const isLimited = named.every(
    (data) =>
      !isModified(data) &&
      (data.meaning === 'instance' || data.meaning === 'related') &&
      data.reference?.reference !== undefined &&
      referralReferences.includes(data.reference.reference),
  )
  return fault(named.length === 0 || !isLimited, 'Consent.provision.data', 'not limited to the referral')
}

/** References inside a Bundle are not network references yet; `dataFaults` holds them to the referral instead. */
function unreadableFaults(provision: ConsentProvision, input: DirectedInput): readonly Unreadable[] {
  const read = readProvision(provision, 'Consent.provision', nothingStated, { ...input, relatesBothWays: false })
  return read.unreadable.filter(({ expression }) => !expression.startsWith('Consent.provision.data['))
}

function signatureFaults(consent: Consent): readonly Unreadable[] {
  const { sourceAttachment, sourceReference } = consent
  const isConfirmed = (consent.verification ?? []).some((verification) => verification.verified && isNamed(verification.verifiedWith))
  // A clinic keeps the paper: naming the form it keeps is as good as sending its picture.
  const isAttached = [sourceAttachment?.data, sourceAttachment?.url, sourceAttachment?.title].some((said) => said !== undefined)
  return [
    ...verificationFaultsOf(consent),
    ...fault(!isConfirmed || isUnverified(consent), 'Consent.verification.verifiedWith', 'not confirmed with the patient or a relative'),
    ...fault(!isAttached && !isNamed(sourceReference), 'Consent.source', 'the signed form is absent'),
  ]
}
