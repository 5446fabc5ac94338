/** The clinic EMR as a thing with a lifetime. */
import type { AddressInfo } from 'node:net'
import { Chart } from './chart.ts'
import type { ClinicConfig } from './config.ts'
import { deskServer } from './desk.ts'
import { seed, seedPopulation } from './seed.ts'

export interface Clinic {
  readonly deskUrl: string
  close(): Promise<void>
}

/** Opens (and on the first start seeds) the database, then the desk. Throws when the port or the file cannot be had. */
export async function startClinic(config: ClinicConfig): Promise<Clinic> {
  const now = (): Date => new Date(Date.now() + config.clockOffsetMs)
  const chart = new Chart(config.database)
  try {
    seed(chart, now(), config.seedReferrals)
    if (config.population === true) seedPopulation(chart, now())
    const server = deskServer(chart, now)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(config.deskPort, '127.0.0.1', resolve)
    })
    // A TCP server that listens has an AddressInfo; the other forms are for pipes.
    const { port } = server.address() as AddressInfo
    return {
      deskUrl: `http://127.0.0.1:${port}`,
      async close() {
        await new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        })
        chart.close()
      },
    }
  } catch (error) {
    chart.close()
    throw error
  }
}
