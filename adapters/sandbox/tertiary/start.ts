/** Opens the EMR: its database, its FHIR endpoint and its referral desk. */
import type { TertiaryConfig } from './config.ts'
import { createDesk } from './desk.ts'
import { openEmrStore } from './emr-store.ts'
import type { FaultMode } from './faults.ts'
import { createFhirServer } from './fhir-server.ts'
import { closeServer, listenOn } from './http-body.ts'
import { populationSeed, seedResources } from './seed.ts'

const keptAccesses = 1_000

export interface RunningTertiary {
  /** FHIR service base */
  readonly url: string
  readonly deskUrl: string
  close(): Promise<void>
}

export async function startTertiary(config: TertiaryConfig): Promise<RunningTertiary> {
  const store = openEmrStore(config.dataFile)
  if (store.isEmpty()) store.write(seedResources(config.now), new Date())
  if (config.population === true && store.read('Organization', 'dept-03') === undefined) store.write(populationSeed(config.now), new Date())
  const state: { fault: FaultMode; base: string } = { fault: config.fault, base: '' }
  const now = () => new Date()
  const accesses: string[] = []
  const onAccess = (method: string, path: string) => {
    accesses.push(`${method} ${path}`)
    if (accesses.length > keptAccesses) accesses.shift()
  }
  const server = createFhirServer({
    token: config.token,
    service: () => ({ base: state.base, store, now }),
    fault: () => state.fault,
    onAccess,
  })
  const setFault = (mode: FaultMode) => {
    state.fault = mode
  }
  const desk = createDesk({ store, now, setFault, accesses: () => accesses })
  state.base = `http://127.0.0.1:${await listenOn(server, config.port)}/fhir`
  const deskUrl = `http://127.0.0.1:${await listenOn(desk, config.deskPort)}`
  return {
    url: state.base,
    deskUrl,
    async close() {
      await Promise.all([closeServer(server), closeServer(desk)])
      store.close()
    },
  }
}
