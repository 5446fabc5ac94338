/**
 * Rows as the bytes they came in. `pg` makes a text of every column before anybody is asked how it is to be read; a row of a statement of ours is
 * read once, each column as its type says. Every other message goes on to `pg` untouched.
 * Messages: https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import pg from 'pg'
import { Octets, textOf } from '../../fhir-profiles/octets.ts'

/** DataRow. The bytes belong to the connection: they are read while it is told of them, and not kept. Read once, as octets: a column is a part of that. */
export class RowMessage {
  readonly name = 'dataRow'
  readonly bytes: Buffer
  /** where the number of its columns stands, and where the last one ends */
  readonly at: number
  readonly end: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /** for statements of `pg` itself */
  get fields(): readonly (string | null)[] {
    const fields: (string | null)[] = []
    this.eachField((_, chars) => fields.push(chars === null ? null : textOf(new Octets(chars))))
    return fields
  }

  /** In their order. */
  eachField(tell: (index: number, chars: string | null) => void): void {
    const { bytes, at: start } = this
    const chars = bytes.toString('latin1', start, this.end)
    const count = bytes.readInt16BE(start)
    let at = 2
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readInt32BE(start + at)
      at += 4
      tell(index, length < 0 ? null : chars.slice(at, at + length))
      at += Math.max(length, 0)
    }
  }
}

const headerBytes = 5
const dataRow = 0x44

/** A client of a server whose rows arrive as `RowMessage`. */
export class RowsClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    if (!('connection' in this) || !isListening(this.connection)) throw new TypeError('pg listens to its connection in another way')
    const { connection } = this
    const listen = connection.attachListeners.bind(connection)
    connection.attachListeners = (stream) => {
      const others = new EventEmitter()
      listen(others)
      stream.on('end', () => others.emit('end'))
      stream.on(
        'data',
        wholeMessages(
          (bytes) => others.emit('data', bytes),
          (row) => connection.emit('dataRow', row),
        ),
      )
    }
  }
}

interface Listening extends EventEmitter {
  attachListeners: (stream: EventEmitter | Readable) => void
}

function isListening(value: unknown): value is Listening {
  return value instanceof EventEmitter && 'attachListeners' in value && typeof value.attachListeners === 'function'
}

/** Bytes as they come → whole messages, in their order: rows one by one, what is between them as it stands. */
function wholeMessages(tell: (others: Buffer) => void, tellRow: (row: RowMessage) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = []
  let length = 0
  let needed = headerBytes
  return (chunk) => {
    waiting.push(chunk)
    length += chunk.length
    // a long message comes in many pieces: they are joined once it is there
    if (length < needed) return
    const bytes = waiting.length === 1 ? chunk : Buffer.concat(waiting, length)
    let [at, told] = [0, 0]
    needed = headerBytes
    while (at + headerBytes <= bytes.length) {
      const end = at + 1 + bytes.readUInt32BE(at + 1)
      if (end > bytes.length) {
        needed = end - at
        break
      }
      if (bytes[at] === dataRow) {
        if (told < at) tell(bytes.subarray(told, at))
        tellRow(new RowMessage(bytes, at + headerBytes, end))
        told = end
      }
      at = end
    }
    if (told < at) tell(bytes.subarray(told, at))
    waiting = at < bytes.length ? [bytes.subarray(at)] : []
    length = bytes.length - at
  }
}
