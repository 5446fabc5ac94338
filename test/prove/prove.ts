/**
 * `npm run prove`: the generated proofs at a larger scale, and the faults, one suite after another. Writes what ran, how much of it and the
 * result into docs/proof.md, with the commit and the seed, so that anybody can repeat it. Exit 0 only when everything held.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const seed = process.env['PROOF_SEED'] ?? '20261122'
const scale = process.env['PROOF_SCALE'] ?? '10'

const proofs = [
  { claim: 'decision, view and a naive reading of the consent agree', path: 'test/consent/three-readings' },
  { claim: 'they agree on every small consent of up to three rules', path: 'test/consent/exhaustive' },
  { claim: 'the invariants of the consent law hold', path: 'test/consent/invariants' },
  { claim: 'the view in SQL selects what the view in JavaScript matches', path: 'test/consent/sql' },
  { claim: 'any split of any MLLP frames gives the same messages', path: 'test/adapters/hl7v2-mllp/codec' },
  { claim: 'any interleaving of commits, polls and lost answers delivers each row version once', path: 'test/adapters/sql-view/poll' },
  { claim: 'identity matching is symmetric and never merges two generated people', path: 'test/gateway/logic/match' },
  { claim: 'hostile JSON never throws, hangs or pollutes', path: 'test/fhir-profiles/json' },
  { claim: 'kill -9 of the gateway loses nothing acknowledged and delivers once', path: 'test/journeys/kill' },
  { claim: 'kill -9 of the sealer loses no committed entry and leaves a sound log', path: 'test/gateway/seal-kill' },
  { claim: 'any log grown in any steps has the roots and proofs of RFC 6962', path: 'test/gateway/logic/chain' },
  { claim: 'a withdrawal is obeyed by the next request, on any process', path: 'test/journeys/withdrawal' },
  { claim: 'withdrawals are linearizable under load on two processes', path: 'test/gateway/linearizable' },
  { claim: 'a reply equals the reply of a store without the refused records', path: 'test/gateway/non-interference' },
] as const

interface Row {
  readonly claim: string
  readonly path: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

function run(proof: (typeof proofs)[number]): Row {
  const folder = mkdtempSync(join(tmpdir(), 'care-proof-'))
  const output = join(folder, 'result.json')
  const startedAt = performance.now()
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const done = spawnSync(
    process.execPath,
    [...flags, 'node_modules/jest/bin/jest.js', proof.path, '--json', `--outputFile=${output}`, '--testTimeout=900000'],
    {
      cwd: root,
      env: { ...process.env, PROOF_SEED: seed, PROOF_SCALE: scale },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  // Written by jest itself, whose shape is fixed by its version.
  const result =
    done.error === undefined
      ? (JSON.parse(readFileSync(output, 'utf8')) as {
          numPassedTests: number
          numFailedTests: number
          numPendingTests: number
          numTotalTests: number
        })
      : undefined
  rmSync(folder, { recursive: true, force: true })
  const nothingRan = result === undefined || result.numTotalTests === 0
  return {
    ...proof,
    passed: result?.numPassedTests ?? 0,
    failed: nothingRan ? 1 : result.numFailedTests,
    skipped: result?.numPendingTests ?? 0,
    seconds,
  }
}

const rows = proofs.map((proof) => {
  const row = run(proof)
  console.log(
    `${row.failed === 0 ? 'holds' : 'FAILS'}  ${row.claim}: ${row.passed} passed, ${row.failed} failed, ${row.skipped} skipped, ${row.seconds} s`,
  )
  return row
})
const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
writeFileSync(
  join(root, 'docs', 'proof.md'),
  `# Proofs

\`npm run prove\` at commit ${commit}, seed ${seed}, scale ${scale} (generated cases per proof: ${scale} × those of \`npm test\`), Node ${process.versions.node}.

| claim | tests | passed | failed | skipped | seconds |
|---|---|---|---|---|---|
${rows.map((row) => `| ${row.claim} | \`${row.path}\` | ${row.passed} | ${row.failed} | ${row.skipped} | ${row.seconds} |`).join('\n')}
`,
)
process.exitCode = rows.every((row) => row.failed === 0) ? 0 : 1
