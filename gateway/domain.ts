/** The domain on its database: the context everything is passed, with one adapter per institution. Part of the composition root. */
import { randomBytes, randomUUID } from 'node:crypto'
import pino from 'pino'
import type { EmrAdapter } from '../adapters/contract.ts'
import { guardedFetch } from '../adapters/guarded-fetch.ts'
import { adapterKind } from '../adapters/registry.ts'
import type { Config } from './config.ts'
import type { Context, Health, Log } from './context.ts'
import { createDirectory } from './directory.ts'
import { createLimiter } from './logic/limiter.ts'
import { createProfileTally } from './logic/profile-tally.ts'
import { noOutsideTerms, outsideTerms, type OutsideTerms } from './outside-terms.ts'
import { migrate } from './store/migrate.ts'
import { openDatabase, type Database } from './store/pool.ts'
import { createStore } from './store/store.ts'
import { installedDefinitions, type Installed } from './store/profile-library.ts'
import { tracedAdapter, tracedStore } from './traced.ts'
import { traceFields, traceHeaders } from './trace.ts'

/** Everything the domain works with, on an open database. `wakeDelivery`: something is due to be sent. */
export async function contextOf(config: Config, database: Database, log: Log, wakeDelivery: () => void): Promise<Context> {
  const store = tracedStore(createStore(database, traceHeaders))
  const adapters = new Map<string, EmrAdapter>()
  const installed = installedDefinitions(config.dataDir)
  requireProfiles(config, installed)
  const context: Context = {
    config,
    store,
    directory: createDirectory(config.institutions, config.groups),
    adapters,
    now: () => new Date(Date.now() + config.clockOffsetMs),
    newId: () => randomUUID(),
    log,
    pageKey: Buffer.from(await store.messages.secret('page-key', () => randomBytes(32).toString('base64')), 'base64'),
    health: createHealth(),
    limiter: createLimiter(config.rateLimits),
    terminology: installed.source,
    profiles: installed.library,
    profileTally: createProfileTally(),
    outsideTerms: outsideTermsOf(config, log),
    wakeDelivery,
  }
  for (const institution of config.institutions)
    adapters.set(institution.id, tracedAdapter(institution.id, adapterFor(context, institution.id)))
  return context
}

/** A profile that nobody knows would refuse nothing. */
function requireProfiles({ institutions }: Config, { library }: Installed): void {
  const faults = institutions.flatMap(({ id, validation }) =>
    (validation === undefined || typeof validation.profiles === 'string' ? [] : library().unknown(validation.profiles)).map(
      (url) => `institution \`${id}\`: no profile \`${url}\` is known; see \`carenet profiles list\``,
    ),
  )
  if (faults.length > 0) throw new Error(`the configuration cannot be used:\n  ${faults.join('\n  ')}`)
}

/** The domain on its database without door, listeners and loops: for commands while no gateway runs. What it queues is sent at the next start. */
export async function offline<T>(config: Config, work: (context: Context) => Promise<T>): Promise<T> {
  const database = await openDatabase(config)
  try {
    await migrate(database)
    const context = await contextOf(config, database, createLog(), () => {})
    const done = await work(context)
    for (const adapter of context.adapters.values()) await adapter.close()
    return done
  } finally {
    await database.close()
  }
}

function adapterFor(context: Context, id: string): EmrAdapter {
  const institution = context.directory.institution(id)
  const kind = adapterKind(institution?.adapter.kind ?? '')
  if (institution === undefined || kind === undefined) throw new TypeError('adapters are made only for configured institutions')
  const { kind: _, ...own } = institution.adapter
  return kind.create(own, {
    institution: { id, number: institution.number, name: institution.name },
    now: context.now,
    memory: context.store.messages.memoryOf(id),
    log: (event, fields) => context.log('info', event, { institution: id, kind: kind.kind, ...allowed(fields) }),
    fetch: guardedFetch({ allowOrigins: originsIn(own), deadlineMs: 20_000, maxBytes: 20 * 1024 * 1024, headersNow: traceHeaders }),
  })
}

/** The one server of the configuration is the only one it can make us call. */
function outsideTermsOf({ terminology }: Config, log: Log): OutsideTerms {
  const outside = terminology?.outside
  if (outside === undefined) return noOutsideTerms
  const fetch = guardedFetch({ allowOrigins: [new URL(outside.url).origin], deadlineMs: outside.deadlineMs, maxBytes: 256 * 1024 })
  return outsideTerms({ ...outside, fetch, now: () => Date.now(), log })
}

/** The origins an adapter's own configuration names are the only ones it may call. */
function originsIn(config: unknown): readonly string[] {
  const origins = new Set<string>()
  JSON.stringify(config, (_key, value: unknown) => {
    if (typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)) origins.add(new URL(value).origin)
    return value
  })
  return [...origins]
}

/** Adapters log counts and reasons; whatever else they pass is left out. */
function allowed(fields: Readonly<Record<string, string | number | boolean>>): { count?: number; reason?: string; port?: number } {
  const { count, reason, port } = fields
  return {
    ...(typeof count === 'number' ? { count } : {}),
    ...(typeof reason === 'string' ? { reason: reason.slice(0, 200) } : {}),
    ...(typeof port === 'number' ? { port } : {}),
  }
}

/** JSON lines on stderr: event, fields and trace; never content. */
export function createLog(): Log {
  const logger = pino(
    { level: process.env['LOG_LEVEL'] ?? 'warn', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  return (level, event, fields = {}) => {
    if (logger.isLevelEnabled(level)) logger[level]({ event, ...traceFields(), ...fields })
  }
}

function createHealth(): Health {
  const down = new Set<string>()
  return {
    isDown: (institution) => down.has(institution),
    report(institution, isUp) {
      if (isUp) down.delete(institution)
      else down.add(institution)
    },
  }
}
