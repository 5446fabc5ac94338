/**
 * Is the record one the provision names, or one step away from it?
 * `related`: what the target refers to; `dependents`: what refers to the target; a deny takes both, and so does a permit of the PCF
 * profile. `authoredby`: what the named author made. The store resolves each target before the pure call. A target that was never given
 * out is unknown: a permit does not reach it, a deny may mean any record; of one whose references were not read a deny may mean any
 * record of its custodian.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.data
 */
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, any, custodianIs, never, oneOf } from '../condition.ts'
import { unknownWord, type Condition, type DataTarget, type ProvisionRow } from '../types.ts'
import { isModified, readRepeats, type Read, type Reading, type Rule, type Stated } from './rule.ts'

type NamedData = NonNullable<ConsentProvision['data']>[number]

export const data: Rule = {
  element: 'data',
  part: 'data',
  read: readTargets,
  ask: (row) => (row.data === null ? always : any(row.data.map((target) => near(target, row.type)))),
}

function near(target: DataTarget, type: ProvisionRow['type']): Condition {
  const { meaning, reference, found } = target
  if (meaning === 'authoredby') return oneOf('sources', [reference])
  if (found.kind === 'unknown') return type === 'deny' ? always : never
  const itself = oneOf('ids', [reference])
  if (meaning === 'instance') return itself
  const isBothWays = type === 'deny' || target.bothWays
  const outward = isBothWays || meaning === 'related' ? refersTo(target, type) : never
  const inward = isBothWays || meaning === 'dependents' ? oneOf('relations', [reference, ...(type === 'deny' ? [unknownWord] : [])]) : never
  return any([itself, outward, inward])
}

function refersTo({ found }: DataTarget, type: ProvisionRow['type']): Condition {
  if (found.kind === 'read') return oneOf('ids', found.refersTo)
  return found.kind === 'closed' && type === 'deny' ? custodianIs(found.custodian) : never
}

function readTargets(provision: ConsentProvision, expression: string, reading: Reading): Stated | undefined {
  if (provision.data === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.data, `${expression}.data`, (named) => readTarget(named, reading))
  return { terms: { data: values.toSorted((a, b) => (targetKey(a) < targetKey(b) ? -1 : 1)) }, unreadable }
}

/** The network id of a literal reference `Type/id`; the store fills in what is found. */
function readTarget(named: NamedData, reading: Reading): Read<DataTarget> {
  if (isModified(named)) return { reason: 'unknown modifierExtension' }
  const { meaning } = named
  const literal = named.reference?.reference ?? ''
  const [, type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/.exec(literal) ?? []
  if (type === undefined || id === undefined) return { reason: 'not a literal reference to a record of the network' }
  const target = { bothWays: reading.relatesBothWays, found: { kind: 'unknown' } } as const
  switch (meaning) {
    case 'instance':
    case 'related':
    case 'dependents':
      return { value: { ...target, meaning, reference: id } }
    case 'authoredby': {
      const author = reading.directory.resolve({ reference: literal })
      return author === undefined
        ? { reason: 'author is not known to the directory' }
        : { value: { ...target, meaning, reference: author } }
    }
    default:
      return { reason: 'not a meaning of data' }
  }
}

function targetKey(target: DataTarget): string {
  return `${target.meaning} ${target.reference}`
}
