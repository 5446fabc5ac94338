/** The kinds of EMR interface we speak. A new one: copy `template/`, add a line here, run the contract suite. */
import type { AdapterKind } from './contract.ts'
import { fhirRest } from './fhir-rest/adapter.ts'
import { hl7v2Mllp } from './hl7v2-mllp/adapter.ts'
import { sqlView } from './sql-view/adapter.ts'

export const adapterKinds: readonly AdapterKind[] = [fhirRest, hl7v2Mllp, sqlView]

/** undefined = no such kind; the configuration then names one that does not exist */
export function adapterKind(kind: string): AdapterKind | undefined {
  return adapterKinds.find((each) => each.kind === kind)
}
