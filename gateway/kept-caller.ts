/** A caller kept for work that goes on after the request: what the token said of who asks, without the token. */
import type { Caller } from './security/caller.ts'

export function keepCaller(caller: Caller): string {
  return JSON.stringify({ ...caller, jti: '', breakGlass: { kind: 'none' } } satisfies Caller)
}

/** Throws for a text that `keepCaller` did not write: it is ours, so that is a fault. */
export function keptCaller(text: string): Caller {
  const value: unknown = JSON.parse(text)
  if (!isCaller(value)) throw new TypeError('a kept caller cannot be read')
  return value
}

const texts = ['subject', 'name', 'role', 'institution', 'practitioner', 'person', 'jti', 'clientId']
const lists = ['departments', 'purposes', 'scopes']

function isCaller(value: unknown): value is Caller {
  if (typeof value !== 'object' || value === null || !('breakGlass' in value)) return false
  const entries = new Map<string, unknown>(Object.entries(value))
  return texts.every((name) => typeof entries.get(name) === 'string') && lists.every((name) => Array.isArray(entries.get(name)))
}
