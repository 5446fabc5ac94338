/** Health and metrics: what an operator's probes ask. No patient data, no detail for strangers. */
import express, { type Router } from 'express'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { decide } from '../consent/decide.ts'
import type { AccessRequest, Facts, ProvisionRow } from '../consent/types.ts'
import type { Context } from './context.ts'

export interface Operations {
  readonly router: Router
  readonly observe: (seen: { method: string; route: string; status: number; ms: number }) => void
  /** readiness goes to 503 first, so that a balancer stops sending before the door closes */
  readonly stopping: () => void
}

export function createOperations(context: Context): Operations {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'carenet_requests_total',
    help: 'requests by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'carenet_request_seconds',
    help: 'time to the last byte',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const parcels = new Gauge({
    name: 'carenet_parcels',
    help: 'parcels by receiver and state',
    labelNames: ['receiver', 'state'],
    registers: [],
    async collect() {
      this.reset()
      for (const row of await context.store.parcels.backlog()) this.set({ receiver: row.receiver, state: row.state }, row.count)
    },
  })
  const quarantine = new Gauge({
    name: 'carenet_quarantine',
    help: 'messages that wait to be fixed and replayed',
    registers: [],
    async collect() {
      this.set(await context.store.quarantine.count())
    },
  })
  const unsealed = new Gauge({
    name: 'carenet_ledger_unsealed',
    help: 'ledger entries that are committed and not sealed yet',
    registers: [],
    async collect() {
      this.set((await context.store.log.backlog()).count)
    },
  })
  const unsealedAge = new Gauge({
    name: 'carenet_ledger_unsealed_age_seconds',
    help: 'how long the first of them has waited; more than a few seconds means that nothing seals',
    registers: [],
    async collect() {
      const { firstAtMs } = await context.store.log.backlog()
      this.set(firstAtMs === undefined ? 0 : Math.max(0, context.now().getTime() - firstAtMs) / 1000)
    },
  })
  const limited = new Counter({
    name: 'carenet_rate_limited_total',
    help: 'refusals for asking too often (requests), about too many persons, or for too many emergencies, in this process',
    labelNames: ['limit', 'role'],
    registers: [],
    collect() {
      this.reset()
      for (const { limit, role, count } of context.limiter.refusals()) this.inc({ limit, role }, count)
    },
  })
  const profiled = new Counter({
    name: 'carenet_profile_verdicts_total',
    help: 'records held against the profiles their institution has agreed on, by what became of them, in this process',
    labelNames: ['institution', 'verdict'],
    registers: [],
    collect() {
      this.reset()
      for (const { institution, verdict, count } of context.profileTally.counts()) this.inc({ institution, verdict }, count)
    },
  })
  registry.registerMetric(profiled)
  registry.registerMetric(limited)
  for (const gauge of [parcels, quarantine, unsealed, unsealedAge]) registry.registerMetric(gauge)
  const counted = new Map<string, { readonly requests: { inc(): void }; readonly seconds: { observe(value: number): void } }>()
  let isStopping = false
  const router = express.Router()
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' })
  })
  router.get('/health/ready', async (_request, response) => {
    const checks = { database: await databaseAnswers(context), decision: canaryHolds(context), running: !isStopping }
    const isReady = Object.values(checks).every(Boolean)
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready', checks })
  })
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics())
  })
  return {
    router,
    observe({ method, route, status, ms }) {
      // as many as there are rows, methods and statuses
      const key = `${method} ${route} ${status}`
      const known = counted.get(key) ?? { requests: requests.labels(method, route, String(status)), seconds: seconds.labels(method, route) }
      counted.set(key, known)
      known.requests.inc()
      known.seconds.observe(ms / 1000)
    },
    stopping() {
      isStopping = true
    },
  }
}

async function databaseAnswers(context: Context): Promise<boolean> {
  try {
    return (await context.store.sql.query<{ one: number }>('select 1 as one')).rows[0]?.one === 1
  } catch (thrown) {
    context.log('error', 'database-away', { fault: thrown instanceof Error ? thrown.name : 'unknown' })
    return false
  }
}

/** A refusal that must refuse and a permit that must permit, decided anew at every probe: a door that opens to everybody is not ready. */
export function canaryHolds(context: Context): boolean {
  const facts: Facts = {
    id: 'canary',
    type: 'Observation',
    person: 'canary',
    custodian: 'elsewhere',
    sources: ['org:elsewhere'],
    classes: ['Observation'],
    codes: [],
    confidentiality: 3,
    sensitivities: [],
    fromMs: 0,
    untilMs: 0,
    relations: [],
  }
  const request: AccessRequest = {
    action: 'access',
    purposes: ['TREAT'],
    institution: 'here',
    receiver: ['org:here'],
    insideReceiver: [],
    basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
  }
  const row = (type: 'permit' | 'deny'): ProvisionRow => ({
    consent: `canary-${type}`,
    version: '1',
    person: 'canary',
    controller: 'network',
    path: '',
    type,
    unreadable: false,
    blind: [],
    receivers: null,
    sources: null,
    purposes: null,
    actions: null,
    classes: null,
    labels: null,
    codes: null,
    dates: null,
    data: null,
    fromMs: 0,
    untilMs: 8.64e15,
  })
  const environment = { implicit: context.config.implicitPolicy }
  const nowMs = context.now().getTime()
  const permitted = decide(request, [row('permit')], facts, environment, nowMs).permit
  const refused = !decide(request, [row('permit'), row('deny')], facts, environment, nowMs).permit
  return permitted && refused
}
