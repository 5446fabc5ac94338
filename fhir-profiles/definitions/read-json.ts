/** Reads parts of JSON from outside whose shape nobody vouches for: each question answers with the kind asked for, or nothing. */

export type Json = Readonly<Record<string, unknown>>

export function recordOf(value: unknown): Json | undefined {
  // what is an object and no array has string keys
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function recordsOf(value: unknown): readonly Json[] {
  return listOf(value)
    .map((item) => recordOf(item))
    .filter((item) => item !== undefined)
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

/** The list, or undefined in place of an empty one. */
export function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
