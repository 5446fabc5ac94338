/**
 * Does the provision concern what is being done? A deny of disclosure or use also stops reads of another institution's records, a deny of
 * collection also stops sending them to the one who would store them; a permit must name the request's own action.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.action
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, custodianIs, never, not } from '../condition.ts'
import type { Action } from '../types.ts'
import { readRepeats, sorted, type Read, type Rule, type Stated } from './rule.ts'

const actions: ReadonlyMap<string, Action> = new Map([
  ['access', 'access'],
  ['collect', 'collect'],
  ['correct', 'correct'],
  ['disclose', 'disclose'],
  ['use', 'use'],
])

export const action: Rule = {
  element: 'action',
  part: 'context',
  read: readActions,
  ask(row, { request }) {
    if (row.actions === null || row.actions.includes(request.action)) return always
    if (row.type === 'permit') return never
    // What is sent to somebody is stored there: who may not collect is sent nothing.
    if (request.action === 'disclose' && row.actions.includes('collect')) return not(custodianIs(request.institution))
    const stopsReading = row.actions.includes('disclose') || row.actions.includes('use')
    return stopsReading && request.action === 'access' ? not(custodianIs(request.institution)) : never
  },
}

function readActions(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.action === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.action, `${expression}.action`, readAction)
  return { terms: { actions: sorted(values) }, unreadable }
}

function readAction(concept: CodeableConcept): Read<Action> {
  const codes = (concept.coding ?? [])
    .filter((coding) => coding.system === system.consentAction)
    .map((coding) => actions.get(coding.code ?? ''))
  const [first, ...others] = codes
  if (first === undefined || others.some((code) => code !== first)) return { reason: 'not one consent action' }
  return { value: first }
}
