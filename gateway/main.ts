/** The composition root: everything is made here once and passed on. Imports everything; nothing imports it but the command line. */
import { placesOf } from '../consent/places.ts'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { FetchFailure, guardedFetch } from '../adapters/guarded-fetch.ts'
import { adapterKind } from '../adapters/registry.ts'
import { createAlarm } from './alarm.ts'
import { createApp } from './app.ts'
import { breakGlassIssued, patientResolver } from './break-glass.ts'
import { loadConfig } from './config-load.ts'
import type { Config } from './config.ts'
import type { Context, Log } from './context.ts'
import { deliverLoop, lanesOf } from './deliver.ts'
import { contextOf, createLog } from './domain.ts'
import { takeParcel } from './incoming.ts'
import { expireLoop } from './expire.ts'
import { exportLoop } from './export.ts'
import { capabilities } from './interactions/capabilities.ts'
import { emergencyAdmission } from './limits.ts'
import { logRoutes } from './log-routes.ts'
import { notifyLoop, type Post } from './notify.ts'
import { createOperations } from './operations-routes.ts'
import { overdueLoop } from './overdue.ts'
import { forgetQuarantine, restMessage } from './quarantine.ts'
import { routes } from './routes.ts'
import { sealAll, sealLoop } from './seal.ts'
import { createAuthorizationServer } from './security/authorization-server.ts'
import { smartConfiguration } from './security/metadata.ts'
import { referencesIn, storedIndex } from './index-of.ts'
import { outsideIssuer } from './security/outside-issuer.ts'
import { createTokenDoor, type OutsideIssuer } from './security/token.ts'
import { answerBackupRequests } from './store/backup-request.ts'
import { signedIn, signedOut } from './sign-in-entries.ts'
import { networkId } from './directory.ts'
import { elementsIn } from './store/elements.ts'
import { requireGroupsNamed } from './store/groups.ts'
import { reindexStale } from './store/reindex.ts'
import { relabelStale } from './store/labels.ts'
import { migrate } from './store/migrate.ts'
import { outdatePlaces } from './store/places.ts'
import { openDatabase, type Database } from './store/pool.ts'

const version = '0.1.0'
const clockSkewS = 15
const healthEveryMs = 5_000
const housekeepingEveryMs = 3_600_000
const messagesKeptMs = 30 * 86_400_000

export interface Gateway {
  readonly url: string
  readonly context: Context
  stop(): Promise<void>
}

/** `carenet serve`: runs until SIGTERM or SIGINT, then stops cleanly. Throws the list of faults when the configuration cannot be used. */
export async function serve(options: { readonly config?: string }): Promise<void> {
  const loaded = await loadConfig(process.env, options.config)
  if ('faults' in loaded) throw new Error(`the configuration cannot be used:\n  ${loaded.faults.join('\n  ')}`)
  const gateway = await startGateway(loaded.ok)
  console.log(`gateway ${gateway.url}`)
  await stopSignal()
  await gateway.stop()
}

