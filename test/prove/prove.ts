/**
 * `npm run prove`: the generated proofs at a larger scale, and the faults, one suite after another. Writes what ran, how much of it and the
 * result into docs/proof.md, with the commit and the seed, so that anybody can repeat it. Exit 0 only when everything held.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const seed = process.env['PROOF_SEED'] ?? '20261122'
const scale = process.env['PROOF_SCALE'] ?? '10'

interface Proof {
  readonly claim: string
  /** those tests whose path matches */
  readonly path: string
  readonly isOnBoth?: boolean
}

const proofs: readonly Proof[] = [
  // `npm test` runs those on one engine whose question is not the store's
  { claim: 'the whole of `npm test`, every suite on both engines', path: 'test/', isOnBoth: true },
  { claim: 'decision, view and a naive reading of the consent agree', path: 'test/consent/three-readings' },
  { claim: 'they agree on every small consent of up to three rules', path: 'test/consent/exhaustive' },
  { claim: 'the invariants of the consent law hold', path: 'test/consent/invariants' },
  { claim: 'the view in SQL selects what the view in JavaScript matches', path: 'test/consent/sql' },
  { claim: 'the tests of the consent law notice when the law is changed: one mutant in a hundred', path: 'test/prove/mutants' },
  { claim: 'any split of any MLLP frames gives the same messages', path: 'test/adapters/hl7v2-mllp/codec' },
  { claim: 'any interleaving of commits, polls and lost answers delivers each row version once', path: 'test/adapters/sql-view/poll' },
  { claim: 'identity matching is symmetric and never merges two generated people', path: 'test/gateway/logic/match' },
  { claim: 'random searches find what a naive reading of FHIR finds, hidden records left out', path: 'test/gateway/search/model' },
  { claim: 'hostile JSON never throws, hangs or pollutes', path: 'test/fhir-profiles/json' },
  { claim: 'the committed guide is what its FSH sources compile to', path: 'test/fhir-profiles/guide-build' },
  {
    claim: '100,000 mutated resources are judged without crash or hang, alike in any order of keys',
    path: 'test/fhir-profiles/validate/fuzz',
  },
  { claim: 'invariants compiled by us say what fhirpath.js says', path: 'test/fhir-profiles/validate/invariants' },
  { claim: 'kill -9 of the gateway loses nothing acknowledged and delivers once', path: 'test/journeys/kill.test' },
  {
    claim: 'kill -9 of the gateway at 200 points on each engine: one row per parcel, nothing acknowledged lost, a sound ledger',
    path: 'test/journeys/kills/gateway',
  },
  {
    claim: 'kill -9 of the clinic, the hospital and the university hospital at 200 points each on each engine: the same',
    path: 'test/journeys/kills/emrs',
  },
  { claim: 'kill -9 of the sealer loses no committed entry and leaves a sound log', path: 'test/gateway/seal-kill' },
  {
    claim: 'kill -9 of the gateway that exports and notifies: what was promised is written whole, every event told under one number',
    path: 'test/gateway/exchange-kill',
  },
  { claim: 'any log grown in any steps has the roots and proofs of RFC 6962', path: 'test/gateway/logic/chain' },
  { claim: 'a database of any earlier schema comes up to date and loses nothing', path: 'test/gateway/store/migrate-data' },
  { claim: 'a withdrawal is obeyed by the next request, on any process', path: 'test/journeys/withdrawal' },
  {
    claim: '64 writers at two gateways leave what one after another would: by id, by criteria, by patch, in transactions',
    path: 'test/gateway/races',
  },
  { claim: 'hostile input from public lists is refused or harmless at every route, in time', path: 'test/gateway/hostile' },
  { claim: 'withdrawals are linearizable under load on two processes', path: 'test/gateway/linearizable' },
  { claim: 'a reply equals the reply of a store without the refused records', path: 'test/gateway/non-interference' },
  { claim: 'a sensitive institution is not named to who is refused it', path: 'test/gateway/sensitive-places' },
  { claim: 'the leak kit finds no difference in 10,000 generated requests of each engine', path: 'test/leaks/leaks.test' },
  { claim: 'the leak kit finds each planted leak', path: 'test/leaks/planted' },
  { claim: '$everything of 50,000 records takes no more than 300 MB besides', path: 'test/gateway/everything' },
  { claim: 'a bulk export of 1,000,000 records takes no more than 300 MB besides', path: 'test/gateway/export.test' },
  { claim: 'hidden and missing take the same time', path: 'test/leaks/timing' },
]

interface Row {
  readonly claim: string
  readonly path: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
}

function run(proof: Proof): Row {
  const folder = mkdtempSync(join(tmpdir(), 'care-proof-'))
  const output = join(folder, 'result.json')
  const startedAt = performance.now()
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
  const done = spawnSync(
    process.execPath,
    [...flags, 'node_modules/jest/bin/jest.js', proof.path, '--json', `--outputFile=${output}`, '--testTimeout=2400000'],
    {
      cwd: root,
      env: { ...process.env, PROOF_SEED: seed, ...(proof.isOnBoth === true ? { PROOF_ENGINES: 'both' } : { PROOF_SCALE: scale }) },
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

const table = join(root, 'docs', 'proof.md')
const only = process.argv.slice(2)
const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()

/** The line of a proof that is not run now stays as it was: each says of which commit, seed and scale it speaks. */
const beforeText = existsSync(table) ? readFileSync(table, 'utf8') : ''
const before = new Map(
  beforeText.split('\n').flatMap((line): [string, string][] => {
    const path = /^\| .* \| `([^`]+)` \|/.exec(line)?.[1]
    return path === undefined ? [] : [[path, line]]
  }),
)
/** what was written below the table by hand stays */
const remarks = beforeText
  .split('\n')
  .slice(beforeText.split('\n').findLastIndex((line) => line.startsWith('|')) + 1)
  .join('\n')
const paths = new Set(proofs.map(({ path }) => path))
/** A whole path is that proof alone: `test/` is part of each. */
const isWanted = ({ path }: { readonly path: string }): boolean =>
  only.length === 0 || only.some((word) => (paths.has(word) ? word === path : path.includes(word)))

let isHeld = true
for (const proof of proofs.filter(isWanted)) {
  const row = run(proof)
  if (row.failed > 0) isHeld = false
  const { passed, failed, skipped, seconds } = row
  const shownScale = proof.isOnBoth === true ? 1 : scale
  console.log(`${failed === 0 ? 'holds' : 'FAILS'}  ${row.claim}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`)
  const cells = [row.claim, `\`${row.path}\``, passed, failed, skipped, seconds, shownScale, seed, commit]
  before.set(row.path, `| ${cells.join(' | ')} |`)
  // Written after each, so that a run that is cut short leaves what it has shown.
  writeFileSync(table, page())
}
process.exitCode = isHeld ? 0 : 1

function page(): string {
  return `# Proofs

\`npm run prove\` runs all of them, \`npm run prove -- WORD\` those whose path holds the word, or is it. Scale: so many times the generated cases of \`npm test\`
(\`PROOF_SCALE\`, 10 unless said otherwise); seed: \`PROOF_SEED\`. Same commit, seed and scale = same cases. Node ${process.versions.node}.

| claim | tests | passed | failed | skipped | seconds | scale | seed | commit |
|---|---|---|---|---|---|---|---|---|
${proofs.flatMap(({ path }) => before.get(path) ?? []).join('\n')}
${remarks}`
}
