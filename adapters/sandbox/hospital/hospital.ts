/** 한빛종합병원 as one running thing: its chart, its HL7 listener, its two feeds and its desk. */
import type { Server } from 'node:net'
import { openChart } from './chart.ts'
import type { HospitalConfig } from './config.ts'
import { deskServer } from './desk.ts'
import { hl7Server } from './inbound.ts'
import { openLink } from './link.ts'
import { sendOutbox } from './outbox.ts'
import { seedPopulation } from './population-messages.ts'
import { seedChart } from './seed.ts'

export interface Hospital {
  readonly mllpPort: number
  readonly deskUrl: string
  close(): Promise<void>
}

const ackDeadlineMs = 35_000
const idleMs = 1_000

export async function startHospital(config: HospitalConfig): Promise<Hospital> {
  const now = (): Date => new Date(Date.now() + config.clockOffsetMs)
  const chart = openChart(config.dataFile)
  seedChart(chart, now())
  if (config.population === true) seedPopulation(chart, now())
  const stop = new AbortController()
  const bell = doorbell(stop.signal)
  const links = { HIS: openLink(config.peer, ackDeadlineMs), LIS: openLink(config.peer, ackDeadlineMs) }
  const hl7 = hl7Server(chart, now)
  const desk = deskServer({ chart, now, wake: bell.ring })
  const mllpPort = await listening(hl7, config.listenPort)
  const deskPort = await listening(desk, config.deskPort)
  const open = new Set<{ destroy(): void }>()
  hl7.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  const sending = sendOutbox(chart, { links, signal: stop.signal, woken: bell.rung })
  return {
    mllpPort,
    deskUrl: `http://127.0.0.1:${deskPort}`,
    close: async () => {
      stop.abort()
      links.HIS.close()
      links.LIS.close()
      await Promise.all([
        sending,
        closed(hl7, () => open.forEach((socket) => socket.destroy())),
        closed(desk, () => desk.closeAllConnections()),
      ])
      chart.close()
    },
  }
}

/** Waits for something to be queued, or for a while, or for the end. */
function doorbell(signal: AbortSignal) {
  let answer = (): void => {}
  signal.addEventListener('abort', () => answer(), { once: true })
  return {
    ring: () => answer(),
    rung: () =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, idleMs)
        answer = () => {
          clearTimeout(timer)
          resolve()
        }
        if (signal.aborted) answer()
      }),
  }
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function closed(server: Server, cut: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    cut()
  })
}
