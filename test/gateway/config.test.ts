import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { loadConfig, readConfig } from '../../gateway/config-load.ts'
import type { Environment, Loaded } from '../../gateway/config-load.ts'
import type { Config } from '../../gateway/config.ts'
import { configSchema, defaultRateLimits, environmentNames } from '../../gateway/config-schema.ts'

const now = new Date('2026-11-22T00:00:00Z')

const clinic = {
  id: 'clinic',
  name: '해맑은의원',
  number: '31100001',
  type: '31',
  phone: '02-000-0000',
  departments: [],
  adapter: { kind: 'sql-view', file: 'x.db' },
}
const smallest = { implicitPolicy: 'deny-between-institutions', institutions: [clinic] }
const doctor = {
  name: 'clinic-doctor',
  displayName: '의사',
  role: 'doctor',
  institution: 'clinic',
  departments: ['01'],
  practitioner: 'p1',
  patient: '',
}
const sandbox = { publicKey: { kty: 'EC' }, identities: [doctor] }

const faults = (loaded: Loaded): readonly string[] => ('faults' in loaded ? loaded.faults : [])
function good(loaded: Loaded): Config {
  if ('faults' in loaded) throw new Error(loaded.faults.join('\n'))
  return loaded.ok
}
const read = (content: unknown, env: Environment = {}): Loaded => readConfig(env, content, now)

test('a file with only what has no default gives a whole configuration', () => {
  expect(good(read(smallest))).toEqual({
    port: 8080,
    publicUrl: 'http://localhost:8080',
    dataDir: '.data',
    holidays: [],
    databaseUrl: undefined,
    timeZone: 'Asia/Seoul',
    clockOffsetMs: 0,
    implicitPolicy: 'deny-between-institutions',
    institutions: [clinic],
    groups: [],
    clients: [],
    apps: [],
    issuer: undefined,
    sandbox: undefined,
    subscriptions: { endpoints: [], maxAttempts: 10 },
    limits: {
      maxBodyBytes: 20 * 1024 * 1024,
      maxDepth: 60,
      maxBundleEntries: 5000,
      maxPageSize: 200,
      liveDeadlineMs: 3000,
      maxLiveResources: 2000,
      missingMs: 20,
    },
    rateLimits: defaultRateLimits,
    ledger: { retentionDays: 731 },
  })
})

test('the given object is not changed by the defaults', () => {
  const given = structuredClone(smallest)
  read(given)
  expect(given).toEqual(smallest)
})

test('the environment is stronger than the file', () => {
  const env = {
    PORT: '9000',
    DATABASE_URL: 'postgresql:///care?host=/run/postgresql',
    CARENET_DATA_DIR: '/srv/care',
    CARENET_PUBLIC_URL: 'https://care.example',
    CARENET_NOW: '2026-03-01T09:00:00+09:00',
  }
  expect(good(read({ ...smallest, sandbox, port: 1, publicUrl: 'http://x', dataDir: 'y', limits: { maxDepth: 5 } }, env))).toMatchObject({
    port: 9000,
    databaseUrl: env.DATABASE_URL,
    dataDir: '/srv/care',
    publicUrl: 'https://care.example',
    clockOffsetMs: Date.parse('2026-03-01T00:00:00Z') - now.getTime(),
    limits: { maxDepth: 5, maxPageSize: 200 },
  })
})