/** Resolves at the first SIGTERM, SIGINT or closed stdin pipe of a parent. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    // `on`, not `once`: a second signal must not cut the clean stop short
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
}

export async function startGateway(config: Config): Promise<Gateway> {
  const faults = config.institutions.flatMap(({ id, adapter }) => {
    const { kind, ...own } = adapter
    const known = adapterKind(kind)
    return known === undefined
      ? [`institution \`${id}\`: no adapter kind \`${kind}\``]
      : known.faults(own).map((fault) => `institution \`${id}\`: ${fault}`)
  })
  if (faults.length > 0) throw new Error(`the configuration cannot be used:\n  ${faults.join('\n  ')}`)
  const log = createLog()
  const database = await openDatabase(config)
  try {
    await migrate(database)
    await requireGroupsNamed(database.sql, config.groups)
    await outdatePlaces(database, config.institutions)
    const labelled = await relabelStale(database.sql, config.timeZone, placesOf(config.institutions))
    if (labelled > 0) log('info', 'labelled', { count: labelled })
    return await compose(config, database, log)
  } catch (thrown) {
    await database.close()
    throw thrown
  }
}

async function compose(config: Config, database: Database, log: Log): Promise<Gateway> {
  const stop = new AbortController()
  const alarm = createAlarm(stop.signal)
  const context = await contextOf(config, database, log, alarm.ring)
  const { adapters, now } = context
  const realNow = () => Date.now()
  const oauth = await createAuthorizationServer({
    config,
    sql: database.sql,
    now: realNow,
    resolvePatient: patientResolver(context),
    issued: tokenIssued(context),
    left: signedOut(context),
    admitEmergency: emergencyAdmission(context),
    log,
  })
  const verify = createTokenDoor({
    outside: outsideIssuerOf(context, database),
    sql: database.sql,
    issuer: oauth.issuer,
    audience: oauth.audience,
    keys: oauth.publishedKeys,
    now: realNow,
    clockSkewS,
  })
  const operations = createOperations(context)
  const app = createApp({
    context,
    verify,
    oauth: oauth.router,
    capabilities: capabilities({ routes, publicUrl: config.publicUrl, startedAt: now().toISOString(), version }),
    smartConfiguration: smartConfiguration(config),
    log: logRoutes(context),
    operations: operations.router,
    observe: operations.observe,
  })
  const freed = await context.store.parcels.freeAbandoned(now().getTime(), database.kind === 'pglite')
  if (freed > 0) log('info', 'parcels-freed', { count: freed })
  const server = await listen(createServer({ requestTimeout: 120_000, headersTimeout: 20_000, keepAliveTimeout: 10_000 }, app), config.port)
  const loops = [
    indexedAnew(context, database, stop.signal),
    ...lanesOf([...adapters.keys()]).map((lane) => deliverLoop(context, { signal: stop.signal, sleep: alarm.sleeper(), lane })),
    ...[...adapters].flatMap(([id, adapter]) =>
      adapter.listen === undefined
        ? []
        : [
            survived(
              context,
              id,
              adapter.listen(
                (parcel) => takeParcel(context, id, parcel),
                stop.signal,
                (refused) => restMessage(context, id, refused),
              ),
            ),
          ],
    ),
    overdueLoop(context, { signal: stop.signal, sleep: (ms) => pause(ms, stop.signal) }),
    exportLoop(context, { signal: stop.signal, sleep: alarm.sleeper() }),
    notifyLoop(context, { signal: stop.signal, sleep: alarm.sleeper(), post: postTo(context) }),
    healthLoop(context, stop.signal),
    housekeeping(context, stop.signal),
    sealLoop(context, { signal: stop.signal, sleep: (ms) => pause(ms, stop.signal) }),
    expireLoop(context, { signal: stop.signal, sleep: (ms) => pause(ms, stop.signal) }),
    backupRequests(context, database, stop.signal),
  ]
  log('info', 'ready', { port: portOf(server) })
  return {
    url: config.publicUrl,
    context,
    async stop() {
      operations.stopping()
      stop.abort()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 5_000).unref()
      })
      await Promise.allSettled(loops)
      await sealRest(context)
      for (const adapter of adapters.values()) await adapter.close()
      await database.close()
      log('info', 'stopped')
    },
  }
}

function tokenIssued(context: Context): ReturnType<typeof signedIn> {
  const [entered, declared] = [signedIn(context), breakGlassIssued(context)]
  return async (grant, address) => {
    await entered(grant, address)
    await declared(grant, address)
  }
}

/** The outside issuer of the configuration; its own origin is the only one it can make us call. */
function outsideIssuerOf(context: Context, { sql }: Database): OutsideIssuer | undefined {
  const { config } = context
  const { issuer } = config
  if (issuer === undefined) return undefined
  const fetch = guardedFetch({ allowOrigins: [new URL(issuer.issuer).origin], deadlineMs: 5_000, maxBytes: 1024 * 1024 })
  const resolvePatient = patientResolver(context)
  return outsideIssuer({ config, issuer, resolvePatient, sql, now: () => Date.now(), clockSkewS, fetch })
}

