/**
 * Does the relevant date of the record fall into the period the provision names? A permit needs all of it inside, a deny any of it.
 * A date that is not known is open: no permit with a bound on that side reaches it, every deny may.
 * Spec: http://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.dataPeriod
 */
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { all, always, atMost, not } from '../condition.ts'
import { readBounds } from './in-force.ts'
import type { Reading, Rule, Stated } from './rule.ts'

export const dataPeriod: Rule = {
  element: 'dataPeriod',
  part: 'data',
  read: readDataPeriod,
  ask({ type, dates }) {
    if (dates === null) return always
    const { fromMs, untilMs } = dates
    if (type === 'permit') return all([not(atMost('fromMs', fromMs - 1)), atMost('untilMs', untilMs)])
    return all([atMost('fromMs', untilMs), not(atMost('untilMs', fromMs - 1))])
  },
}

function readDataPeriod(provision: ConsentProvision, expression: string, reading: Reading): Stated | undefined {
  const { dataPeriod: period } = provision
  if (period === undefined) return undefined
  const read = readBounds(period, reading.timeZone)
  if ('reason' in read) return { terms: {}, unreadable: [{ expression: `${expression}.dataPeriod`, reason: read.reason }] }
  return { terms: { dates: read.value }, unreadable: [] }
}
