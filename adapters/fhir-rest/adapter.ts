/** A hospital with a FHIR R4 server: asked live, told of referrals, and watched for what it decides. */
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { AdapterKind, AdapterPorts, EmrAdapter, Health } from '../contract.ts'
import { guardedFetch } from '../guarded-fetch.ts'
import { authorizer } from './authorization.ts'
import { type FhirRestConfig, originsOf, readConfig } from './config.ts'
import { deliverParcel } from './deliver.ts'
import { connectEmr } from './emr.ts'
import { isEmrTrouble, reasonOf } from './failure.ts'
import { fetchRecords } from './fetch-records.ts'
import { listenToTasks } from './listen.ts'

export const fhirRest: AdapterKind = {
  kind: 'fhir-rest',
  faults(config) {
    const reading = readConfig(config)
    return reading.ok ? [] : reading.faults
  },
  create(config, ports) {
    const reading = readConfig(config)
    if (!reading.ok) throw new Error(`fhir-rest: ${reading.faults.join('; ')}`)
    return open(reading.config, ports)
  },
}

function open(config: FhirRestConfig, ports: AdapterPorts): EmrAdapter {
  const { baseUrl, deadlineMs, maxBytes, pollMs } = config
  const fetch = guardedFetch({ allowOrigins: originsOf(config), deadlineMs, maxBytes, via: ports.fetch })
  const emr = connectEmr(config, fetch, authorizer(config.auth, fetch, ports.now))
  const { memory, log } = ports
  const institution = { number: ports.institution.number, patientNumbers: patientNumberSystem(ports.institution.number) }
  const closing = new AbortController()
  const whileOpen = (signal: AbortSignal) => AbortSignal.any([signal, closing.signal])
  const inTime = (signal: AbortSignal) => AbortSignal.any([whileOpen(signal), AbortSignal.timeout(deadlineMs)])
  return {
    description: { kind: 'fhir-rest', product: 'FHIR R4 REST server', mode: 'live', capabilities: ['fetch', 'deliver', 'listen'] },
    check: (signal) => health(emr.probe(inTime(signal))),
    fetch: (query, signal) => fetchRecords({ emr, baseUrl, deadlineMs }, query, whileOpen(signal)),
    deliver: (parcel, signal) => deliverParcel({ emr, institution, memory }, parcel, inTime(signal)),
    listen: (take, signal) => listenToTasks({ emr, baseUrl, institution, memory, log, pollMs }, take, whileOpen(signal)),
    async close() {
      closing.abort()
    },
  }
}

async function health(probe: Promise<void>): Promise<Health> {
  try {
    await probe
    return { ok: true }
  } catch (cause) {
    if (!isEmrTrouble(cause)) throw cause
    return { ok: false, reason: reasonOf(cause) }
  }
}