/** Notifications go to the origins of the configuration and nowhere else; what an endpoint answers is not read. */
function postTo(context: Context): Post {
  const fetch = guardedFetch({ allowOrigins: context.config.subscriptions.endpoints, deadlineMs: 20_000, maxBytes: 64 * 1024 })
  return async (url, request) => {
    try {
      const { ok, body } = await fetch(url, { method: 'POST', ...request })
      await body?.cancel()
      return ok
    } catch (thrown) {
      // no connection, a redirect, no answer in time: all one to a subscriber, and tried again
      if (thrown instanceof FetchFailure) return false
      throw thrown
    }
  }
}

/** A gateway that stopped cleanly leaves no unsealed tail; what a damaged log or a lost database prevents is said, and the stop goes on. */
async function sealRest(context: Context): Promise<void> {
  await sealAll(context).catch((thrown: unknown) => {
    context.log('error', 'sealing-fault', { fault: thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown' })
  })
}

/** One adapter that breaks is that institution's trouble: it is logged, and the rest of the network goes on. */
async function survived(context: Context, institution: string, work: Promise<void>): Promise<void> {
  await work.catch((thrown: unknown) => context.log('error', 'adapter-broke', { institution, fault: faultOf(thrown) }))
}

function faultOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.name) : 'unknown'
}

async function healthLoop(context: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const [id, adapter] of context.adapters) {
      if (adapter.description.mode !== 'live') continue
      const check = async (): Promise<void> => {
        const answer = await adapter.check(AbortSignal.any([signal, AbortSignal.timeout(context.config.limits.liveDeadlineMs)]))
        if (!signal.aborted) context.health.report(id, answer.ok)
      }
      await survived(context, id, check())
    }
    await pause(healthEveryMs, signal)
  }
}

/** A server's database is backed up past us; the embedded one belongs to this process. */
async function backupRequests(context: Context, database: Database, signal: AbortSignal): Promise<void> {
  if (database.kind !== 'pglite') return
  const failed = (thrown: unknown): void => context.log('error', 'backup-failed', { fault: faultOf(thrown) })
  const { dataDir } = context.config
  await answerBackupRequests({ database, dataDir, signal, pause: (ms) => pause(ms, signal), failed }).catch(failed)
}

/** Beside the gateway, which says in every search that something may be missing until this is done. */
async function indexedAnew(context: Context, database: Database, signal: AbortSignal): Promise<void> {
  try {
    const count = await reindexStale(database, {
      isStopped: () => signal.aborted,
      referencesOf: referencesIn,
      make: (record, networkIdOf) => {
        const correctCodes = context.directory.institution(record.institution)?.correctCodes !== false && record.institution !== networkId
        const elements = elementsIn(record.elements)
        return storedIndex({ text: record.text, timeZone: context.config.timeZone, networkIdOf, elements, correctCodes }, record)
      },
    })
    if (count > 0) context.log('info', 'indexed', { count })
  } catch (thrown) {
    // the next start goes on where this one stopped; searches go on saying that they are incomplete
    context.log('error', 'indexing-failed', { fault: faultOf(thrown) })
  }
}

async function housekeeping(context: Context, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // a database that is away now is there in an hour
    await context.store.messages
      .forgetBefore(context.now().getTime() - messagesKeptMs)
      .then(() => forgetQuarantine(context))
      .then(() => context.store.subscriptions.forgetBefore(context.now().getTime() - messagesKeptMs))
      .then(() => context.store.exports.forget(context.now().getTime()))
      .catch((thrown: unknown) => context.log('error', 'housekeeping-failed', { fault: faultOf(thrown) }))
    await pause(housekeepingEveryMs, signal)
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch((thrown: unknown) => {
    // Ending the pause early is what the signal is for; anything else is a fault.
    if (!signal.aborted) throw thrown
  })
}

async function listen(server: Server, port: number): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => resolve())
  })
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
