/**
 * A relation between a person and who acts for them, as the privacy officer verified it: a RelatedPerson of the network's own. It ends by
 * its period or by `active` = false; both count from the next request on.
 */
import { compact, type RelatedPerson } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { takeRecords, type IntakeResult } from './intake.ts'
import { kindOf, subjectOf } from './logic/proxy.ts'
import { Problem, type ProblemIssue } from './problem.ts'
import type { Tables } from './store/store.ts'

export interface RelationIntake {
  readonly relation: RelatedPerson
  readonly person: string
  /** network id; a new one for a create */
  readonly id: string
  readonly isNew: boolean
  readonly ifMatch: string
}

/** Throws unprocessable (422) with every fault by path. */
export async function takeRelation(tables: Tables, context: Context, input: RelationIntake): Promise<IntakeResult> {
  const { relation, person, id, isNew, ifMatch } = input
  const issues = faultsOf(relation)
  if (issues.length > 0) throw new Problem('unprocessable', 'nobody could act by this relation as it is', { issues })
  const [result] = await takeRecords(tables, context, {
    institution: networkId,
    space: 'network',
    entries: [
      {
        method: isNew ? 'POST' : 'PUT',
        resource: compact<RelatedPerson>({ ...relation, id, patient: { ...relation.patient, reference: `Patient/${person}` } }),
        fullUrl: '',
        ifMatch,
        parties: [],
        ...(isNew ? { givenId: id } : {}),
      },
    ],
  })
  if (result === undefined) throw new TypeError('one entry gives one result')
  return result
}

function faultsOf(relation: RelatedPerson): readonly ProblemIssue[] {
  const kind = kindOf(relation)
  const faults: readonly (readonly [isFault: boolean, expression: string, diagnostics: string])[] = [
    [kind === undefined, 'RelatedPerson.relationship', 'exactly one of GUARD, POWATT and DELEGATEE of v3-RoleCode is needed'],
    [subjectOf(relation) === undefined, 'RelatedPerson.identifier', 'exactly one name of a sign-in is needed, in the system of subjects'],
    [kind !== 'guardian' && relation.period?.end === undefined, 'RelatedPerson.period.end', 'only guardians act without an end'],
  ]
  return faults.flatMap(([isFault, expression, diagnostics]) => (isFault ? [{ id: 'unusable-relation', diagnostics, expression }] : []))
}
