/**
 * One word for a whole request, as decision services answer: may this actor have records of this patient, of other institutions, and what
 * is left out of them? Made of the same grid and the same decisions. Pure.
 * Card: https://github.com/sdhealthconnect/leap-cds (patient-consent-consult)
 */
import { system } from '../fhir-profiles/codes.ts'
import { gridOf, simulate, type CellAnswer, type Scene, type Source } from './simulate.ts'
import type { ConsentVersion } from './types.ts'

export type ConsultDecision = 'CONSENT_PERMIT' | 'CONSENT_DENY' | 'NO_CONSENT'

export interface Consultation {
  readonly decision: ConsultDecision
  /** codings of what is left out although the rest is permitted; resource types and sensitivities */
  readonly redacted: readonly { readonly system: string; readonly code: string }[]
  /** the consents that gave the decision */
  readonly basedOn: readonly ConsentVersion[]
}

/**
 * @param sources the institutions whose records are meant: all but the actor's own
 * @param classes resource types asked about; empty = all of the grid
 */
export function consult(
  scene: Scene,
  sources: readonly Source[],
  about: { readonly person: string; readonly classes: readonly string[] },
): Consultation {
  const cells = gridOf(sources, scene.rows, { person: about.person, nowMs: scene.nowMs })
  const asked = cells.filter(({ class: name }) => about.classes.length === 0 || about.classes.includes(name))
  const answers = simulate(scene, asked)
  const plain = answers.filter(({ cell }) => cell.kind.by === 'plain')
  const permitted = plain.filter(({ verdict }) => verdict === 'permit')
  if (permitted.length > 0) return { decision: 'CONSENT_PERMIT', redacted: redactedIn(answers, permitted), basedOn: consentsIn(permitted) }
  // A directed consent opens the records it names and nothing else: that is a permit of those.
  const named = answers.filter(({ cell, verdict }) => cell.kind.by === 'record' && verdict === 'permit')
  if (named.length > 0) return { decision: 'CONSENT_PERMIT', redacted: [], basedOn: consentsIn(named) }
  const speaking = consentsIn(plain)
  return { decision: speaking.length > 0 ? 'CONSENT_DENY' : 'NO_CONSENT', redacted: [], basedOn: speaking }
}

/** Types and sensitivities that no institution may give, among those that could have been given. */
function redactedIn(answers: readonly CellAnswer[], permitted: readonly CellAnswer[]): Consultation['redacted'] {
  const open = new Set(permitted.map(({ cell }) => cell.class))
  const types = new Set(answers.flatMap(({ cell }) => (cell.kind.by === 'plain' && !open.has(cell.class) ? [cell.class] : [])))
  const labels = Map.groupBy(
    answers.filter(({ cell }) => cell.kind.by === 'sensitivity' && open.has(cell.class)),
    ({ cell }) => ('code' in cell.kind ? cell.kind.code : ''),
  )
  const closed = [...labels].filter(([, members]) => members.every(({ verdict }) => verdict !== 'permit')).map(([code]) => code)
  return [
    ...[...types].sort().map((code) => ({ system: system.resourceTypes, code })),
    ...closed.sort().map((code) => ({ system: system.actCode, code })),
  ]
}

function consentsIn(answers: readonly CellAnswer[]): readonly ConsentVersion[] {
  const reasons = answers.flatMap(({ decision }) => decision.because).filter(({ consent }) => consent !== '')
  const byKey = new Map(reasons.map(({ consent, version }) => [`${consent}|${version}`, { id: consent, version }]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, version]) => version)
}
