/** What the peer sends: stored, one row per MSH-10, and acknowledged after the commit. */
import { createServer, type Server, type Socket } from 'node:net'
import iconv from 'iconv-lite'
// Framing only; see link.ts.
import { frame, frameReader } from '../../hl7v2-mllp/codec.ts'
import type { Chart } from './chart.ts'
import { textOf } from './chart.ts'
import { line, part, plain, readSegments, segmentNamed, stamp, words, type Segments } from './hl7-text.ts'

const maxFrameBytes = 4_194_304

export function hl7Server(chart: Chart, now: () => Date): Server {
  return createServer({ keepAlive: true, noDelay: true }, (socket) => {
    const reader = frameReader(maxFrameBytes)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      try {
        for (const event of reader.push(chunk)) {
          if (event.kind === 'frame') answer(event.bytes, socket, chart, now())
          else if (event.kind === 'overflow') socket.destroy()
        }
      } catch (cause) {
        // Not stored, so not acknowledged: the peer sends it again.
        process.stderr.write(`hospital EMR could not store a message: ${cause instanceof Error ? cause.name : 'unknown'}\n`)
        socket.destroy()
      }
    })
  })
}

function answer(bytes: Buffer, socket: Socket, chart: Chart, now: Date): void {
  const message = readSegments(decode(bytes))
  const header = segmentNamed(message, 'MSH')
  const controlId = part(header, 10)
  const type = `${part(header, 9)}^${part(header, 9, 2)}`
  const code = controlId === '' || !Object.hasOwn(takers, type) ? 'AR' : 'AA'
  if (code === 'AA') {
    chart.together(() => {
      const isNew = chart.change('insert or ignore into inbox values (?, ?, ?, ?)', controlId, type, now.toISOString(), decode(bytes)) > 0
      if (isNew) takers[type]?.(message, chart, now)
    })
  }
  const ack = [
    line('MSH', {
      3: 'HIS',
      4: part(header, 6),
      5: part(header, 3),
      6: part(header, 4),
      7: stamp(now),
      9: `ACK^${part(header, 9, 2)}^ACK`,
      10: `K${controlId}`,
      11: 'P',
      12: '2.5.1',
      18: 'UNICODE UTF-8',
    }),
    line('MSA', { 1: code, 2: controlId }),
    ...(code === 'AR' ? [line('ERR', { 2: 'MSH^1^9', 3: '200^Unsupported message type^HL70357', 4: 'E' })] : []),
  ]
  socket.write(frame(Buffer.from(ack.map((text) => `${text}\r`).join(''), 'utf8')))
}

function decode(bytes: Buffer): string {
  const charset = bytes.toString('latin1').split('\r')[0]?.split('|')[17] ?? ''
  return iconv.decode(bytes, charset === 'KS X 1001' ? 'cp949' : 'utf8')
}

type Taker = (message: Segments, chart: Chart, now: Date) => void

const takers: Readonly<Record<string, Taker>> = { 'REF^I12': takeReferral, 'RRI^I12': takeAnswer, 'REF^I14': takeRecall }

function takeReferral(message: Segments, chart: Chart, now: Date): void {
  const [rf1, pid] = [segmentNamed(message, 'RF1'), segmentNamed(message, 'PID')]
  const from = message.find((segment) => segment[0] === 'PRD' && part(segment, 1) === 'RP')
  const to = message.find((segment) => segment[0] === 'PRD' && part(segment, 1) === 'RT')
  const name = `${part(pid, 5)}${part(pid, 5, 2)}`
  const diagnoses = message
    .filter((segment) => segment[0] === 'DG1')
    .map((segment) => [part(segment, 3), part(segment, 3, 2)].filter((item) => item !== '').join(' '))
  const reasons = [
    ...(rf1?.[10] ?? '').split('~').map((item) => plain(item.split('^')[1] ?? '')),
    ...notes(message),
    ...reportTexts(message),
  ]
  chart.change(
    'insert into referral values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    part(segmentNamed(message, 'MSH'), 10),
    'in',
    ownPatient(pid, name, chart) ?? null,
    name,
    part(pid, 7),
    part(pid, 13),
    part(to, 4),
    part(from, 4, 9) === '' ? (part(from, 4, 4).split('&')[0] ?? '') : part(from, 4, 9),
    reasons.filter((text) => text !== '').join('\n'),
    diagnoses.join(', '),
    'received',
    '',
    now.toISOString(),
  )
}

/** By our own number, else by name, birth date and phone together: two people may share a name and a birthday. */
function ownPatient(pid: readonly string[] | undefined, name: string, chart: Chart): string | undefined {
  const numbers = (pid?.[3] ?? '').split('~').map((item) => plain(item.split('^')[0] ?? ''))
  const known = numbers.find((number) => chart.first('select number from patient where number = ?', number) !== undefined)
  if (known !== undefined) return known
  const birthDate = part(pid, 7).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  const found = chart.first('select number from patient where name = ? and birth_date = ? and phone = ?', name, birthDate, part(pid, 13))
  return found === undefined ? undefined : textOf(found, 'number')
}

/** Ours by its number (RF1-6) or by the message we sent it with (MSA-2). */
function takeAnswer(message: Segments, chart: Chart, now: Date): void {
  const rf1 = segmentNamed(message, 'RF1')
  const exact = part(rf1, 1, 4)
  const words: Readonly<Record<string, string>> = { A: 'accepted', R: 'rejected', P: 'received', E: 'expired' }
  const state = exact === '' ? (words[part(rf1, 1)] ?? 'answered') : exact
  const text = [...notes(message), ...reportTexts(message)].join('\n')
  for (const id of [part(rf1, 6), part(segmentNamed(message, 'MSA'), 2)]) {
    const changed = chart.change(
      "update referral set state = ?, answer = ?, updated_at = ? where id = ? and direction = 'out'",
      state,
      text,
      now.toISOString(),
      id,
    )
    if (changed > 0) return
  }
}

/** The sender takes its referral back, or a patient's consent to it was withdrawn: RF1-1.4 says which. */
function takeRecall(message: Segments, chart: Chart, now: Date): void {
  const rf1 = segmentNamed(message, 'RF1')
  const at = now.toISOString()
  if (part(rf1, 1, 4) === 'cancelled') {
    const state = "update referral set state = 'cancelled', answer = ?, updated_at = ? where id = ? and direction = 'in'"
    chart.change(state, notes(message).join('\n'), at, part(rf1, 6))
    return
  }
  const recalled = [rf1?.[6] ?? '', ...(rf1?.[11] ?? '').split('~')]
    .map((item) => plain(item.split('^')[0] ?? ''))
    .filter((id) => id !== '')
  chart.change(
    'insert into recall values (?, ?, ?, ?, ?, ?)',
    part(segmentNamed(message, 'MSH'), 10),
    recalled.join(' '),
    segmentNamed(message, 'PID')?.[3] ?? '',
    notes(message).join('\n'),
    'received',
    at,
  )
}

function notes(message: Segments): readonly string[] {
  return message.filter((segment) => segment[0] === 'NTE').map((segment) => words(segment, 3))
}

function reportTexts(message: Segments): readonly string[] {
  return message.filter((segment) => segment[0] === 'OBX' && ['TX', 'FT'].includes(segment[2] ?? '')).map((segment) => words(segment, 5))
}
