/** Where a story is told: what is done, what came back, and whether it is what was promised. */
import type { Cast, Place } from './cast.ts'
import { nameOf } from './cast.ts'
import type { Emergency, Visitor } from './visitor.ts'

export interface Stage {
  readonly cast: Cast
  as(name: string, emergency?: Emergency): Promise<Visitor>
  /** what somebody does */
  step(text: string): void
  /** what came back */
  shows(text: string): void
  /** remembers a broken one and goes on, so that all of them are seen and what was changed is put back */
  promise(text: string, isKept: boolean): void
}

export interface Story {
  readonly number: number
  readonly title: string
  play(stage: Stage): Promise<void>
}

export interface Line {
  readonly kind: 'step' | 'shows' | 'kept' | 'broken'
  readonly text: string
}

export function stageOf(input: { cast: Cast; as: Stage['as']; write: (line: Line) => void }): Stage & { readonly broken: () => number } {
  let broken = 0
  return {
    cast: input.cast,
    as: input.as,
    step: (text) => input.write({ kind: 'step', text }),
    shows: (text) => input.write({ kind: 'shows', text }),
    promise(text, isKept) {
      if (!isKept) broken += 1
      input.write({ kind: isKept ? 'kept' : 'broken', text })
    },
    broken: () => broken,
  }
}

export function doctorOf(place: Place): string {
  return `${place}-doctor`
}

/** how a doctor is spoken of */
export function doctorWords(place: Place): string {
  return `a doctor of ${nameOf(place)}`
}
