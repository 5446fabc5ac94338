/** The sandbox's university hospital as an EMR under test, on real sockets. */
import { patientNumberSystem, system } from '../../../fhir-profiles/codes.ts'
import type { Resource } from '../../../fhir-profiles/r4.ts'
import { fhirRest } from '../../../adapters/fhir-rest/adapter.ts'
import { sandboxInstitutions, sandboxPeople } from '../../../adapters/sandbox/people.ts'
import type { FaultMode } from '../../../adapters/sandbox/tertiary/faults.ts'
import { type RunningTertiary, startTertiary } from '../../../adapters/sandbox/tertiary/start.ts'
import { readObject } from '../../../adapters/sandbox/tertiary/http-body.ts'
import type { AdapterHarness, EmrUnderTest } from '../../support/adapter-suite.ts'

export const token = 'a-test-token'
/** long enough for a machine that is busy with other tests */
export const deadlineMs = 2_500

export interface TertiaryUnderTest extends EmrUnderTest {
  readonly url: string
  fault(mode: FaultMode): Promise<void>
  /** one request to the hospital's FHIR service with its own token */
  fhir(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Resource }>
  desk(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>
}

export const tertiaryHarness: AdapterHarness = { kind: fhirRest, open: openTertiary }

export async function openTertiary(): Promise<TertiaryUnderTest> {
  const running = await startTertiary({
    port: 0,
    deskPort: 0,
    token,
    dataFile: ':memory:',
    now: new Date('2026-11-20T12:00:00+09:00'),
    fault: 'none',
  })
  const { url } = running
  const close = once(running)
  const fhir: TertiaryUnderTest['fhir'] = async (method, path, body) => {
    const { status, json } = await call(`${url}/${path}`, method, body)
    return { status, body: json as unknown as Resource }
  }
  const desk: TertiaryUnderTest['desk'] = async (method, path, body) => {
    const { status, json } = await call(`${running.deskUrl}/${path}`, method, body)
    return { status, body: json }
  }
  let said = 0
  const { number, id, name } = sandboxInstitutions.tertiary
  return {
    url,
    fhir,
    desk,
    institution: { id, number, name },
    origins: [new URL(url).origin],
    deadlineMs,
    config: { kind: 'fhir-rest', baseUrl: url, token, deadlineMs, pollMs: 20 },
    patient: { id: 'pt-1001', number: 'T-0001', name: '강하늘', birthDate: '1968-04-17' },
    secrets: [...sandboxPeople.map((person) => person.name), 'T-0001', 'pt-1001', '1968-04-17', 'ORA-00600', '견본하나'],
    fault: async (mode) => {
      await desk('POST', 'faults', { mode })
    },
    async countRows(parcelId) {
      const found = await fhir('GET', `Task?identifier=${encodeURIComponent(`${system.parcel}|${parcelId}`)}`)
      return found.body.resourceType === 'Bundle' ? (found.body.total ?? 0) : 0
    },
    async asked() {
      const { body } = await desk('GET', 'accesses')
      const accesses: unknown[] = Array.isArray(body['accesses']) ? body['accesses'] : []
      return accesses.map(String).filter((access) => !/^GET \/(metadata|Organization)/.test(access))
    },
    async say() {
      const parcel = `said-${++said}`
      await fhir('PUT', `Task/${parcel}`, {
        resourceType: 'Task',
        id: parcel,
        identifier: [{ system: system.parcel, value: parcel }],
        status: 'requested',
        intent: 'order',
        for: { reference: 'Patient/pt-1001' },
      })
      await desk('POST', `tasks/${parcel}/accept`)
    },
    hang: async () => {
      await desk('POST', 'faults', { mode: 'hang' })
    },
    die: close,
    close,
  }
}

export function patientNumbers(): string {
  return patientNumberSystem(sandboxInstitutions.tertiary.number)
}

function once(running: RunningTertiary): () => Promise<void> {
  let closing: Promise<void> | undefined
  return async () => {
    closing ??= running.close()
    await closing
  }
}

async function call(url: string, method: string, body: unknown) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' }
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const json = readObject(await response.text()) ?? {}
  return { status: response.status, json }
}
