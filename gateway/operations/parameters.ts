/**
 * Parameters of an operation, from the address and from a Parameters body alike: names with their plain values.
 * Spec: http://hl7.org/fhir/R4/operations.html#request
 */
import { parseTime } from '../../fhir-profiles/time.ts'
import type { Call } from '../context.ts'
import { knownTypes } from '../logic/access.ts'
import { Problem } from '../problem.ts'

export type Given = readonly (readonly [name: string, value: string])[]

const everywhere = new Set(['_format', '_pretty'])

/** Throws for what the operation does not take, by name, and for what is no plain value. `Prefer: handling=lenient` leaves out unknown ones. */
export function parametersOf(call: Call, taken: readonly string[]): Given {
  const all = [...call.query, ...inBody(call)].filter(([name]) => !everywhere.has(name))
  const unknown = [...new Set(all.flatMap(([name]) => (taken.includes(name) ? [] : [name])))]
  if (unknown.length > 0 && !call.prefer.includes('handling=lenient')) {
    throw new Problem('not-supported', 'unsupported parameter', {
      issues: unknown.map((name) => ({
        id: 'unsupported-parameter',
        diagnostics: `\`${safeName(name)}\` is not taken here; this operation takes ${taken.map((each) => `\`${each}\``).join(', ') || 'none'}`,
        expression: safeName(name),
      })),
    })
  }
  return all.filter(([name]) => taken.includes(name))
}

function inBody({ body }: Call): Given {
  if (body.kind !== 'json') return []
  const { value } = body
  const list = typeof value === 'object' && value !== null && 'parameter' in value ? value.parameter : []
  if (!Array.isArray(list))
    throw new Problem('invalid', '`parameter` is a list', { id: 'bad-parameters', expression: 'Parameters.parameter' })
  return list.map((item: unknown): readonly [string, string] => {
    const entries = typeof item === 'object' && item !== null ? Object.entries(item) : []
    const name: unknown = entries.find(([key]) => key === 'name')?.[1]
    const value: unknown = entries.find(([key]) => /^value[A-Z]/.test(key))?.[1]
    if (typeof name !== 'string')
      throw new Problem('invalid', 'a parameter has a name', { id: 'bad-parameters', expression: 'Parameters.parameter.name' })
    return [name, typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '']
  })
}

function safeName(name: string): string {
  return /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
}

export function valuesOf(given: Given, name: string): readonly string[] {
  return given.flatMap(([each, value]) => (each === name ? [value] : []))
}

/** `_type`: R4 types the network handles, separated by commas; empty = every type. */
export function typesIn(given: Given): readonly string[] {
  const types = valuesOf(given, '_type').flatMap((value) => value.split(','))
  if (types.some((type) => !knownTypes.includes(type)))
    throw new Problem('invalid', '`_type` names an unknown resource type', { id: 'unknown-type', expression: '_type' })
  return [...new Set(types)]
}

/** `_since`: one instant; undefined when not given. */
export function sinceIn(given: Given, zone: string): number | undefined {
  const [value, second] = valuesOf(given, '_since')
  if (value === undefined) return undefined
  const time = second === undefined ? parseTime(value, zone) : undefined
  if (time === undefined) throw new Problem('invalid', '`_since` needs one FHIR instant', { id: 'bad-date', expression: '_since' })
  return time.fromMs
}

/** A whole number from 1; more than `most` counts as that. */
export function countIn(given: Given, name: string, most: number): number | undefined {
  const [value, second] = valuesOf(given, name)
  if (value === undefined) return undefined
  if (second !== undefined || !/^\d{1,9}$/.test(value) || Number(value) < 1)
    throw new Problem('invalid', `\`${name}\` must be one whole number from 1`, { id: 'bad-count', expression: name })
  return Math.min(Number(value), most)
}
