/**
 * Does the record carry a label the provision names? A permit is a clearance: it reaches up to the confidentiality it names, and a record
 * with sensitivities only when all of them are named. A deny starts at the confidentiality it names and needs one sensitivity.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.securityLabel
 */
import type { Coding, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { always, any, atMost, clearedFor, not, oneOf } from '../condition.ts'
import { rankOf, sensitivityOf, withNarrower } from '../label-order.ts'
import { unknownWord } from '../types.ts'
import { readRepeats, type Read, type Rule, type Stated } from './rule.ts'

type Label = { readonly rank: number } | { readonly sensitivity: string }

export const label: Rule = {
  element: 'securityLabel',
  part: 'data',
  read: readLabels,
  ask({ type, labels }) {
    if (labels === null) return always
    const { confidentialities, sensitivities } = labels
    if (type === 'permit') return any([...confidentialities.map((rank) => atMost('confidentiality', rank)), clearedFor(sensitivities)])
    const named = sensitivities.length === 0 ? [] : [...sensitivities, unknownWord]
    return any([...confidentialities.map((rank) => not(atMost('confidentiality', rank - 1))), oneOf('sensitivities', named)])
  },
}

function readLabels(provision: ConsentProvision, expression: string): Stated | undefined {
  if (provision.securityLabel === undefined) return undefined
  const { values, unreadable } = readRepeats(provision.securityLabel, `${expression}.securityLabel`, readLabel)
  const ranks = values.flatMap((value) => ('rank' in value ? [value.rank] : []))
  const named = values.flatMap((value) => ('sensitivity' in value ? [value.sensitivity] : []))
  const labels = { confidentialities: [...new Set(ranks)].sort((a, b) => a - b), sensitivities: withNarrower(named) }
  return { terms: { labels }, unreadable }
}

function readLabel(coding: Coding): Read<Label> {
  const rank = rankOf(coding)
  if (rank !== undefined) return { value: { rank } }
  const sensitivity = sensitivityOf(coding)
  return sensitivity === undefined ? { reason: 'neither a confidentiality nor a sensitivity' } : { value: { sensitivity } }
}
