/** What the validator says about a resource: stable id, place, words in two languages. No finding holds a value of the resource. */
import { messageFor } from './messages.ts'
import type { FindingId, IssueCode } from './messages.ts'
import { pathOf, stepsOf } from './node.ts'
import type { Node } from './node.ts'

export type { FindingId } from './messages.ts'

export type Severity = 'fatal' | 'error' | 'warning' | 'information'

export interface Finding {
  readonly severity: Severity
  /** FHIR issue type */
  readonly code: IssueCode
  /** stable, for programs */
  readonly id: FindingId
  /** FHIRPath of the place */
  readonly expression: string
  /** JSON keys and indexes of the place */
  readonly steps: readonly (string | number)[]
  readonly diagnostics: string
  readonly korean: string
  /** canonical url of the profile that asks for it; undefined for R4 itself */
  readonly profile?: string | undefined
  /** 1-based, where the text was given */
  readonly line?: number | undefined
  readonly column?: number | undefined
}

export interface Place {
  /** appended to the node's path and steps: the name of what is missing or unknown there */
  readonly child?: string | undefined
  /** words for the message, from definitions only */
  readonly says?: readonly string[] | undefined
  readonly severity?: Severity | undefined
  readonly profile?: string | undefined
}

/** Collects findings, the same one once, up to a bound. */
export class Findings {
  readonly list: Finding[] = []
  errors = 0
  readonly #max: number
  #known: Set<string> | undefined

  constructor(max: number) {
    this.#max = max
  }

  get isFull(): boolean {
    return this.list.length >= this.#max
  }

  add(id: FindingId, node: Node, place: Place = {}): void {
    if (this.isFull) return
    const { child } = place
    const own = pathOf(node)
    const steps = stepsOf(node)
    this.#push(
      id,
      { expression: child === undefined ? own : `${own}.${child}`, steps: child === undefined ? steps : [...steps, child] },
      place,
    )
  }

  addAt(id: FindingId, expression: string, steps: readonly (string | number)[], says?: readonly string[]): void {
    if (!this.isFull) this.#push(id, { expression, steps }, { says })
  }

  #push(id: FindingId, at: Pick<Finding, 'expression' | 'steps'>, place: Place): void {
    const message = messageFor(id)
    const severity = place.severity ?? message.severity
    const diagnostics = fill(message.en, place.says)
    const key = `${id} ${at.expression} ${diagnostics}`
    this.#known ??= new Set()
    if (this.#known.has(key)) return
    this.#known.add(key)
    if (severity === 'error' || severity === 'fatal') this.errors += 1
    const profile = place.profile === undefined ? {} : { profile: place.profile }
    this.list.push({ severity, code: message.code, id, ...at, diagnostics, korean: fill(message.ko, place.says), ...profile })
  }
}

function fill(template: string, says: readonly string[] = []): string {
  return template.replace(/\{(\d)\}/g, (_, index: string) => says[Number(index)] ?? '')
}
