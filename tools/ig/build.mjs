/**
 * Compiles our FSH: KR Core's facts (fhir-profiles/kr-core) and, on top of them, our guide (fhir-profiles/ig) into a FHIR NPM package.
 * `npm run ig` writes the committed files; `npm run ig -- --check` changes nothing and fails when they are not what the sources say.
 * Same input, same bytes. Package format: https://hl7.org/fhir/packages.html
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from './compile.mjs'
import { factsOf, slimDefinition } from './slim.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const facts = 'fhir-profiles/kr-core'
const guide = 'fhir-profiles/ig'
const canonical = 'https://care-network.kr/fhir'
const krCore = { name: 'hl7.fhir.kr.core', version: '2.0.0' }

/** @returns {Promise<Map<string, string>>} repository path → text of every file that is made */
export async function build() {
  const profilesOfKorea = await compile({ folder: join(root, facts), canonical: 'http://www.hl7korea.or.kr/fhir/krcore' })
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const packages = [{ json: krCore, resources: profilesOfKorea }]
  const ours = (await compile({ folder: join(root, guide, 'fsh'), canonical, version, packages })).map(slimDefinition).sort(byFile)
  const files = ours.map((resource) => [`${guide}/package/${fileOf(resource)}`, pretty(resource)])
  const made = new Map([
    [`${facts}/definitions.json`, lines(profilesOfKorea.map(factsOf).sort(byFile))],
    ...files,
    [`${guide}/package/package.json`, pretty(packageJson(version))],
    [`${guide}/package/.index.json`, pretty(indexOf(ours))],
  ])
  const sources = new Map(sourceFiles().map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  return made.set(`${guide}/digests.json`, pretty({ sources: digestOf(sources), made: digestOf(made) }))
}

function sourceFiles() {
  return [facts, `${guide}/fsh`].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.fsh'))
      .map((name) => `${folder}/${name}`),
  )
}

/** So that a forgotten `npm run ig` is noticed without compiling: what was compiled, and what came of it. */
function digestOf(files) {
  const hash = createHash('sha256')
  for (const path of [...files.keys()].toSorted(byText)) hash.update(`${path}\n${files.get(path)}\n`)
  return hash.digest('hex')
}

function packageJson(version) {
  return {
    name: 'kr.care-network.fhir',
    version,
    type: 'IG',
    title: 'care-network implementation guide',
    description: 'Consent, referral, letters, summary and access log between Korean institutions. Needs hl7.fhir.kr.core beside it.',
    author: 'care-network',
    canonical,
    url: canonical,
    fhirVersions: ['4.0.1'],
    dependencies: { 'hl7.fhir.r4.core': '4.0.1', [krCore.name]: krCore.version },
    jurisdiction: 'urn:iso:std:iso:3166#KR',
    directories: { lib: 'package' },
  }
}

function indexOf(resources) {
  const files = resources.map((resource) => {
    const { resourceType, id, url, version, kind, type } = resource
    return { filename: fileOf(resource), resourceType, id, url, version, kind, type }
  })
  return { 'index-version': 2, files }
}

function fileOf({ resourceType, id }) {
  return `${resourceType}-${id}.json`
}

function byText(a, b) {
  return a < b ? -1 : 1
}

function byFile(a, b) {
  return fileOf(a) < fileOf(b) ? -1 : 1
}

/** One line per element of a snapshot, so that a change can be reviewed and the package stays small. */
function pretty(resource) {
  if (resource.resourceType !== 'StructureDefinition') return `${JSON.stringify(resource, undefined, 1)}\n`
  const { snapshot, differential, ...head } = resource
  const elements = (list) => `{ "element": [\n${list.element.map((each) => JSON.stringify(each)).join(',\n')}\n] }`
  const known = Object.entries(head).filter(([, each]) => each !== undefined)
  const parts = [...known.map(([key, each]) => [key, JSON.stringify(each)]), ['snapshot', elements(snapshot)]]
  if (differential !== undefined) parts.push(['differential', elements(differential)])
  return `{\n${parts.map(([key, text]) => `${JSON.stringify(key)}: ${text}`).join(',\n')}\n}\n`
}

function lines(definitions) {
  return `[\n${definitions.map((each) => pretty(each).trimEnd()).join(',\n')}\n]\n`
}

/** @returns {string[]} repository paths that differ, are missing or are left over */
function differing(made) {
  const folder = `${guide}/package`
  const present = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : []
  const isSame = ([path, text]) => existsSync(join(root, path)) && readFileSync(join(root, path), 'utf8') === text
  return [...present.filter((path) => !made.has(path)), ...[...made].filter((file) => !isSame(file)).map(([path]) => path)]
}

const made = await build()
const changed = differing(made)
if (process.argv.includes('--check')) {
  for (const path of changed) console.error(`${path} is not what the sources compile to: run npm run ig`)
  process.exitCode = changed.length === 0 ? 0 : 1
} else {
  rmSync(join(root, guide, 'package'), { recursive: true, force: true })
  for (const [path, text] of made) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  console.log(`${made.size} files, ${changed.length} changed`)
}
