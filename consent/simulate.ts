/**
 * Who could see what, without looking at what there is: decisions on a fixed grid of made-up records, per source institution and kind of
 * content. The grid grows with the directory and with what the consents themselves name, never with what a patient has
 * (docs/decisions/060). Pure; each answer is `decide` on a record of that cell.
 */
import { withBroader } from '../fhir-profiles/broader.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Code } from '../fhir-profiles/facts.ts'
import { decide } from './decide.ts'
import { labelSets } from './label-sets.ts'
import { labelsOf } from './label.ts'
import type { AccessRequest, ActorKey, DataTarget, Decision, Environment, Facts, ProvisionRow } from './types.ts'

/** What the records of a cell have in common besides where they lie and of what type they are. */
export type Kind =
  | { readonly by: 'plain' }
  /** national department code */
  | { readonly by: 'department'; readonly code: string }
  | { readonly by: 'sensitivity'; readonly code: string }
  /** a confidentiality the consents name, as a rank */
  | { readonly by: 'confidentiality'; readonly rank: number }
  /** `system|code` */
  | { readonly by: 'code'; readonly code: string }
  /** a period of relevant dates the consents name, inclusive milliseconds */
  | { readonly by: 'dates'; readonly fromMs: number; readonly untilMs: number }
  /** made by an author the consents name */
  | { readonly by: 'author'; readonly key: ActorKey }
  /** a record the consents name, by network id */
  | { readonly by: 'record'; readonly id: string }

export interface Source {
  /** directory id */
  readonly id: string
  /** its keys and those of its ancestors */
  readonly keys: readonly ActorKey[]
  readonly departments: readonly string[]
}

export interface Cell {
  readonly source: string
  readonly kind: Kind
  /** resource type, or another word for a class that the consents name */
  readonly class: string
  readonly facts: Facts
}

/** `depends`: it turns on records that a consent names and that nothing is looked up of here. */
export type Verdict = 'permit' | 'deny' | 'depends'

export interface CellAnswer {
  readonly cell: Cell
  readonly verdict: Verdict
  /** of a record that no consent names; where it depends, the refusal */
  readonly decision: Decision
}

export interface Scene {
  readonly request: AccessRequest
  /** rules of the person's consents; what the store found of their data targets is not looked at */
  readonly rows: readonly ProvisionRow[]
  readonly environment: Environment
  /** milliseconds since the epoch: the date asked about */
  readonly nowMs: number
}

/** What clinicians ask for by type; classes the consents name come on top. */
export const gridClasses: readonly string[] = [
  'AllergyIntolerance',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'Immunization',
  'MedicationRequest',
  'Observation',
  'Patient',
  'Procedure',
  'ServiceRequest',
]

const gridSensitivities: readonly string[] = [...new Set(labelSets.map(({ sensitivity }) => sensitivity))]

/** @param rows every rule of both sides of a comparison, so that the two have the same cells */
export function gridOf(
  sources: readonly Source[],
  rows: readonly ProvisionRow[],
  about: { readonly person: string; readonly nowMs: number },
): readonly Cell[] {
  const classes = distinct([...gridClasses, ...rows.flatMap((row) => row.classes ?? [])])
  const named = namedKinds(rows)
  return sources.flatMap((source) => {
    const departments = source.departments.map((code): Kind => ({ by: 'department', code }))
    const kinds = new Map([{ by: 'plain' } as const, ...departments, ...named].map((kind) => [JSON.stringify(kind), kind]))
    return [...kinds.values()].flatMap((kind) => classes.map((name) => cellOf(source, kind, name, about)))
  })
}

/** The decision on every cell, with the targets of the consents taken once for known and once for unknown. */
export function simulate(scene: Scene, cells: readonly Cell[]): readonly CellAnswer[] {
  const found = new Map<string, readonly [readonly ProvisionRow[], readonly ProvisionRow[]]>()
  return cells.map((cell) => {
    const own = cell.kind.by === 'record' ? cell.kind.id : ''
    const ends = found.get(own) ?? [resolved(scene.rows, true, own), resolved(scene.rows, false, own)]
    found.set(own, ends)
    return { cell, ...judged(scene, ends, cell.facts) }
  })
}

/** The same for a record that somebody shows: what the consents name is not looked up either. */
export function judgeShown(scene: Scene, facts: Facts): Verdict {
  return judged(scene, [resolved(scene.rows, true, ''), resolved(scene.rows, false, '')], facts).verdict
}

function judged(
  { request, rows, environment, nowMs }: Scene,
  [known, unknown]: readonly [readonly ProvisionRow[], readonly ProvisionRow[]],
  facts: Facts,
): Pick<CellAnswer, 'verdict' | 'decision'> {
  const lenient = decide(request, known, facts, environment, nowMs)
  const strict = rows.some((row) => row.data !== null) ? decide(request, unknown, facts, environment, nowMs) : lenient
  return { verdict: lenient.permit === strict.permit ? (strict.permit ? 'permit' : 'deny') : 'depends', decision: strict }
}

