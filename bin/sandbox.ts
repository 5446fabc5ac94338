/**
 * `carenet sandbox` (`npm start`): three EMRs, each a program of its own on real sockets, the gateway beside them, and the nine stories.
 * One line per service, then `ready <url>`; runs until Ctrl-C and then stops everything it started.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import type { SandboxKey } from './sandbox/client.ts'
import { hashPassword } from '../gateway/security/password.ts'
import { reportArrival } from './sandbox/arrival.ts'
import { koreanDay } from '../adapters/sandbox/population/population.ts'
import { generatedIdentities, populationFile } from './sandbox/generated.ts'
import { identities, institutions, portsFrom, type SandboxPorts } from './sandbox/network.ts'
import { seed } from './sandbox/seed.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** making an embedded database takes some ten seconds of processor time, and a busy or small machine gives a tenth of one */
const startDeadlineMs = 240_000

export interface SandboxOptions {
  /** the generated people as well */
  readonly population?: boolean
}

export async function sandbox({ population = false }: SandboxOptions): Promise<void> {
  const children: ChildProcess[] = []
  const stop = new AbortController()
  // Stays: npm passes on the Ctrl-C that the terminal already sent, and the second must not cut the clean stop short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal))
  try {
    await run(children, stop, population)
  } finally {
    await endAll(children)
  }
}

async function run(children: ChildProcess[], stop: AbortController, population: boolean): Promise<void> {
  const dataDir = resolve(process.env['CARENET_DATA_DIR'] ?? '.data')
  const ports = portsFrom(Number(process.env['PORT'] ?? 8080))
  const url = process.env['CARENET_PUBLIC_URL'] ?? `http://localhost:${ports.gateway}`
  const settings = await prepareFolder(dataDir, ports, url, population)
  const emr = (name: string): Promise<string> =>
    start(children, stop, {
      name,
      args: [join('adapters', 'sandbox', name, 'main.ts'), '--config', join(dataDir, 'sandbox', `${name}.json`)],
    })
  for (const line of await Promise.all(['clinic', 'hospital', 'tertiary'].map(emr))) console.log(line)
  console.log(
    await start(children, stop, {
      name: 'gateway',
      args: ['bin/carenet.mjs', 'serve', '--config', join(dataDir, 'sandbox', 'gateway.json')],
    }),
  )
  const seededMark = join(dataDir, 'sandbox', 'seeded.json')
  if (!existsSync(seededMark)) {
    const desk = (port: number): string => `http://127.0.0.1:${port}`
    await seed({
      url: desk(ports.gateway),
      key: settings.key,
      clinicDesk: desk(ports.clinicDesk),
      hospitalDesk: desk(ports.hospitalDesk),
      isQueueLong: population,
    })
    writeFileSync(seededMark, JSON.stringify({ seeded: true }))
    console.log('people: 9 with their stories, see README')
  }
  console.log(`ready ${url}`)
  const watch = { url: `http://127.0.0.1:${ports.gateway}`, key: settings.key, ports, signal: stop.signal }
  if (population) void reportArrival({ ...watch, asOf: settings.asOf, toldMark: join(dataDir, 'sandbox', 'population-told.json') })
  await new Promise<void>((done) => {
    if (stop.signal.aborted) done()
    else stop.signal.addEventListener('abort', () => done(), { once: true })
  })
  if (stop.signal.reason instanceof Error) throw stop.signal.reason
}

/** Keys and configuration files, made once and kept; ports follow the environment of each start. */
export async function prepareFolder(
  dataDir: string,
  ports: SandboxPorts,
  url: string,
  population = false,
): Promise<{ key: SandboxKey; asOf: string }> {
  const folder = join(dataDir, 'sandbox')
  for (const name of ['clinic', 'hospital', 'tertiary']) mkdirSync(join(folder, name), { recursive: true })
  chmodSync(folder, 0o700)
  const secrets = await once(join(folder, 'secrets.json'), makeSecrets)
  const key: SandboxKey = { privateKey: secrets.cli, tokenEndpoint: `${url}/oauth/token` }
  writeFileSync(join(folder, 'cli.json'), JSON.stringify(key), { mode: 0o600 })
  const { d: _, ...publicKey } = secrets.cli
  const asOf = population ? await populationDay(folder) : ''
  const gateway = {
    port: ports.gateway,
    publicUrl: url,
    dataDir,
    timeZone: 'Asia/Seoul',
    implicitPolicy: 'deny-between-institutions',
    institutions: institutions(ports, {
      folder,
      mapping: join(root, 'adapters/sandbox/clinic/mapping.json'),
      tertiaryToken: secrets.tertiaryToken,
    }),
    clients: Object.entries(secrets.systems).map(([clientId, { d: _private, ...jwk }]) => ({
      clientId,
      institution: clientId.split('-')[0],
      jwks: { keys: [jwk] },
    })),
    apps: sandboxApps,
    // Room for whoever tries the network with generated requests; a hospital keeps the defaults.
    rateLimits: {
      requestsPerMinute: { people: 120_000 },
      personsPerHour: { doctor: 20_000, nurse: 20_000, coordinator: 20_000, patient: 2_000 },
    },
    sandbox: { publicKey, identities: [...(await withPasswords(folder)), ...(population ? generatedIdentities(asOf) : [])] },
  }
  for (const [clientId, jwk] of Object.entries(secrets.systems))
    writeFileSync(join(folder, `${clientId}.jwk.json`), JSON.stringify(jwk), { mode: 0o600 })
  const files: Readonly<Record<string, unknown>> = {
    gateway,
    clinic: {
      database: join(folder, 'clinic', 'clinic.db'),
      deskPort: ports.clinicDesk,
      seedReferrals: false,
      population,
      ...clinicClock(),
    },
    hospital: {
      dataFile: join(folder, 'hospital', 'hospital.db'),
      deskPort: ports.hospitalDesk,
      listenPort: ports.hospitalMllp,
      peer: { host: '127.0.0.1', port: ports.mllpIn },
      population,
      ...emrNow(),
    },
    tertiary: {
      dataFile: join(folder, 'tertiary', 'tertiary.db'),
      port: ports.tertiary,
      deskPort: ports.tertiaryDesk,
      token: secrets.tertiaryToken,
      population,
      ...emrNow(),
    },
  }
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content, undefined, 2), { mode: 0o600 })
  return { key, asOf }
}

