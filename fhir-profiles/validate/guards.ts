/** Questions that tell the compiler what a value is, for code in which casts are forbidden. They look at the type only: `validate` judges. */
import type { Resource } from '../r4.ts'
import { isResourceType } from './structure.ts'

/** An object of some keys: not null, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object that names an R4 resource type. */
export function isResource(value: unknown): value is Resource {
  return isRecord(value) && typeof value['resourceType'] === 'string' && isResourceType(value['resourceType'])
}

/** A resource of one type: `isResourceOf(value, 'Patient')`. */
export function isResourceOf<T extends Resource['resourceType']>(value: unknown, type: T): value is Extract<Resource, { resourceType: T }> {
  return isResource(value) && value.resourceType === type
}
