// `npm test`: types, lint, format, then jest. Its last line is `N passed, N failed`, with `, N skipped` when there are any; each of the three
// checks counts as one test. Exit 0 only when nothing failed. With CI=true, tests skipped for lack of PostgreSQL are a failure too.
// Arguments go to jest: `npm test -- test/consent`.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNodeRecent } from '../tools/runtime/version.mjs'

if (!isNodeRecent(process.versions.node)) {
  console.error(`the tests need Node 22.18 or newer; this is ${process.versions.node}: run them by \`npm test\`, after \`npm ci\``)
  process.exit(1)
}
const { lastLine, tally } = await import('./support/results.ts')

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const checks = [
  { name: 'types', command: [join(bin, 'tsc'), '--noEmit'] },
  { name: 'lint', command: [join(bin, 'oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'format', command: [join(bin, 'oxfmt'), '--check'] },
]
const jest = [
  process.execPath,
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
]

let good = 0
for (const { name, command } of checks) {
  console.log(`--- ${name}`)
  const isGood = (await run(command, 'inherit')) === 0
  good += isGood ? 1 : 0
  if (!isGood) console.log(`${name}: failed`)
}

console.log('--- tests')
const folder = mkdtempSync(join(tmpdir(), 'care-results-'))
const file = join(folder, 'jest.json')
// jest reports on stderr; with --json it would print the result on stdout as well
const code = await run([...jest, '--json', `--outputFile=${file}`, ...process.argv.slice(2)], 'ignore')
const counted = tally(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined, code, process.env.CI === 'true')
rmSync(folder, { recursive: true })

for (const note of counted.notes) console.log(note)
const total = { passed: counted.passed + good, failed: counted.failed + checks.length - good, skipped: counted.skipped }
process.exitCode = total.failed === 0 ? 0 : 1
console.log(lastLine(total))

/** Resolves to the exit code, or to the name of the signal that ended it. */
function run([command, ...args], stdout) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'] })
    child.once('error', reject)
    child.once('exit', (exit, signal) => resolve(signal ?? exit))
  })
}
