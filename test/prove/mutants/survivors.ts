/** Mutants that no test can or need notice, by the line they stand on. A survivor that is not here makes the run fail. */
export interface Survivor {
  /** under consent/ */
  readonly file: string
  /** part of the source line */
  readonly line: string
  /** part of the text replaced */
  readonly was?: string
  readonly put?: string
  readonly why: string
}

export const survivors: readonly Survivor[] = []
