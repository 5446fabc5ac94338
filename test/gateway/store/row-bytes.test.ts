/** Messages of the server however they are cut into pieces: rows and what stands between them arrive whole, and in their order. */
import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { RowMessage, RowsClient } from '../../../gateway/store/row-bytes.ts'

const message = (code: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(code, 0, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function row(...fields: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(fields.length)
  const parts = fields.map((field) => {
    const text = Buffer.from(field ?? '')
    const length = Buffer.alloc(4)
    length.writeInt32BE(field === null ? -1 : text.length)
    return Buffer.concat([length, text])
  })
  return message('D', Buffer.concat([count, ...parts]))
}

const complete = (text: string): Buffer => message('C', Buffer.from(`${text}\0`))
const ready = message('Z', Buffer.from('I'))

/** What the connection tells of these bytes when they come in pieces of a size. */
function toldOf(bytes: Buffer, size: number): readonly unknown[] {
  const client = new RowsClient()
  const connection: unknown = Reflect.get(client, 'connection')
  if (!(connection instanceof EventEmitter)) throw new TypeError('a client has a connection')
  const told: unknown[] = []
  connection.on('dataRow', (row: RowMessage) => told.push(row.fields))
  connection.on('commandComplete', ({ text }: { readonly text: string }) => told.push(text))
  connection.on('readyForQuery', ({ status }: { readonly status: string }) => told.push(status))
  connection.on('bindComplete', () => told.push('bound'))
  const stream = new EventEmitter()
  const attach: unknown = Reflect.get(connection, 'attachListeners')
  if (typeof attach !== 'function') throw new TypeError('a connection listens to its stream')
  Reflect.apply(attach, connection, [stream])
  for (let at = 0; at < bytes.length; at += size) stream.emit('data', bytes.subarray(at, at + size))
  return told
}

describe('rows as bytes', () => {
  const long = '가'.repeat(70_000)
  const rows = [['1', null, '감기 "고혈압"'], [], [long], ['']]
  const bytes = Buffer.concat([
    message('2', Buffer.alloc(0)),
    ...rows.slice(0, 2).map((fields) => row(...fields)),
    complete('SELECT 2'),
    ready,
    row(...(rows[2] ?? [])),
    row(...(rows[3] ?? [])),
    complete('SELECT 2'),
    ready,
  ])
  const expected = ['bound', rows[0], rows[1], 'SELECT 2', 'I', rows[2], rows[3], 'SELECT 2', 'I']

  test.each([1, 2, 3, 5, 7, 64, 1_000, 65_536, 1_000_000])('come whole in pieces of %d bytes', (size) => {
    expect(toldOf(bytes, size)).toEqual(expected)
  })
})
