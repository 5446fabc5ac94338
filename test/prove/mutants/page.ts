import type { Mutant } from './mutations.ts'
import type { Result } from './plan.ts'
export function pageOf(_m: readonly Mutant[], _r: ReadonlyMap<string, Result>, _s: ReadonlyMap<string, number>) { return { page: '', unexplained: [] as Mutant[] } }
