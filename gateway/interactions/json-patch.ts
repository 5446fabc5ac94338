/**
 * JSON Patch (RFC 6902) with pointers that reach own members only: the library walks inherited ones too, and `/hasOwnProperty/call` would
 * then change every object of the process. What is copied is bounded, since copies of copies double.
 */
import { applyPatch, type Operation } from 'rfc6902'
import { isReservedKey } from '../../fhir-profiles/json-fault.ts'
import { isSameJson } from '../../fhir-profiles/json-marks.ts'

export type { Operation } from 'rfc6902'

/** What a patch may copy within a resource, in characters of JSON. */
const maxCopied = 1_000_000

export function isOperation(item: unknown): item is Operation {
  if (typeof item !== 'object' || item === null || !('op' in item) || !('path' in item)) return false
  const from = 'from' in item ? item.from : undefined
  switch (item.op) {
    case 'add':
    case 'replace':
    case 'test':
      return isPointer(item.path) && 'value' in item
    case 'remove':
      return isPointer(item.path)
    case 'move':
    case 'copy':
      return isPointer(item.path) && isPointer(from)
    default:
      return false
  }
}

/** A place inside the resource: the whole of it is replaced by an update, not by a patch. */
function isPointer(value: unknown): value is string {
  return typeof value === 'string' && /^(\/([^~]|~[01])*)+$/.test(value) && !tokensOf(value).some(isReservedKey)
}

/** Changes `copy` in place; answers the index of the first operation that does not apply, undefined when all did. */
export function applyOperations(copy: object, operations: readonly Operation[]): number | undefined {
  let copied = 0
  for (const [at, operation] of operations.entries()) {
    if (!reaches(copy, operation.path, operation.op === 'add' || operation.op === 'move' || operation.op === 'copy')) return at
    if ('from' in operation && !reaches(copy, operation.from, false)) return at
    if (operation.op === 'copy') copied += JSON.stringify(valueAt(copy, operation.from)).length
    if (copied > maxCopied || ('from' in operation && operation.path.startsWith(`${operation.from}/`) && operation.op === 'move')) return at
    if (operation.op === 'test' ? !isSameJson(valueAt(copy, operation.path), operation.value) : applyPatch(copy, [operation])[0] !== null)
      return at
  }
  return undefined
}

function tokensOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Whether a pointer leads through own members to one that is there, or, where `mayBeNew`, to a place for one. */
function reaches(document: object, pointer: string, mayBeNew: boolean): boolean {
  const tokens = tokensOf(pointer)
  const last = tokens.at(-1) ?? ''
  const parent = tokens.slice(0, -1).reduce<unknown>(memberOf, document)
  if (Array.isArray(parent)) return isIndex(last, parent.length) || (mayBeNew && (last === '-' || last === String(parent.length)))
  return isRecord(parent) && (mayBeNew || Object.hasOwn(parent, last))
}

function valueAt(document: object, pointer: string): unknown {
  return tokensOf(pointer).reduce<unknown>(memberOf, document)
}

function memberOf(value: unknown, token: string): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    return isIndex(token, items.length) ? items[Number(token)] : undefined
  }
  return isRecord(value) && Object.hasOwn(value, token) ? value[token] : undefined
}

function isIndex(token: string, length: number): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(token) && Number(token) < length
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
