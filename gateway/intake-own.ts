/** One record of an institution's own partition as it stands, for what changes a part of it. */
import { parseJson } from '../fhir-profiles/json.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import { textOf } from '../fhir-profiles/octets.ts'
import type { RecordKey } from './store/records.ts'

export interface OwnRecord {
  /** in the institution's own ids, with the digits it wrote */
  readonly resource: Resource
  readonly version: number
  readonly isDeleted: boolean
}

/** undefined = never written */
export async function ownRecord(context: Context, key: RecordKey): Promise<OwnRecord | undefined> {
  const held = await context.store.records.byKey(key)
  if (held === undefined) return undefined
  const { text, version, deleted } = open(held)
  // Stored texts were bounded when they came in.
  const parsed = parseJson(textOf(text), { maxDepth: 200, maxBytes: text.size + 1 })
  if (!parsed.ok || !isResource(parsed.value)) throw new TypeError('a stored record is not a resource')
  return { resource: parsed.value, version: Number(version), isDeleted: deleted }
}
