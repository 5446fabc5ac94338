/**
 * Is the record one the provision names, or one that a named record refers to?
 * The store resolves each target to ids before the pure call. A target without ids is unknown: a permit does not reach it, a deny may mean
 * any record. Meanings `dependents` and `authoredby` are unreadable here.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.data
 */
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, oneOf } from '../condition.ts'
import type { DataTarget } from '../types.ts'
import { isModified, readRepeats, type Read, type Rule, type Stated } from './rule.ts'

type NamedData = NonNullable<ConsentProvision['data']>[number]

export const data: Rule = {
  element: 'data',
  part: 'data',
  read: readTargets,
  ask(row) {
    if (row.data === null) return always
    if (row.type === 'deny' && row.data.some((target) => target.ids.length === 0)) return always
    return oneOf(
      'ids',
      row.data.flatMap((target) => target.ids),
    )
  },
}

function readTargets(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.data === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.data, `${expression}.data`, readTarget)
  return { terms: { data: values.toSorted((a, b) => (targetKey(a) < targetKey(b) ? -1 : 1)) }, unreadable }
}

/** The network id of a literal reference `Type/id`; the store fills in `ids`. */
function readTarget(named: NamedData): Read<DataTarget> {
  if (isModified(named)) return { reason: 'unknown modifierExtension' }
  if (named.meaning !== 'instance' && named.meaning !== 'related') return { reason: 'meaning is neither `instance` nor `related`' }
  const [, id] = /^[A-Z][A-Za-z]+\/([A-Za-z0-9\-.]{1,64})$/.exec(named.reference?.reference ?? '') ?? []
  return id === undefined
    ? { reason: 'not a literal reference to a record of the network' }
    : { value: { meaning: named.meaning, reference: id, ids: [] } }
}

function targetKey(target: DataTarget): string {
  return `${target.meaning} ${target.reference}`
}
