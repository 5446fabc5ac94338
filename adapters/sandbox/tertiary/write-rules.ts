/** What the EMR demands of what is written to it. Pure apart from the lookup it is given. */
import type { Resource } from '../../../fhir-profiles/r4.ts'

export interface WriteFault {
  readonly status: 400 | 422
  readonly code: 'invalid' | 'not-found'
  readonly expression: string
}

/** Every local reference must point to something this EMR has or is being given: `exists` says which. */
export function writeFault(resource: Resource, exists: (reference: string) => boolean): WriteFault | undefined {
  if (resource.id === undefined || !/^[A-Za-z0-9\-.]{1,64}$/.test(resource.id))
    return { status: 400, code: 'invalid', expression: `${resource.resourceType}.id` }
  const missing =
    resource.resourceType === 'Task'
      ? ['status', 'intent'].find((element) => typeof Reflect.get(resource, element) !== 'string')
      : undefined
  if (missing !== undefined) return { status: 422, code: 'invalid', expression: `Task.${missing}` }
  const dangling = references(resource, resource.resourceType).find(({ reference }) => !exists(reference))
  return dangling === undefined ? undefined : { status: 422, code: 'not-found', expression: dangling.path }
}

function references(value: unknown, path: string): readonly { readonly reference: string; readonly path: string }[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => references(each, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  const own =
    'reference' in value && typeof value.reference === 'string' && /^[A-Z][A-Za-z]+\//.test(value.reference)
      ? [{ reference: value.reference, path }]
      : []
  return [...own, ...Object.entries(value).flatMap(([key, element]) => references(element, `${path}.${key}`))]
}
