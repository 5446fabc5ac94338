/** A running sandbox hospital with a gateway beside it, for the hospital's tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EmrAdapter, Parcel, Receipt } from '../../../adapters/contract.ts'
import { hl7v2Mllp } from '../../../adapters/hl7v2-mllp/adapter.ts'
import { startHospital, type Hospital } from '../../../adapters/sandbox/hospital/hospital.ts'
import { listening, ports, type Listening } from '../hl7v2-mllp/bench.ts'

export const main = fileURLToPath(new URL('../../../adapters/sandbox/hospital/main.ts', import.meta.url))
/** messages at the first start: nine visits, nine sets of results, one correction */
export const seeded = 19
export const cleanups: (() => Promise<unknown> | void)[] = []

/** In reverse order; call it after each test. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'hospital-'))
  cleanups.push(() => rmSync(made, { recursive: true }))
  return made
}

export async function until(claim: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await claim())) {
    if (performance.now() > end) throw new Error(`never: ${String(claim)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export interface Running {
  readonly hospital: Hospital
  readonly gateway: Listening
  readonly offered: string[]
  readonly adapter: EmrAdapter
  readonly dataFile: string
}

/** The hospital, and a gateway that listens to it and can deliver to it. */
export async function running(take?: (parcel: Parcel) => Receipt | undefined): Promise<Running> {
  const offered: string[] = []
  const gateway = await listening(async (parcel) => {
    offered.push(parcel.id)
    return take?.(parcel) ?? { outcome: 'ok' }
  })
  cleanups.push(() => gateway.stop())
  const dataFile = join(folder(), 'chart', 'hospital.db')
  const hospital = await startHospital({
    dataFile,
    listenPort: 0,
    deskPort: 0,
    peer: { host: '127.0.0.1', port: gateway.port },
    clockOffsetMs: 0,
  })
  cleanups.push(() => hospital.close())
  const adapter = hl7v2Mllp.create({ kind: 'hl7v2-mllp', sendTo: { host: '127.0.0.1', port: hospital.mllpPort } }, ports())
  cleanups.push(() => adapter.close())
  return { hospital, gateway, offered, adapter, dataFile }
}

export async function post(
  hospital: Hospital,
  path: string,
  body: unknown = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${hospital.deskUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

export async function get(hospital: Hospital, path: string): Promise<unknown> {
  return (await fetch(`${hospital.deskUrl}${path}`)).json()
}
