/** Which mutants are tried, and against which tests. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { mutantsOf, type Mutant } from './mutations.ts'
import { root, withTrees } from './syntax.ts'

export interface Result {
  readonly fate: 'killed' | 'survived' | 'invalid'
  readonly by: string
}

/** Of these one mutant in so many is tried, chosen by hash; of everything that decides all are. */
const oneIn: Readonly<Record<string, number>> = {
  'consent/base-type.ts': 2,
  'consent/clause.ts': 12,
  'consent/condition.ts': 3,
  'consent/consult.ts': 6,
  'consent/deciding.ts': 3,
  'consent/describe.ts': 12,
  'consent/directed.ts': 6,
  'consent/enforcement.ts': 6,
  'consent/explain.ts': 6,
  'consent/instant.ts': 4,
  'consent/label-sets.ts': 4,
  'consent/lifecycle.ts': 6,
  'consent/redact.ts': 2,
  'consent/replaces.ts': 6,
  'consent/simulate.ts': 12,
  'consent/sql.ts': 3,
  'consent/tell.ts': 12,
  'consent/words.ts': 12,
  'consent/writable.ts': 6,
}

/** it needs a running gateway, and says nothing of consent/ that the others do not */
const slow = ['test/consent/leap-holes.test.ts']
/** the generated ones, when the written ones have not noticed */
const last = ['simulate', 'exhaustive', 'three-readings', 'invariants'].map((name) => `test/consent/${name}.test.ts`)

const written = globSync('test/consent/*.test.ts', { cwd: root })
  .filter((file) => !slow.includes(file) && !last.includes(file))
  .sort()

/** @param isAll without leaving any out */
export function mutantsOfConsent(isAll: boolean): { readonly mutants: readonly Mutant[]; readonly made: ReadonlyMap<string, number> } {
  const files = globSync('consent/**/*.ts', { cwd: root }).sort()
  const all = withTrees(files, mutantsOf).flat()
  const made = new Map([...Map.groupBy(all, ({ file }) => file)].map(([file, members]) => [file, members.length]))
  const isChosen = (mutant: Mutant): boolean => Number.parseInt(keyOf(mutant).slice(0, 6), 16) % (oneIn[mutant.file] ?? 1) === 0
  return { mutants: isAll ? all : all.filter(isChosen), made }
}

/** The tests that load the file at run time, the one that carries its name first. */
export function testsFor(file: string): readonly string[] {
  const own = `test/consent/${basename(file, '.ts')}.test.ts`
  const tests = [...written, ...last].filter((test) => loadedBy(test).has(`${root}${file}`))
  return [...tests.filter((test) => test === own), ...tests.filter((test) => test !== own)]
}

/** Only where the SQL is made is it worth a database for every mutant. */
export function needsDatabase(file: string): boolean {
  return file === 'consent/sql.ts'
}

const closures = new Map<string, ReadonlySet<string>>()

function loadedBy(test: string): ReadonlySet<string> {
  const known = closures.get(test)
  if (known !== undefined) return known
  const loaded = new Set<string>()
  const visit = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    const source = readFileSync(path, 'utf8')
    for (const [, target = ''] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+\.ts)'/gm))
      visit(resolve(dirname(path), target))
  }
  visit(`${root}${test}`)
  closures.set(test, loaded)
  return loaded
}

const hashes = new Map<string, string>()

/** The same for the same change of the same text. */
export function keyOf({ file, start, end, put }: Mutant): string {
  const text = hashes.get(file) ?? readFileSync(`${root}${file}`, 'utf8')
  hashes.set(file, text)
  return createHash('sha256')
    .update(JSON.stringify([file, text, start, end, put]))
    .digest('hex')
}
