/** Published search cases, told as data: what is stored, what is asked, what is found. Facts of ../shared/cases/fhir-search (MIT). */
import { sharedFiles } from '../../fhir-profiles/shared.ts'

export interface Case {
  readonly id: string
  readonly fixture: string
  readonly type: string
  readonly query: string
  readonly urlencode?: boolean
  readonly expect?: readonly (number | string)[]
  readonly expectContainment?: readonly number[]
  readonly status?: number
}

export type Fixtures = Readonly<Record<string, readonly Stored[] | Readonly<Record<string, Stored>>>>

export interface Stored {
  readonly resourceType: string
  readonly [element: string]: unknown
}

const fileOf = (ending: string): string => sharedFiles('fhir-search/cases', ending)[0]?.bytes.toString('utf8') ?? ''

// The files are data of a fixed shape, described in their README.
export const readCases = (): readonly Case[] =>
  fileOf('.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case)

/** Each set with its resources by the name the cases call them; marked, so that no set is found with another. */
export function readFixtures(): ReadonlyMap<string, readonly (readonly [name: string, resource: Stored])[]> {
  const sets = JSON.parse(fileOf('.json')) as Fixtures
  return new Map(
    Object.entries(sets).map(([name, plain]) => {
      const set = JSON.parse(JSON.stringify(plain).replaceAll('FIXTURE', markOf(name))) as Fixtures[string]
      return [name, Array.isArray(set) ? set.map((item, at) => [String(at), item as Stored]) : Object.entries(set)]
    }),
  )
}

export function markOf(set: string): string {
  return `mark-${set}`
}
