/** The part of a record's facts that comes from its content: codes with the broader ones, labels, relevant date. Pure. */
import { withBroader } from '../fhir-profiles/broader.ts'
import type { ResourceFacts } from '../fhir-profiles/facts.ts'
import { farFutureMs, farPastMs } from './instant.ts'
import { labelsOf } from './label.ts'
import type { ActorKey, Facts } from './types.ts'

export type ContentFacts = Pick<Facts, 'codes' | 'confidentiality' | 'sensitivities' | 'fromMs' | 'untilMs'>

/** @param departments national department codes, the record's own and its encounter's */
export function contentFacts(read: ResourceFacts, departments: readonly string[]): ContentFacts {
  const { confidentiality, sensitivities } = labelsOf({ codes: read.codes, labels: read.labels, departments })
  const { fromMs, untilMs } = read.span ?? { fromMs: farPastMs, untilMs: farFutureMs }
  return { codes: [...new Set(read.codes.flatMap(withBroader))].sort(), confidentiality, sensitivities, fromMs, untilMs }
}

/** What decisions read of a row, stored or made just now of a live answer. */
export function factsOf(
  row: Omit<Facts, 'person' | 'custodian'> & { readonly person: string | null; readonly institution: string },
): Facts {
  const { id, type, sources, classes, codes, confidentiality, sensitivities, relations, fromMs, untilMs } = row
  const of = { person: row.person ?? '', custodian: row.institution }
  return { id, type, ...of, sources, classes, codes, confidentiality, sensitivities, relations, fromMs, untilMs }
}

/** National department codes among source keys. */
export function departmentsIn(sources: readonly ActorKey[]): readonly string[] {
  return sources.flatMap((key) => /^dept:(\d{2})$/.exec(key)?.[1] ?? [])
}

/** A record that turns out to belong to these departments as well: its sources and labels rise, and never fall. */
export function raisedBy(known: Facts, departments: readonly ActorKey[]): Pick<Facts, 'sources' | 'confidentiality' | 'sensitivities'> {
  const added = labelsOf({ codes: [], labels: [], departments: departmentsIn(departments) })
  return {
    sources: [...new Set([...known.sources, ...departments])].sort(),
    confidentiality: Math.max(known.confidentiality, added.confidentiality),
    sensitivities: [...new Set([...known.sensitivities, ...added.sensitivities])].sort(),
  }
}