/** The day the generated charts are written for: that of the first start with them, since the EMRs keep what they wrote. */
async function populationDay(folder: string): Promise<string> {
  const now = emrNow().now
  const today = koreanDay(now === undefined ? new Date() : new Date(now))
  return (await once(join(folder, populationFile), async () => ({ asOf: today }))).asOf
}

/** An app to try the sign-in page with; whatever listens there, or nothing: the code is in the address. */
const sandboxApps = [{ clientId: 'sandbox-app', name: '시험용 앱', redirectUris: ['http://localhost:9999/callback'], kind: 'public' }]

/** Passwords are made once for whoever has none yet: readable in `passwords.json`, hashed in what the gateway reads. */
async function withPasswords(folder: string) {
  const people = identities()
  const passwords = await once(join(folder, 'passwords.json'), async (): Promise<Record<string, string>> => ({}))
  const hashes = await once(join(folder, 'password-hashes.json'), async (): Promise<Record<string, string>> => ({}))
  for (const { name, role } of people) {
    if (role === 'system') continue
    passwords[name] ??= randomBytes(9).toString('base64url')
    hashes[name] ??= await hashPassword(passwords[name])
  }
  writeFileSync(join(folder, 'passwords.json'), JSON.stringify(passwords, undefined, 2), { mode: 0o600 })
  writeFileSync(join(folder, 'password-hashes.json'), JSON.stringify(hashes), { mode: 0o600 })
  return people.map((person) => {
    const password = hashes[person.name]
    return password === undefined ? person : { ...person, password }
  })
}

function clinicClock(): { clockOffsetMs?: number } {
  const now = process.env['CARENET_NOW']
  return now === undefined || now === '' ? {} : { clockOffsetMs: Date.parse(now) - Date.now() }
}

function emrNow(): { now?: string } {
  const now = process.env['CARENET_NOW']
  return now === undefined || now === '' ? {} : { now }
}

interface Secrets {
  readonly cli: Record<string, unknown>
  readonly systems: Record<string, Record<string, unknown>>
  readonly tertiaryToken: string
}

async function makeSecrets(): Promise<Secrets> {
  const newKey = async (alg: string, kid: string): Promise<Record<string, unknown>> => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    return { ...(await exportJWK(privateKey)), alg, kid, use: 'sig' }
  }
  const systems = await Promise.all(
    ['clinic-system', 'hospital-system', 'tertiary-system'].map(async (name) => [name, await newKey('ES384', name)] as const),
  )
  return {
    cli: await newKey('ES256', 'carenet-cli'),
    systems: Object.fromEntries(systems),
    tertiaryToken: randomBytes(24).toString('base64url'),
  }
}

async function once<T>(file: string, make: () => Promise<T>): Promise<T> {
  // Written by this program and kept in a folder of mode 0700; its shape is our own.
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T
  const made = await make()
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 })
  return made
}

/** Starts a program and resolves with the first line it prints; its death, now or later, stops the sandbox. */
function start(children: ChildProcess[], stop: AbortController, program: { name: string; args: readonly string[] }): Promise<string> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...program.args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C reaches the whole terminal group; the programs stop in our order, not each by itself.
    detached: true,
  })
  children.push(child)
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`${program.name} did not start within ${startDeadlineMs / 1000} s`)), startDeadlineMs)
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(late)
      done(line)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(late)
      const ended = new Error(`${program.name} ended (${signal ?? `exit ${code}`})`)
      fail(ended)
      stop.abort(ended)
    })
  })
}

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(8_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))])
    }),
  )
}
