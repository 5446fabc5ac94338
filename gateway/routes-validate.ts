/** The rows of `$validate`: a resource of any type of R4 can be judged, also of those that are never stored here. */
import { resourceTypes } from '../fhir-profiles/validate/validate.ts'
import { knownTypes } from './logic/access.ts'
import { validateResource } from './operations/validate.ts'
import type { Route } from './routes.ts'

const row = (method: 'GET' | 'POST', path: string): Route => ({
  method,
  path,
  access: { by: 'operation', operation: 'validate', type: '' },
  gate: 'publish',
  handler: validateResource,
})

export const validateRoutes: readonly Route[] = [
  row('POST', ':type/$validate'),
  row('POST', ':type/:id/$validate'),
  row('GET', ':type/:id/$validate'),
  ...resourceTypes.filter((type) => !knownTypes.includes(type)).map((type) => row('POST', `${type}/$validate`)),
]
