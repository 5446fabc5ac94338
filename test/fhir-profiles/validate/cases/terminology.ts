/** The bundled terminology with the code systems and value sets that a case brings. */
import { isResource } from '../../../../fhir-profiles/validate/guards.ts'
import { bundledSource, bundledTerminology, sourceOf, terminologyOf } from '../../../../fhir-profiles/terminology/terminology.ts'
import type { Terminology } from '../../../../fhir-profiles/terminology/terminology.ts'
import { layered } from '../../../../fhir-profiles/terminology/source.ts'

export function terminologyWith(added: readonly unknown[]): Terminology {
  const resources = added.filter((each) => isResource(each))
  return resources.length === 0 ? bundledTerminology() : terminologyOf(layered([sourceOf(resources), bundledSource()]))
}
