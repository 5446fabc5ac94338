/**
 * The body of a patch → a function that changes a resource: JSON Patch (RFC 6902) or FHIRPath Patch.
 * Spec: http://hl7.org/fhir/R4/http.html#patch, http://hl7.org/fhir/R4/fhirpatch.html
 */
import { applyFhirPathPatch } from '../../fhir-profiles/fhirpath-patch.ts'
import { parseJson } from '../../fhir-profiles/json.ts'
import { marked, unmarked } from '../../fhir-profiles/json-marks.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import type { CallBody } from '../context.ts'
import { resourceOf } from '../intake.ts'
import { Problem } from '../problem.ts'
import { applyOperations, isOperation, type Operation } from './json-patch.ts'

export type Patch = (current: Resource) => Resource

/** Throws Problem: unsupported-media (415) for what is no patch; the function throws unprocessable (422) where it does not apply. */
export function patchOf(body: CallBody): Patch {
  if (body.kind === 'patch') return jsonPatch(body.value)
  const value = body.kind === 'json' ? body.value : undefined
  if (typeof value === 'object' && value !== null && 'resourceType' in value) {
    if (value.resourceType === 'Parameters') return fhirPathPatch(value)
    if (value.resourceType === 'Binary') return binaryPatch(value)
  }
  throw new Problem(
    'unsupported-media',
    'send a JSON Patch: a list of operations as `application/json-patch+json`; or a FHIRPath Patch: Parameters as `application/fhir+json`',
    { id: 'patch-body' },
  )
}

function jsonPatch(value: unknown): Patch {
  if (!Array.isArray(value)) throw new Problem('invalid', 'a JSON Patch is a list of operations', { id: 'patch-body' })
  const operations = value.map((item: unknown, at): Operation => {
    const operation = marked(item)
    if (!isOperation(operation)) throw new Problem('invalid', `operation ${at} is not a JSON Patch operation`, { id: 'patch-body' })
    return operation
  })
  return (current) => {
    const copy = marked(current)
    if (typeof copy !== 'object' || copy === null) throw new TypeError('a resource is an object')
    const failed = applyOperations(copy, operations)
    if (failed !== undefined) throw new Problem('unprocessable', `operation ${failed} of the patch does not apply`, { id: 'patch' })
    return requireSame(unmarked(copy), current)
  }
}

function fhirPathPatch(parameters: object): Patch {
  return (current) => {
    const patched = applyFhirPathPatch(current, parameters)
    if ('fault' in patched)
      throw new Problem('unprocessable', `operation ${patched.at} of the patch does not apply: ${patched.fault}`, { id: 'patch' })
    return requireSame(patched.ok, current)
  }
}

/** Inside a Bundle a JSON Patch travels as a Binary: http://hl7.org/fhir/R4/http.html#patch */
function binaryPatch(value: object): Patch {
  const { contentType, data } = { contentType: undefined, data: undefined, ...value }
  const text = typeof data === 'string' ? Buffer.from(data, 'base64') : Buffer.alloc(0)
  const parsed = parseJson(text, { maxDepth: 60, maxBytes: 20 * 1024 * 1024 })
  if (contentType !== 'application/json-patch+json' || !parsed.ok)
    throw new Problem('invalid', 'a Binary that patches holds a JSON Patch as `application/json-patch+json`', { id: 'patch-body' })
  return jsonPatch(parsed.value)
}

function requireSame(patched: unknown, current: Resource): Resource {
  const resource = resourceOf(patched, '')
  if (resource.resourceType !== current.resourceType || resource.id !== current.id)
    throw new Problem('unprocessable', 'a patch changes neither the resource type nor the id', { id: 'patch' })
  return resource
}
