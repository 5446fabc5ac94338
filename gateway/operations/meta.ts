/**
 * `[type]/[id]/$meta`: profiles, tags and labels of one record, to who may read it. They change with the record itself, so there is neither
 * `$meta-add` nor `$meta-delete`. Spec: http://hl7.org/fhir/R4/resource-operation-meta.html
 */
import type { Call, Context } from '../context.ts'
import { read } from '../interactions/read.ts'
import { releaseMetaOf } from '../release-meta.ts'
import type { Released } from '../released.ts'

export async function metaOf(call: Call, context: Context): Promise<Released> {
  return releaseMetaOf(await read(call, context))
}
