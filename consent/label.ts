/**
 * How sensitive is a record? Its confidentiality and sensitivities, from what its sender says, the department it belongs to and the codes
 * in it. Senders may raise a label, never lower it. Pure; the sets are data (`label-sets.ts`).
 * Spec: https://hl7.org/fhir/uv/security-label-ds4p/ (a record without a label of its own is normal)
 */
import { codeKey } from '../fhir-profiles/code-key.ts'
import { diseaseLevels, isDiseaseSystem, withBroader } from '../fhir-profiles/broader.ts'
import type { Code } from '../fhir-profiles/facts.ts'
import { labelSets, type LabelSet } from './label-sets.ts'
import { rankOf, sensitivityOf } from './label-order.ts'
import type { Facts } from './types.ts'

/** Raised with every change of the sets or of this file: labels of an older version are made anew before anybody is answered. */
export const labellerVersion = 3

const normal = 3
const restricted = 4

export interface Labelled {
  readonly codes: readonly Code[]
  /** `meta.security` */
  readonly labels: readonly Code[]
  /** national department codes, its own and its encounter's */
  readonly departments: readonly string[]
}

export interface LabelBasis {
  readonly sensitivity: string
  /** `sender`, or the rule of the set */
  readonly basis: string
}

export type Labels = Pick<Facts, 'confidentiality' | 'sensitivities'> & { readonly bases: readonly LabelBasis[] }

export function labelsOf({ codes, labels, departments }: Labelled): Labels {
  const keys = new Set(codes.flatMap(withBroader))
  const diseases = new Set(codes.flatMap((code) => (isDiseaseSystem(code.system) ? diseaseLevels(code.code) : [])))
  const hit = new Set<CompiledSet>()
  for (const key of keys) for (const set of setsByCode.get(key) ?? []) hit.add(set)
  for (const disease of diseases) for (const set of setsByDisease.get(disease) ?? []) hit.add(set)
  for (const department of departments) for (const set of setsByDepartment.get(department) ?? []) hit.add(set)
  // in the order of the table, whatever was met first
  const found = hit.size < 2 ? [...hit] : compiled.filter((set) => hit.has(set))
  const said = labels.flatMap((label) => sensitivityOf(label) ?? [])
  const bases = [
    ...said.map((sensitivity) => ({ sensitivity, basis: 'sender' })),
    ...found.map(({ sensitivity, basis }) => ({ sensitivity, basis })),
  ]
  const sensitivities = [...new Set(bases.map(({ sensitivity }) => sensitivity))].sort()
  const stated = labels.flatMap((label) => rankOf(label) ?? [])
  return { confidentiality: Math.max(sensitivities.length === 0 ? normal : restricted, ...stated), sensitivities, bases }
}

interface CompiledSet extends Omit<LabelSet, 'diseases'> {
  readonly diseases: ReadonlySet<string>
}

const compiled: readonly CompiledSet[] = labelSets.map((set) => ({
  ...set,
  codes: set.codes.map((key) => {
    const [system, code] = key.split('|')
    return codeKey(system, code ?? '')
  }),
  diseases: new Set(set.diseases.flatMap(expanded)),
}))

/** The sets in which each of these stands: a record names few codes, the sets many. */
function setsBy(namesOf: (set: CompiledSet) => Iterable<string>): ReadonlyMap<string, readonly CompiledSet[]> {
  const sets = new Map<string, CompiledSet[]>()
  for (const set of compiled) for (const name of namesOf(set)) sets.set(name, [...(sets.get(name) ?? []), set])
  return sets
}

const setsByCode = setsBy(({ codes }) => codes)
const setsByDisease = setsBy(({ diseases }) => diseases)
const setsByDepartment = setsBy(({ departments }) => departments)

/** `F10-F19` or `T40.0-T40.4` as the codes it stands for; a single code stands for itself. */
function expanded(range: string): readonly string[] {
  const [first = '', last = first] = range.split('-')
  const [, head = '', from = ''] = /^([A-Z]|[A-Z]\d{2}\.)(\d+)$/.exec(first) ?? []
  const to = last.slice(head.length)
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, step) => `${head}${String(Number(from) + step).padStart(from.length, '0')}`,
  )
}
