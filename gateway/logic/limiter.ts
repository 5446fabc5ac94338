/**
 * How often one caller asks, and about how many different persons. Counted in this process alone, and forgotten when it ends: with several
 * processes behind a balancer a caller may do so many times as much. What is kept is bounded, and holds hashes only.
 * The clock comes from outside; all times are in milliseconds.
 */
import { createHash } from 'node:crypto'
import type { Role } from './access.ts'

export interface LimitedCaller {
  readonly subject: string
  readonly institution: string
  readonly clientId: string
  readonly role: Role
}

export interface Rates {
  readonly requestsPerMinute: { readonly system: number; readonly people: number }
  readonly personsPerHour: Readonly<Record<Role, number>>
  readonly emergenciesPerHour: number
}

export type LimitKind = 'requests' | 'persons' | 'emergencies'

export interface Limiter {
  /** Each answers undefined, or the whole seconds to wait; what is refused is not counted. */
  readonly request: (caller: LimitedCaller, nowMs: number) => number | undefined
  /** `asked`: a text for each person (`lookups.ts`) */
  readonly persons: (caller: Omit<LimitedCaller, 'clientId'>, asked: readonly string[], nowMs: number) => number | undefined
  readonly emergency: (caller: Omit<LimitedCaller, 'clientId'>, patient: string, nowMs: number) => number | undefined
  /** how many were refused since the start */
  readonly refusals: () => readonly { readonly limit: LimitKind; readonly role: Role; readonly count: number }[]
}

const hourMs = 3_600_000
const minuteMs = 60_000
/** The caller that was quiet longest is forgotten first. */
const maxCallers = 10_000
const maxKeys = 1_000_000

export function createLimiter(rates: Rates): Limiter {
  const requests = buckets()
  const persons = distinct()
  const emergencies = distinct()
  const refused = new Map<string, { limit: LimitKind; role: Role; count: number }>()
  const told = (limit: LimitKind, role: Role, waitMs: number | undefined): number | undefined => {
    if (waitMs === undefined) return undefined
    const key = `${limit} ${role}`
    refused.set(key, { limit, role, count: (refused.get(key)?.count ?? 0) + 1 })
    return Math.max(1, Math.ceil(waitMs / 1000))
  }
  // whoever asks is one person, whatever application the token came through
  const personOf = ({ institution, subject }: Omit<LimitedCaller, 'clientId'>): string => JSON.stringify([institution, subject])
  return {
    request(caller, nowMs) {
      const perMinute = rates.requestsPerMinute[caller.role === 'system' ? 'system' : 'people']
      const key = JSON.stringify([caller.clientId, caller.institution, caller.subject])
      return perMinute === 0 ? undefined : told('requests', caller.role, requests.take(key, perMinute, nowMs))
    },
    persons(caller, asked, nowMs) {
      const limit = rates.personsPerHour[caller.role]
      return limit === 0 ? undefined : told('persons', caller.role, persons.add(personOf(caller), asked, { limit, nowMs }))
    },
    emergency(caller, patient, nowMs) {
      const limit = rates.emergenciesPerHour
      return limit === 0 ? undefined : told('emergencies', caller.role, emergencies.add(personOf(caller), [patient], { limit, nowMs }))
    },
    refusals: () => [...refused.values()],
  }
}

/** Token buckets: a minute's worth at once, then as many as the minute brings. */
function buckets() {
  const held = new Map<string, { readonly tokens: number; readonly atMs: number }>()
  return {
    take(key: string, perMinute: number, nowMs: number): number | undefined {
      const before = held.get(key) ?? { tokens: perMinute, atMs: nowMs }
      // a clock that was set back brings nothing
      const grown = before.tokens + (Math.max(0, nowMs - before.atMs) * perMinute) / minuteMs
      const tokens = Math.min(perMinute, grown)
      const isAdmitted = tokens >= 1
      held.delete(key)
      held.set(key, { tokens: isAdmitted ? tokens - 1 : tokens, atMs: nowMs })
      forgetOldest(held, () => held.size > maxCallers)
      return isAdmitted ? undefined : ((1 - tokens) * minuteMs) / perMinute
    },
  }
}

/** Different keys within any hour. A key counts for an hour from when it was last asked for. */
function distinct() {
  const held = new Map<string, Map<string, number>>()
  let keys = 0
  return {
    add(caller: string, asked: readonly string[], { limit, nowMs }: { limit: number; nowMs: number }): number | undefined {
      if (asked.length === 0) return undefined
      const seen = held.get(caller) ?? new Map<string, number>()
      const before = seen.size
      for (const [key, atMs] of seen) {
        if (atMs > nowMs - hourMs) break
        seen.delete(key)
      }
      const hashes = new Set(asked.map(hashOf))
      const added = [...hashes].filter((key) => !seen.has(key)).length
      const waitMs = waitOf(seen, seen.size + added - limit, nowMs)
      // oldest first, so that the loop above can stop
      if (waitMs === undefined) {
        for (const key of hashes) {
          seen.delete(key)
          seen.set(key, nowMs)
        }
      }
      keys += seen.size - before
      held.delete(caller)
      held.set(caller, seen)
      forgetOldest(
        held,
        () => held.size > 1 && (held.size > maxCallers || keys > maxKeys),
        (gone) => (keys -= gone.size),
      )
      return waitMs
    },
  }
}

/** Until as many keys as are too many have been quiet for an hour; a whole hour for who asks for more at once than is ever allowed. */
function waitOf(seen: ReadonlyMap<string, number>, tooMany: number, nowMs: number): number | undefined {
  if (tooMany <= 0) return undefined
  const atMs = [...seen.values()][tooMany - 1]
  return atMs === undefined ? hourMs : Math.max(0, atMs + hourMs - nowMs)
}

function forgetOldest<T>(held: Map<string, T>, isFull: () => boolean, forgotten: (gone: T) => void = () => {}): void {
  for (const [key, value] of held) {
    if (!isFull()) return
    held.delete(key)
    forgotten(value)
  }
}

/** Ninety-six bits: two persons in a million never meet, and a number cannot be read back from memory by looking. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}
