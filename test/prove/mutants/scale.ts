/** Stands in for test/support/proof.ts while mutants are tried: the same cases, fewer of them (see `loader.ts`). */
import { fraction } from './share.ts'

export const scale = 1

export function cases(atScaleOne: number): number {
  return Math.max(1, Math.round(atScaleOne * fraction.tried))
}

export function seedOr(own: number): number {
  return own
}

export function generateAlike(check: { configureGlobal: (settings: Record<string, unknown>) => void }): void {
  check.configureGlobal({ seed: 20261122, numRuns: cases(100), endOnFailure: true })
}

export function enginesAtThisScale(): readonly ['PGlite'] {
  return ['PGlite']
}
