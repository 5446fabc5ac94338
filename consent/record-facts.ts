/** The part of a record's facts that comes from its content: codes with the broader ones, labels, relevant date. Pure. */
import { withBroader } from '../fhir-profiles/broader.ts'
import type { ResourceFacts } from '../fhir-profiles/facts.ts'
import { farFutureMs, farPastMs } from './instant.ts'
import { labelsOf, type LabelBasis } from './label.ts'
import { unknownRank } from './label-order.ts'
import { unknownWord, type ActorKey, type Facts } from './types.ts'

export type ContentFacts = Pick<Facts, 'codes' | 'confidentiality' | 'sensitivities' | 'fromMs' | 'untilMs'> & {
  /** why it has its sensitivities, `PSY · 정신건강복지법 제71조`: for the officer's explanation, never decided on */
  readonly labelBasis: readonly string[]
}

/**
 * @param departments national department codes, the record's own and its encounter's
 * @param places labels of the places it is kept at and names
 */
export function contentFacts(read: ResourceFacts, departments: readonly string[], places: readonly LabelBasis[] = []): ContentFacts {
  const { confidentiality, sensitivities, bases } = labelsOf({ codes: read.codes, labels: read.labels, departments, places })
  const { fromMs, untilMs } = read.span ?? { fromMs: farPastMs, untilMs: farFutureMs }
  const codes = new Set(read.codes.flatMap(withBroader))
  if (!read.isCoded) codes.add(unknownWord)
  return { codes: [...codes].sort(), confidentiality, sensitivities, labelBasis: basisTexts(bases), fromMs, untilMs }
}

/** A record whose labelling failed: every refusal by label or code reaches it, no permit that names them does. */
export const unlabelled: ContentFacts = {
  codes: [unknownWord],
  confidentiality: unknownRank,
  sensitivities: [unknownWord],
  labelBasis: [],
  fromMs: farPastMs,
  untilMs: farFutureMs,
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

export type Raised = Pick<Facts, 'sources' | 'confidentiality' | 'sensitivities'> & Pick<ContentFacts, 'labelBasis'>

/** A record that turns out to belong to these departments as well: its sources and labels rise, and never fall. `labelBasis`: what is added. */
export function raisedBy(known: Facts, departments: readonly ActorKey[], places: readonly LabelBasis[] = []): Raised {
  const added = labelsOf({ codes: [], labels: [], departments: departmentsIn(departments), places })
  return {
    sources: [...new Set([...known.sources, ...departments])].sort(),
    confidentiality: Math.max(known.confidentiality, added.confidentiality),
    sensitivities: [...new Set([...known.sensitivities, ...added.sensitivities])].sort(),
    labelBasis: basisTexts(added.bases),
  }
}

/** As they rest beside a record: `PSY · 정신건강복지법 제71조`. */
export function basisTexts(bases: readonly LabelBasis[]): readonly string[] {
  return [...new Set(bases.map(({ sensitivity, basis }) => `${sensitivity} · ${basis}`))].sort()
}
