/**
 * Does the provision name the caller as receiver, or a source of the record? Its repeats are alternatives, whichever side they are on.
 * Receiver: role IRCP, PRCP, GRANTEE or none. Source: CST or AUT. Any other role is unreadable.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.actor
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, ConsentProvision, ConsentProvisionActor, Reference } from '../../fhir-profiles/r4.ts'
import { any, always, oneOf, truth } from '../condition.ts'
import type { ActorDirectory, ActorKey } from '../types.ts'
import { isModified, readRepeats, sorted, type Read, type Reading, type Rule, type Stated } from './rule.ts'

type Side = 'receiver' | 'source'

export interface NamedActor {
  readonly side: Side
  readonly key: ActorKey
}

const sides: ReadonlyMap<string, Side> = new Map([
  [`${system.participation}|IRCP`, 'receiver'],
  [`${system.participation}|PRCP`, 'receiver'],
  [`${system.roleCode}|GRANTEE`, 'receiver'],
  [`${system.participation}|CST`, 'source'],
  [`${system.participation}|AUT`, 'source'],
])

export const actor: Rule = {
  element: 'actor',
  part: 'context',
  read: readActors,
  ask(row, { request }) {
    // Not stated at all is no constraint; stated with nobody readable concerns nobody.
    if (row.receivers === null && row.sources === null) return always
    const isReceiver = (row.receivers ?? []).some((key) => request.receiver.includes(key))
    return any([truth(isReceiver), oneOf('sources', row.sources ?? [])])
  },
}

export function readActor(named: ConsentProvisionActor, directory: ActorDirectory): Read<NamedActor> {
  if (isModified(named)) return { reason: 'unknown modifierExtension' }
  const side = sideOf(named.role)
  if (side === undefined) return { reason: 'actor role is neither a receiver nor a source' }
  const key = actorKeyOf(named.reference, directory)
  if (key === undefined) return { reason: 'actor is not known to the directory' }
  if (side === 'source' && !isSourceKey(key)) return { reason: 'no record says that it comes from such an actor' }
  return { value: { side, key } }
}

/** Records say whose they are, which department they come from and who wrote them; not in which role, nor for which group. */
function isSourceKey(key: ActorKey): boolean {
  return /^(org|dept|practitioner):/.test(key)
}

/** The directory's key of what is referred to, by reference and by identifier; where both are given they must name the same. */
export function actorKeyOf(reference: Reference | undefined, directory: ActorDirectory): ActorKey | undefined {
  const identifier = reference?.identifier
  const names = [
    ...(reference?.reference === undefined ? [] : [{ reference: reference.reference }]),
    ...(identifier === undefined ? [] : [{ system: identifier.system, value: identifier.value }]),
  ]
  const [first, ...others] = names.map((name) => directory.resolve(name))
  return others.every((key) => key === first) ? first : undefined
}

function readActors(provision: ConsentProvision, expression: string, reading: Reading): Stated | undefined {
  if (provision.actor === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.actor, `${expression}.actor`, (named) => readActor(named, reading.directory))
  const keysOn = (side: Side) => sorted(values.filter((named) => named.side === side).map((named) => named.key))
  return { terms: { receivers: keysOn('receiver'), sources: keysOn('source') }, unreadable }
}

function sideOf(role: CodeableConcept | undefined): Side | undefined {
  if (role === undefined) return 'receiver'
  const known = (role.coding ?? [])
    .map((coding) => sides.get(`${coding.system ?? ''}|${coding.code ?? ''}`))
    .filter((side) => side !== undefined)
  const [first, ...others] = known
  return others.every((side) => side === first) ? first : undefined
}
