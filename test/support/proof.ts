/**
 * How much is tried. `npm test` runs every generated proof at scale 1; `npm run prove` runs the same tests at a larger scale and, if asked,
 * from another seed. Same seed and scale = same cases.
 */
export const scale = Math.max(1, Number(process.env['PROOF_SCALE'] ?? 1))

/** The number of generated cases at this scale. */
export function cases(atScaleOne: number): number {
  return Math.round(atScaleOne * scale)
}

/** The test's own seed, or the one this run was given. */
export function seedOr(own: number): number {
  return Number(process.env['PROOF_SEED'] ?? own)
}

/** Call at the top of a file whose properties name no seed of their own: the same cases in every run of one scale. */
export function generateAlike(check: { configureGlobal: (settings: { seed: number; numRuns: number }) => void }): void {
  check.configureGlobal({ seed: seedOr(20261122), numRuns: cases(100) })
}

/** Whether every suite runs on both engines: in `npm run prove`, and where it is asked for. */
const isOnBoth = scale > 1 || process.env['PROOF_ENGINES'] === 'both'

/** For suites whose tables are tested on both engines elsewhere: one engine in `npm test`, both in `npm run prove`. */
export function enginesAtThisScale(hasServer: boolean): readonly ('PGlite' | 'PostgreSQL')[] {
  if (isOnBoth) return ['PGlite', 'PostgreSQL']
  return [hasServer ? 'PostgreSQL' : 'PGlite']
}
