/** What labelling needs of the records around one: texts take the labels of their encounter's diagnoses; what failed is reported, not shown. */
import type { Context } from './context.ts'
import type { Prepared } from './prepare.ts'
import type { RecordRow } from './store/records.ts'

type LabelledRow = Pick<RecordRow, 'type' | 'encounter' | 'isNarrated' | 'sensitivities' | 'confidentiality'>

/** Encounters of which a sensitive diagnosis or a text arrived: their texts are looked at again. */
export function told(prepared: readonly Prepared[]): readonly string[] {
  const said = prepared.filter(({ row }) => row.isNarrated || (row.type === 'Condition' && row.sensitivities.length > 0))
  return [...new Set(said.flatMap(({ row }) => row.encounter ?? []))]
}

/** Free text takes the strictest label of its encounter, as far as a live institution told of it in the same answer. */
export function narratedRaised<R extends LabelledRow>(rows: readonly R[]): readonly R[] {
  const diagnoses = Map.groupBy(
    rows.filter((row) => row.type === 'Condition' && row.encounter !== null && row.sensitivities.length > 0),
    (row) => row.encounter,
  )
  return rows.map((row) => {
    const own = row.isNarrated ? (diagnoses.get(row.encounter) ?? []) : []
    if (own.length === 0) return row
    return {
      ...row,
      confidentiality: Math.max(row.confidentiality, ...own.map((each) => each.confidentiality)),
      sensitivities: [...new Set([...row.sensitivities, ...own.flatMap((each) => each.sensitivities)])].sort(),
    }
  })
}

/** What could not be labelled is kept and refused; somebody must look why. Nothing of the record is told. */
export function reportFaults(context: Context, institution: string, prepared: readonly Prepared[]): void {
  for (const { labelFault } of prepared)
    if (labelFault !== undefined) context.log('error', 'labelling-failed', { institution, kind: labelFault })
}
