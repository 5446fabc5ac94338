/** One entry of a write's answer: what happened and where it now is, in the writer's ids. */
export interface WrittenEntry {
  readonly status: 200 | 201 | 204
  readonly type: string
  readonly id: string
  /** '' where there is none: nothing was deleted */
  readonly version: string
  readonly updatedMs: number
  /** taken, and the writer should know: coded, no stored value */
  readonly warnings?: readonly {
    readonly id: string
    readonly diagnostics: string
    /** the same in Korean */
    readonly text?: string
    /** FHIRPath of the place */
    readonly expression?: string
  }[]
}