/**
 * The two ends between which the truth lies, since losing knowledge never widens: every target is there, the denied ones refer to nothing
 * and the permitted ones to the cell's own record; or no target is there but that record.
 */
function resolved(rows: readonly ProvisionRow[], isKnown: boolean, own: string): readonly ProvisionRow[] {
  return rows.map((row) => {
    if (row.data === null) return row
    const refersTo = isKnown && row.type === 'permit' ? [own] : []
    const of = (target: DataTarget): DataTarget => {
      const isThere = isKnown || target.reference === own
      return { ...target, found: isThere ? { kind: 'read', refersTo } : { kind: 'unknown' } }
    }
    return { ...row, data: row.data.map(of) }
  })
}

function namedKinds(rows: readonly ProvisionRow[]): readonly Kind[] {
  const labels = rows.flatMap((row) => (row.labels === null ? [] : [row.labels]))
  const sensitivities = distinct([...gridSensitivities, ...labels.flatMap((label) => label.sensitivities)])
  const ranks = [...new Set(labels.flatMap((label) => label.confidentialities))].sort((a, b) => a - b)
  const departments = distinct(rows.flatMap((row) => (row.sources ?? []).flatMap((key) => /^dept:(\d{2})$/.exec(key)?.[1] ?? [])))
  const targets = rows.flatMap((row) => row.data ?? [])
  const authors = [
    ...rows.flatMap((row) => (row.sources ?? []).filter((key) => key.startsWith('practitioner:'))),
    ...targets.flatMap((target) => (target.meaning === 'authoredby' ? [target.reference] : [])),
  ]
  const records = distinct(targets.flatMap((target) => (target.meaning === 'authoredby' ? [] : [target.reference])))
  const dates = new Map(rows.flatMap(({ dates: terms }) => (terms === null ? [] : [[`${terms.fromMs} ${terms.untilMs}`, terms]])))
  return [
    ...departments.map((code): Kind => ({ by: 'department', code })),
    ...sensitivities.map((code): Kind => ({ by: 'sensitivity', code })),
    ...ranks.map((rank): Kind => ({ by: 'confidentiality', rank })),
    ...distinct(rows.flatMap((row) => row.codes ?? [])).map((code): Kind => ({ by: 'code', code })),
    ...[...dates.values()].map((terms): Kind => ({ by: 'dates', ...terms })),
    ...distinct(authors).map((key): Kind => ({ by: 'author', key })),
    ...records.map((id): Kind => ({ by: 'record', id })),
  ]
}

/** A record of the cell: of today where no period is meant, uncoded where no code is, and referring to nothing. */
function cellOf(source: Source, kind: Kind, name: string, about: { readonly person: string; readonly nowMs: number }): Cell {
  const departments = kind.by === 'department' ? [kind.code] : []
  const isDocumentType = name.includes('|')
  const { confidentiality, sensitivities } = labelled(kind)
  const facts: Facts = {
    id: kind.by === 'record' ? kind.id : 'grid',
    type: isDocumentType ? 'DocumentReference' : name,
    person: about.person,
    custodian: source.id,
    sources: [
      ...source.keys,
      ...departments.flatMap((code) => [`dept:${code}`, `dept:${source.id}:${code}`]),
      ...(kind.by === 'author' ? [kind.key] : []),
    ],
    classes: isDocumentType ? ['DocumentReference', name] : [name],
    codes: kind.by === 'code' ? withBroader(codeIn(kind.code)) : [],
    confidentiality,
    sensitivities,
    fromMs: kind.by === 'dates' ? kind.fromMs : about.nowMs,
    untilMs: kind.by === 'dates' ? kind.untilMs : about.nowMs,
    relations: [],
  }
  return { source: source.id, kind, class: name, facts }
}

/** As the labeller would: a department or a code brings its own sensitivities, and a sensitive record is restricted. */
function labelled(kind: Kind): Pick<Facts, 'confidentiality' | 'sensitivities'> {
  const codes = kind.by === 'code' ? [codeIn(kind.code)] : []
  const labels = kind.by === 'sensitivity' ? [{ system: system.actCode, code: kind.code }] : []
  const departments = kind.by === 'department' ? [kind.code] : []
  const { confidentiality, sensitivities } = labelsOf({ codes, labels, departments })
  return { confidentiality: kind.by === 'confidentiality' ? kind.rank : confidentiality, sensitivities }
}

function codeIn(key: string): Code {
  const bar = key.indexOf('|')
  return { system: key.slice(0, bar), code: key.slice(bar + 1) }
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort()
}
