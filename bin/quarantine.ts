/**
 * `carenet quarantine list|replay`: messages that could not be taken. A running gateway is asked over HTTP, as an integrator; when none runs the
 * store is opened, and the configuration of now decides. One line per message: names of fields and counts, never its content.
 */
import { existsSync, readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { loadConfig, type Environment } from '../gateway/config-load.ts'
import type { Config } from '../gateway/config.ts'
import { offline } from '../gateway/domain.ts'
import { actingAtMachine, lookAtQuarantine, replayAll, replayOne, type ActingOnQuarantine } from '../gateway/quarantine.ts'
import { callFhir, sandboxToken } from './sandbox/client.ts'
import { isSandboxKey } from './token.ts'

export interface QuarantineOptions {
  /** the config file; without one CARENET_CONFIG, else the sandbox's own */
  readonly config?: string | undefined
  /** access token of an integrator; without one CARENET_TOKEN, else the sandbox's integrator */
  readonly token?: string | undefined
  readonly env: Environment
  readonly print: (line: string) => void
}

/** most rows of one call, as `$quarantine` says it */
const limit = 500
const healthDeadlineMs = 2_000

/** Prints what rests and what landed of late; resolves to true when nothing rests. */
export async function quarantineList(options: QuarantineOptions): Promise<boolean> {
  const config = await configOf(options)
  const rows = (await isRunning(config)) ? await listed(config, options) : await offline(config, offlineList)
  for (const row of rows) options.print(lineOf(row))
  const resting = rows.filter(({ state }) => state !== 'landed').length
  options.print(
    `${resting} at rest, ${rows.length - resting} landed of late${rows.length === limit ? `; only the newest ${limit} are listed` : ''}`,
  )
  return resting === 0
}

/** Takes one message or all again and prints what became of each; resolves to true when none is left. */
export async function quarantineReplay(options: QuarantineOptions & { readonly id?: string; readonly all?: boolean }): Promise<boolean> {
  const { id, all } = options
  if ((id === undefined) === (all !== true)) throw new Error('name one message with --id, or everything with --all')
  const config = await configOf(options)
  const done = (await isRunning(config))
    ? await replayed(config, options)
    : await offline(config, async (context) => {
        const by = actingHere()
        return id === undefined ? replayAll(context, by, limit) : [await replayOne(context, by, id)]
      })
  for (const one of done) options.print(outcomeLine(one))
  if (done.length === 0) options.print('nothing rests')
  return done.every(({ outcome }) => outcome === 'landed' || outcome === 'landed-before')
}

interface Row {
  readonly id: string
  readonly institution: string
  readonly received: string
  readonly kind: string
  readonly place: string
  readonly reason: string
  readonly state: string
  readonly replays: number
}

interface Outcome {
  readonly id: string
  readonly outcome: string
  readonly reason?: string
  readonly place?: string
}

function lineOf({ id, institution, received, kind, place, reason, state, replays }: Row): string {
  return [id, institution, received, kind || '-', place || '-', state, ...(replays === 0 ? [] : [`tried ${replays}x`]), reason].join('  ')
}

const words: Readonly<Record<string, string>> = {
  landed: 'landed',
  'landed-before': 'landed before; nothing was done',
  refused: 'refused again',
  later: 'could not be stored now; try again',
  'not-kept': 'its content was not kept (too large, or too many rest); have it sent again',
  unknown: 'no message of this id',
}

function outcomeLine({ id, outcome, place, reason }: Outcome): string {
  return [
    id,
    words[outcome] ?? outcome,
    ...(place === undefined || place === '' ? [] : [place]),
    ...(reason === undefined ? [] : [reason]),
  ].join('  ')
}

const actingHere = (): ActingOnQuarantine => actingAtMachine(userInfo().username, hostname())

async function offlineList(context: Parameters<typeof replayOne>[0]): Promise<readonly Row[]> {
  const rows = await lookAtQuarantine(context, actingHere(), limit)
  return rows.map((row) => ({
    ...row,
    received: new Date(row.atMs).toISOString(),
    state: row.landedMs !== undefined ? 'landed' : row.isKept ? 'resting' : 'not-kept',
  }))
}

async function listed(config: Config, options: QuarantineOptions): Promise<readonly Row[]> {
  const parts = await ask(config, options, { method: 'GET', path: '$quarantine' })
  return parts.map((part) => ({
    id: part['id'] ?? '',
    institution: part['institution'] ?? '',
    received: part['received'] ?? '',
    kind: part['kind'] ?? '',
    place: part['place'] ?? '',
    reason: part['reason'] ?? '',
    state: part['state'] ?? '',
    replays: Number(part['replays'] ?? 0),
  }))
}

async function replayed(config: Config, options: QuarantineOptions & { readonly id?: string }): Promise<readonly Outcome[]> {
  const parameter = options.id === undefined ? {} : { parameter: [{ name: 'id', valueString: options.id }] }
  const body = { resourceType: 'Parameters', ...parameter }
  const parts = await ask(config, options, { method: 'POST', path: '$quarantine-replay', body })
  return parts.map(({ id = '', outcome = '', reason, place }) => ({
    id,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(place === undefined ? {} : { place }),
  }))
}

type Parts = Readonly<Record<string, string>>

async function ask(
  config: Config,
  options: QuarantineOptions,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<readonly Parts[]> {
  const { status, body } = await callFhir(config.publicUrl, await tokenOf(options), request)
  if (status !== 200) throw new Error(`the gateway at ${config.publicUrl} answered ${status}; it takes the token of an integrator`)
  const parameters: unknown = typeof body === 'object' && body !== null && 'parameter' in body ? body.parameter : []
  return (Array.isArray(parameters) ? parameters : []).map((item: unknown) => partsIn(item))
}

function partsIn(item: unknown): Parts {
  const parts: unknown = typeof item === 'object' && item !== null && 'part' in item ? item.part : []
  const entries = (Array.isArray(parts) ? parts : []).flatMap((part: unknown): [string, string][] => {
    if (typeof part !== 'object' || part === null) return []
    const { name, ...value } = Object.fromEntries(Object.entries(part))
    return typeof name === 'string' ? [[name, String(Object.values(value)[0])]] : []
  })
  return Object.fromEntries(entries)
}

async function tokenOf({ token, env }: QuarantineOptions): Promise<string> {
  const given = token ?? env['CARENET_TOKEN']
  if (given !== undefined && given !== '') return given
  const file = join(sandboxFolder(env), 'cli.json')
  const key: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  if (!isSandboxKey(key)) throw new Error('the gateway runs: give the access token of an integrator with --token or CARENET_TOKEN')
  return sandboxToken(key, { as: 'integrator', purposes: [] })
}

function sandboxFolder(env: Environment): string {
  return join(env['CARENET_DATA_DIR'] ?? '.data', 'sandbox')
}

async function configOf({ config, env }: QuarantineOptions): Promise<Config> {
  // CARENET_TOKEN is this command's own; the gateway knows no such variable.
  const { CARENET_TOKEN: _token, ...known } = env
  const own = join(sandboxFolder(env), 'gateway.json')
  const file = config ?? ((env['CARENET_CONFIG'] ?? '') === '' && existsSync(own) ? own : undefined)
  const loaded = await loadConfig(known, file)
  if ('faults' in loaded) throw new Error(`the configuration cannot be used:\n  ${loaded.faults.join('\n  ')}`)
  return loaded.ok
}

/** Alive is enough: one that is not ready answers with its own reason. */
async function isRunning({ publicUrl }: Config): Promise<boolean> {
  try {
    const answer = await fetch(`${publicUrl}/health/live`, { signal: AbortSignal.timeout(healthDeadlineMs), redirect: 'error' })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    // refused, timed out, no such name: then the store says whether somebody has it
    return false
  }
}
