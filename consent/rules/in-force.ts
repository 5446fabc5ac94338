/**
 * Is the provision in force now? Bounds are inclusive, open ends are open.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.period
 */
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { truth } from '../condition.ts'
import { farFutureMs, farPastMs, spanOf } from '../instant.ts'
import type { DateTerms, ProvisionRow } from '../types.ts'
import type { Read, Reading, Rule, Stated } from './rule.ts'

export const inForce: Rule = {
  element: 'period',
  part: 'context',
  read: readPeriod,
  ask: (row, { nowMs }) => truth(isInForce(row, nowMs)),
}

export function isInForce(row: Pick<ProvisionRow, 'fromMs' | 'untilMs'>, nowMs: number): boolean {
  return row.fromMs <= nowMs && nowMs <= row.untilMs
}

function readPeriod(provision: ConsentProvision, expression: string, reading: Reading): Stated | undefined {
  const { period } = provision
  if (period === undefined) return undefined
  const read = readBounds(period, reading.timeZone)
  if ('value' in read) return { terms: read.value, unreadable: [] }
  const unreadable = [{ expression: `${expression}.period`, reason: read.reason }]
  return { terms: { fromMs: farPastMs, untilMs: farFutureMs }, unreadable }
}

/** First and last millisecond of a FHIR Period, or why they cannot be known. */
export function readBounds(period: { readonly start?: unknown; readonly end?: unknown }, timeZone: string): Read<DateTerms> {
  const start = typeof period.start === 'string' ? spanOf(period.start, timeZone)?.firstMs : farPastMs
  const end = typeof period.end === 'string' ? spanOf(period.end, timeZone)?.lastMs : farFutureMs
  const reason = faultOf(period, start, end)
  if (reason !== undefined || start === undefined || end === undefined) return { reason: reason ?? 'not a FHIR date' }
  return { value: { fromMs: start, untilMs: end } }
}

function faultOf(period: object, start: number | undefined, end: number | undefined): string | undefined {
  // `_start` without `start` says that there is a bound, but not which one.
  const strange = Object.keys(period).find((key) => !['id', 'extension', 'start', 'end', '_start', '_end'].includes(key))
  if (strange !== undefined) return `unknown element \`${strange}\``
  for (const bound of ['start', 'end'] as const) {
    const value: unknown = Reflect.get(period, bound)
    if (value === undefined ? Object.hasOwn(period, `_${bound}`) : typeof value !== 'string') return `\`${bound}\` has no readable value`
  }
  if (start === undefined || end === undefined) return 'not a FHIR date'
  return start > end ? 'ends before it starts' : undefined
}
