/** Says when the records of the generated people have all reached the gateway: the hospital's queue is empty, the clinic's views are read. */
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { population } from '../../adapters/sandbox/population/population.ts'
import { callFhir, sandboxToken, type SandboxKey } from './client.ts'
import type { SandboxPorts } from './network.ts'
import { tellStories } from './population-stories.ts'

interface Watch {
  readonly url: string
  readonly key: SandboxKey
  readonly ports: SandboxPorts
  readonly signal: AbortSignal
  /** the Korean day the EMRs' charts were written for */
  readonly asOf: string
  /** file that says that consents and referrals were told */
  readonly toldMark: string
}

const lookEveryMs = 2_000

/** Prints one line when all has arrived, or why nobody can tell. Never rejects. */
export async function reportArrival({ url, key, ports, signal, asOf, toldMark }: Watch): Promise<void> {
  const startedMs = performance.now()
  const people = population(asOf)
  console.log(`people: ${people.length} more are arriving`)
  const prescriptions = people.flatMap(({ visits }) =>
    visits.filter(({ place }) => place === 'clinic').flatMap((visit) => visit.prescriptions),
  )
  try {
    while (!signal.aborted) {
      const token = await sandboxToken(key, { as: 'clinic-system', purposes: ['TREAT'] })
      const counts = await Promise.all([
        totalOf(url, token, 'AllergyIntolerance'),
        totalOf(url, token, 'MedicationRequest'),
        totalOf(url, token, 'Observation'),
        waiting(ports.hospitalDesk),
      ])
      const [allergies, orders, observations, queue] = counts
      if (queue === 0 && orders >= prescriptions.length && observations >= observationsOf(people) && allergies > 0) {
        const seconds = Math.round((performance.now() - startedMs) / 1000)
        console.log(`people: all have arrived, ${seconds} s after \`ready\``)
        if (existsSync(toldMark)) return
        const { consents, referrals } = await tellStories({ url, key, ports, asOf, signal })
        writeFileSync(toldMark, JSON.stringify({ consents, referrals }))
        console.log(`people: ${consents} have consented and ${referrals} are referred; try \`npx carenet demo --population\``)
        return
      }
      await sleep(lookEveryMs, undefined, { signal })
    }
  } catch (cause) {
    if (!signal.aborted)
      console.error(
        `people: nobody can tell whether all have arrived and signed: ${cause instanceof Error ? cause.message : 'unknown fault'}`,
      )
  }
}

function observationsOf(people: ReturnType<typeof population>): number {
  return people
    .flatMap(({ visits }) => visits.filter(({ place }) => place === 'clinic'))
    .reduce(
      (sum, { panels, vitals }) => sum + panels.reduce((total, { results }) => total + results.length, 0) + Object.keys(vitals).length,
      0,
    )
}

async function totalOf(url: string, token: string, type: string): Promise<number> {
  const { body } = await callFhir(url, token, { method: 'GET', path: `${type}?_count=0` })
  return typeof body === 'object' && body !== null && 'total' in body && typeof body.total === 'number' ? body.total : 0
}

async function waiting(desk: number): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${desk}/health`, { signal: AbortSignal.timeout(5_000) })
  const health: unknown = await response.json()
  return typeof health === 'object' && health !== null && 'waiting' in health && typeof health.waiting === 'number'
    ? health.waiting
    : undefined
}
