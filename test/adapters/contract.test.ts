/** The contract suite on the kinds that are polled and pushed; fhir-rest and the template run it beside their own tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { type Server, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { hl7v2Mllp } from '../../adapters/hl7v2-mllp/adapter.ts'
import { startClinic } from '../../adapters/sandbox/clinic/clinic.ts'
import { sandboxInstitutions, sandboxPeople } from '../../adapters/sandbox/people.ts'
import { sqlView } from '../../adapters/sql-view/adapter.ts'
import { type AdapterHarness, adapterContract } from '../support/adapter-suite.ts'
import { freePort } from '../support/ports.ts'

const names = sandboxPeople.map((person) => person.name)
const mapping = fileURLToPath(new URL('../../adapters/sandbox/clinic/mapping.json', import.meta.url))

/** the sandbox clinic with its own database and desk */
const clinicHarness: AdapterHarness = {
  kind: sqlView,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'clinic-'))
    const database = join(folder, 'emr.db')
    const clinic = await startClinic({ database, deskPort: 0, clockOffsetMs: 0, seedReferrals: false })
    let isOpen = true
    const die = async () => {
      if (isOpen) await clinic.close()
      isOpen = false
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    }
    return {
      config: { kind: 'sql-view', database, mapping, pollMs: 20 },
      institution: sandboxInstitutions.clinic,
      origins: [],
      deadlineMs: 2_000,
      secrets: [...names, 'C-0001', 'X-0001', '견본하나'],
      async countRows(parcelId) {
        if (!isOpen) return 0
        const reader = new DatabaseSync(database, { readOnly: true })
        const row = reader.prepare('SELECT count(*) AS n FROM REF_IN WHERE MSG_ID = ?').get(parcelId)
        reader.close()
        return Number(row?.['n'])
      },
      async say() {
        const body = JSON.stringify({ patientNumber: 'C-0001', department: '01', reason: '검사 의뢰' })
        await fetch(`${clinic.deskUrl}/referrals`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      },
      die,
      close: die,
    }
  },
}

/** a hospital that keeps one message per MSH-10 and sends again until it is told AA */
const hospitalHarness: AdapterHarness = {
  kind: hl7v2Mllp,
  async open() {
    const kept = new Map<string, string>()
    const server = mllpServer(kept)
    const ourPort = await freePort()
    const theirPort = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    let said = 0
    const die = () => new Promise<void>((resolve) => void server.close(() => resolve()))
    return {
      config: {
        kind: 'hl7v2-mllp',
        listen: { host: '127.0.0.1', port: ourPort },
        sendTo: { host: '127.0.0.1', port: theirPort },
        ackDeadlineMs: 1_500,
        charset: 'UNICODE UTF-8',
      },
      institution: sandboxInstitutions.hospital,
      origins: [],
      deadlineMs: 2_000,
      secrets: [...names, 'H-0001', 'X-0001', '견본하나'],
      countRows: async (parcelId) => (kept.has(parcelId) ? 1 : 0),
      say: () => sendUntilTaken(ourPort, `said-${++said}`),
      die,
      close: die,
    }
  },
}

const frameOf = (message: string) => `\x0b${message}\x1c\r`

function mllpServer(kept: Map<string, string>): Server {
  return createServer((socket) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      text += String(chunk)
      const [start, end] = [text.indexOf('\x0b'), text.indexOf('\x1c\r')]
      if (start === -1 || end === -1) return
      const message = text.slice(start + 1, end)
      const id = message.split('\r')[0]?.split('|')[9] ?? ''
      kept.set(id, message)
      const ack = [`MSH|^~\\&|EMR|11100002|CARENET|CARENET|20260302090000+0900||ACK|ack-${id}|P|2.5.1`, `MSA|AA|${id}`]
      socket.end(frameOf(`${ack.join('\r')}\r`))
    })
  })
}

/** As HL7 senders do: the same message again until it is acknowledged, or nobody listens any more. */
async function sendUntilTaken(port: number, id: string): Promise<void> {
  const segments = [
    `MSH|^~\\&|EMR|11100002|CARENET|CARENET|20260302090000+0900||ADT^A08^ADT_A01|${id}|P|2.5.1|||||KOR|UNICODE UTF-8`,
    'EVN|A08|20260302090000+0900',
    'PID|1||H-0001^^^11100002^PI||견본^하나||19700101|F',
    'PV1|1|O|01',
  ]
  let wasConnected = false
  for (let tries = 0; tries < 100; tries++) {
    const answer = await exchange(port, frameOf(`${segments.join('\r')}\r`))
    if (/MSA\|AA/.test(answer) || (answer === '' && wasConnected)) return
    wasConnected ||= answer !== ''
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** '' when there was no connection, or no answer on it */
function exchange(port: number, frame: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host: '127.0.0.1', port })
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(frame))
    socket.on('data', (chunk) => {
      answer += String(chunk)
      if (answer.includes('\x1c')) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(answer))
  })
}

adapterContract('sql-view, against the sandbox clinic', clinicHarness)
adapterContract('hl7v2-mllp, against a peer on a real socket', hospitalHarness)
