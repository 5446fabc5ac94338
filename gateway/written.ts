/** One entry of a write's answer: what happened and where it now is, in the writer's ids. */
export interface WrittenEntry {
  readonly status: 200 | 201 | 204
  readonly type: string
  readonly id: string
  readonly version: string
  readonly updatedMs: number
}
