/** What senders wrote, in the spelling the codes are published in. Pure. */
import type { Resource } from '../fhir-profiles/r4.ts'
import { normalize, type Normalized } from '../fhir-profiles/terminology/normalize.ts'
import { bundledSource } from '../fhir-profiles/terminology/terminology.ts'

/** `isWanted`: whether the institution lets its codes be corrected (`correctCodes`). */
export function corrected(resource: Resource, isWanted: boolean | undefined): Normalized {
  if (isWanted !== true) return { resource, changes: [] }
  const before = known.get(resource)
  if (before !== undefined) return before
  const made = normalize(resource, (name) => (name.startsWith('urn:oid:') ? bundledSource().oids().get(name) : undefined))
  known.set(resource, made)
  return made
}

/** Looked through once, for its text and for its index: a resource is never changed in place. */
const known = new WeakMap<Resource, Normalized>()
