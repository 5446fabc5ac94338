/** What an operator deploys fits the program: no engine is at hand here that would build it, so names, files and settings are compared. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { environmentNames } from '../gateway/config-schema.ts'

const top = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, top), 'utf8')
const uncommented = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '')
const containerFile = uncommented(read('deploy/Dockerfile')).replaceAll(/\\\n/g, ' ')
const compose = uncommented(read('deploy/compose.yaml'))
const unit = uncommented(read('deploy/care-network.service'))

/** The lines under `key:` at this indentation, to the next key beside it. */
function section(text: string, key: string, indent: number): string {
  const lines = text.split('\n')
  const start = lines.indexOf(`${' '.repeat(indent)}${key}:`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent)
  return start === -1 ? '' : rest.slice(0, end === -1 ? undefined : end).join('\n')
}

describe('the container file', () => {
  const copied = [...containerFile.matchAll(/^COPY (?:--\S+ )*(.+)$/gm)].flatMap(([, names = '']) => names.trim().split(/\s+/).slice(0, -1))

  test('copies what exists, and the build context lets it through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    expect(copied.length).toBeGreaterThan(6)
    for (const path of copied) {
      expect({ path, isThere: existsSync(new URL(path, top)) }).toEqual({ path, isThere: true })
      expect(allowed).toContain(`!${path}`)
    }
    accessSync(new URL('deploy/entry.sh', top), constants.X_OK)
  })

  test('copies every folder that the program imports from, and no test, secret or working data', () => {
    for (const folder of ['adapters', 'bin', 'consent', 'fhir-profiles', 'gateway', 'tools/runtime/version.mjs'])
      expect(copied).toContain(folder)
    for (const path of ['test', '.', '.data', 'deploy/secrets', 'deploy/gateway.json']) expect(copied).not.toContain(path)
  })

  test('starts from a pinned Node that runs our sources, installs by the lock file, and is not root', () => {
    const [, major = '', minor = ''] = /^FROM node:(\d+)\.(\d+)\.\d+-slim$/m.exec(containerFile) ?? []
    expect([Number(major) >= 24, minor !== '']).toEqual([true, true])
    expect(containerFile).toMatch(/npm ci --omit=dev/)
    expect(containerFile).not.toMatch(/npm install|:latest|ADD |curl/)
    expect(containerFile.lastIndexOf('\nUSER node')).toBeGreaterThan(containerFile.lastIndexOf('\nRUN '))
  })

  test('asks the health page that exists', () => {
    expect(containerFile).toMatch(/^HEALTHCHECK .*\/health\/live/m)
    expect(read('gateway/operations-routes.ts')).toContain("'/health/live'")
  })
})

describe('the compose file', () => {
  test('is plain block YAML: spaces only, two at a step, each key once', () => {
    expect(compose).not.toMatch(/\t/)
    const path: string[] = []
    const seen = new Set<string>()
    for (const line of compose.split('\n').filter((each) => each.trim() !== '')) {
      const indent = line.search(/\S/)
      expect(indent % 2).toBe(0)
      const key = /^\s*([A-Za-z_-]+):( |$)/.exec(line)?.[1]
      if (key === undefined) expect(line).toMatch(/^\s+- \S/)
      else {
        path.length = indent / 2
        path.push(key)
        expect(seen).not.toContain(path.join('.'))
        seen.add(path.join('.'))
      }
    }
    expect([...seen]).toEqual(expect.arrayContaining(['services.database', 'services.gateway', 'secrets', 'volumes']))
  })

  test('gives secrets by file, publishes nothing of the database, and commits no password', () => {
    for (const service of ['database', 'gateway']) {
      const used = [...section(section(compose, service, 2), 'secrets', 4).matchAll(/- (\S+)/g)].map(([, name]) => name)
      expect(used).toContain('database-password')
      for (const name of used) expect(section(compose, 'secrets', 0)).toMatch(new RegExp(`^ {2}${name}:$`, 'm'))
    }
    expect(section(section(compose, 'database', 2), 'ports', 4)).toBe('')
    expect(compose).not.toMatch(/PASSWORD:|postgresql:\/\/[^@\s]*:/)
    expect(read('deploy/.gitignore')).toMatch(/^secrets\/$/m)
    expect(existsSync(new URL('deploy/secrets', top))).toBe(false)
  })

  test('waits for a healthy database of a version that we support, and keeps the gateway’s disk read-only', () => {
    expect(Number(/image: postgres:(\d+)\.\d+/.exec(compose)?.[1])).toBeGreaterThanOrEqual(15)
    const gateway = section(compose, 'gateway', 2)
    for (const line of ['condition: service_healthy', 'read_only: true', 'cap_drop: [ALL]', 'dockerfile: deploy/Dockerfile'])
      expect(gateway).toContain(line)
    expect(section(compose, 'database', 2)).toContain('pg_isready')
  })
})

test('every setting that these files and the runbook name is one that the gateway reads', () => {
  const known: readonly string[] = environmentNames
  const texts = [containerFile, compose, unit, read('deploy/entry.sh'), read('docs/operations.md')]
  const named = new Set(texts.flatMap((text) => text.match(/\bCARENET_[A-Z_]+\b/g) ?? []))
  expect([...named].filter((name) => !known.includes(name))).toEqual([])
})

test('every command and metric that the runbook names exists', () => {
  const [cli, pages, runbook] = [read('bin/cli.ts'), read('gateway/operations-routes.ts'), read('docs/operations.md')]
  const commands = new Set([...runbook.matchAll(/carenet (?:audit )?([a-z]+(?:-[a-z]+)*)\b/g)].map(([, name = '']) => name))
  expect(commands.size).toBeGreaterThan(4)
  for (const name of commands) expect(cli).toContain(`.command('${name}')`)
  for (const [metric] of runbook.matchAll(/\bcarenet_[a-z_]+\b/g)) expect(pages).toContain(`'${metric}'`)
})

test('the unit, the container and the benchmark start the gateway with the same flags and two arenas; the unit keeps what was compiled', () => {
  const flags = '--max-semi-space-size=16 --heap-growing-percent=120'
  const [entry, bench] = [read('deploy/entry.sh'), read('bench/load/servers.ts')]
  for (const started of [unit, entry]) expect(started).toContain(`node ${flags} `)
  expect(entry).toMatch(/^export MALLOC_ARENA_MAX="\$\{MALLOC_ARENA_MAX:-2\}"$/m)
  expect(unit).toMatch(/^Environment=MALLOC_ARENA_MAX=2$/m)
  expect(unit).toMatch(/^Environment=NODE_COMPILE_CACHE=\/var\/lib\/care-network\/[a-z]+$/m)
  expect(bench).toContain(`{ flags: ['${flags.replace(' ', "', '")}'], env: { MALLOC_ARENA_MAX: '2' } }`)
})

test('the unit starts our command as a user of its own that may write its state folder only', () => {
  expect(unit).toMatch(/^ExecStart=\/usr\/bin\/node --max-semi-space-size=16 --heap-growing-percent=120 bin\/carenet\.mjs serve$/m)
  expect(existsSync(new URL('bin/carenet.mjs', top))).toBe(true)
  for (const line of ['User=care-network', 'ProtectSystem=strict', 'NoNewPrivileges=true', 'UMask=0077', 'StateDirectoryMode=0700'])
    expect(unit.split('\n')).toContain(line)
})