test('every fault of file and environment is listed at once, by key and without its value', () => {
  const listed = faults(
    read(
      {
        implicitPolicy: 'permit',
        instituitions: [],
        timeZone: 7,
        limits: { maxDepth: 0, maxWidth: 1 },
        institutions: [{ ...clinic, number: '3110-secret', adapter: {} }],
      },
      { PORT: '80a', DATABASE_URL: 'mysql://root:hunter2@db/x', CARENET_NOW: '2026-03-01', CARENET_TOKEN: 'hunter2', HOME: '/root' },
    ),
  )
  for (const fault of [
    'environment: `CARENET_TOKEN` is not a setting of care-network',
    'environment: `PORT` is not a port number (0 to 65535)',
    'environment: `DATABASE_URL` is not a postgresql:// URL',
    'environment: `CARENET_NOW` is not an instant with an offset, like 2026-03-01T09:00:00+09:00',
    'unknown key `instituitions`',
    'unknown key `limits.maxWidth`',
    'missing key `institutions.0.adapter.kind`',
    '`implicitPolicy` must be one of deny-between-institutions, deny, basic-normal',
    '`timeZone` must be string',
    '`limits.maxDepth` must be >= 1',
    '`institutions.0.number` must match pattern "^[0-9]{8}$"',
  ])
    expect(listed).toContain(fault)
  expect(listed).toHaveLength(11)
  expect(listed.join('\n')).not.toMatch(/hunter2|3110-secret/)
})

test('a network without an implicit policy does not start', () => {
  expect(faults(read({ institutions: [clinic] }))).toEqual(['missing key `implicitPolicy`'])
})

test('contradictions are faults: twins, strangers, a time zone nobody knows, an address with a trailing slash', () => {
  const listed = faults(
    read({
      ...smallest,
      publicUrl: 'http://localhost:8080/',
      timeZone: 'Asia/Pyeongyang2',
      institutions: [clinic, { ...clinic, id: 'network' }, clinic],
      clients: [{ clientId: 'lab', institution: 'lab', jwks: { keys: [{ kty: 'EC' }] } }],
      sandbox: { ...sandbox, identities: [doctor, { ...doctor, institution: 'nowhere' }] },
    }),
  )
  expect(listed.map((fault) => fault.replace(/`: .*|`, which.*|,? like.*/, ''))).toHaveLength(8)
  expect(listed.join('\n')).toMatch(
    /two have the id `clinic`[^]*two have the number[^]*two are called `clinic-doctor`[^]*`lab` belongs to `lab`/,
  )
})

test('the clock that consent is judged by cannot be moved in production', () => {
  const env = { CARENET_NOW: '2026-03-01T09:00:00+09:00' }
  expect(faults(read(smallest, env))).toEqual([expect.stringContaining('`CARENET_NOW` moves the clock')])
  expect(faults(read({ ...smallest, sandbox }, env))).toEqual([])
})

test('the file is found by argument or by CARENET_CONFIG; one that is missing or not JSON is a fault beside the others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'care-config-'))
  const file = join(folder, 'carenet.json')
  writeFileSync(file, JSON.stringify(smallest))
  expect(good(await loadConfig({ CARENET_CONFIG: file })).institutions).toEqual([clinic])
  expect(good(await loadConfig({ CARENET_CONFIG: 'absent.json' }, file)).institutions).toEqual([clinic])
  expect(faults(await loadConfig({ CARENET_CONFIG: 'absent.json', CARENET_X: '' }))).toEqual([
    'config file `absent.json` cannot be read: ENOENT',
    'environment: `CARENET_X` is not a setting of care-network',
  ])
  writeFileSync(file, '{ "port": 1, }')
  expect(faults(await loadConfig({}, file))).toEqual([`config file \`${file}\` is not JSON`])
  expect(faults(await loadConfig({}))).toContain('missing key `implicitPolicy`')
  rmSync(folder, { recursive: true })
})

test('docs/configuration.md lists every key and variable, and no other', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((found) => found[1])
  expect(new Set(listed)).toEqual(new Set([...environmentNames, ...keysOf(configSchema, '')]))
})

test('docs/configuration.md states the defaults of the limits', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  for (const [name, limit] of Object.entries(good(read(smallest)).limits)) expect(page).toContain(`| \`limits.${name}\` | ${limit} |`)
})

function keysOf(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  if ('items' in schema) return keysOf(schema.items, `${path}[]`)
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return []
  return Object.entries(schema.properties).flatMap(([name, value]: [string, unknown]) => {
    const key = path === '' ? name : `${path}.${name}`
    return [key, ...keysOf(value, key)]
  })
}
