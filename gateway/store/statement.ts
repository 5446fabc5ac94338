/**
 * One named statement on the wire of `pg`. The server is told of it, and tells what its columns are, once for each connection; after that a
 * question is its values and the answer its rows. `pg` asks for the description of the columns at every execution, which is a good part
 * of what a small statement costs. Protocol: https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import type pg from 'pg'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'
import { parserOf, readerOf } from './column-types.ts'
import { RowMessage } from './row-bytes.ts'
import { boundMessage, wireText, type Bound } from './wire.ts'

interface Shape {
  readonly names: readonly string[]
  readonly parsers: readonly ((text: string) => unknown)[]
  readonly readers: readonly ReturnType<typeof readerOf>[]
  /** a row of nothing: copied, so that all rows have one shape in memory */
  readonly empty: Readonly<Record<string, unknown>>
}

export interface Answer<Row> {
  readonly rows: Row[]
  readonly rowCount: number | null
  /** what the server says it did: `COMMIT`, `INSERT 0 1` */
  readonly command: string
}

const nothing: Shape = { names: [], parsers: [], readers: [], empty: {} }

/** What each connection told of its statements, by name. A statement whose columns change is an error of the server, never another answer. */
const shapesOf = new WeakMap<pg.Connection, Map<string, Shape>>()

/** Given to `client.query`, which calls these methods as messages arrive; `answer` settles when the server is done with it. */
export class NamedStatement<Row extends Record<string, unknown>> implements pg.Submittable {
  readonly name: string
  readonly text: string
  readonly answer: Promise<Answer<Row>>
  readonly #values: (string | Buffer | null)[]
  readonly #settle: PromiseWithResolvers<Answer<Row>>
  readonly #rows: Row[] = []
  #shapes: Map<string, Shape> | undefined
  #shape = nothing
  #command = ''
  #failure: { readonly thrown: unknown } | undefined
  readonly #ahead: readonly Bound[]
  /** how many of those are still to be answered */
  #aheadLeft: number

  /**
   * Throws for a value that cannot be written, before anything is sent. `ahead`: what the server knows already and runs before it, in the same
   * round trip; what those answer is not read, and their failure is this one's.
   */
  constructor(name: string, text: string, values: readonly unknown[], ahead: readonly Bound[] = []) {
    this.#ahead = ahead
    this.#aheadLeft = ahead.length
    this.name = name
    this.text = text
    this.#values = values.map(wireText)
    this.#settle = Promise.withResolvers()
    this.answer = this.#settle.promise
  }

  submit(connection: pg.Connection): Error | null {
    const { name } = this
    const shapes = shapesOf.get(connection) ?? new Map<string, Shape>()
    if (shapes.size === 0) shapesOf.set(connection, shapes)
    const shape = shapes.get(name)
    this.#shapes = shapes
    this.#shape = shape ?? nothing
    const isNew = !isParsed(connection, name)
    // the stand-in of PGlite has no stream to write to
    if (isNew || shape === undefined || !('write' in connection.stream))
      this.#introduce(connection, { isNew, isShapeNew: shape === undefined })
    else if (connection.stream.writable) connection.stream.write(boundMessage([...this.#ahead, { name, values: this.#values }]))
    return null
  }

  #introduce(connection: pg.Connection, { isNew, isShapeNew }: { readonly isNew: boolean; readonly isShapeNew: boolean }): void {
    const { name, text } = this
    const { stream } = connection
    const isHeld = 'cork' in stream
    if (isHeld) stream.cork()
    try {
      // before what goes ahead: one that cannot be parsed begins nothing
      if (isNew) connection.parse({ name, text, types: [] }, true)
      for (const each of this.#ahead) {
        connection.bind({ portal: '', statement: each.name, values: [...each.values] }, true)
        connection.execute({ portal: '' }, true)
      }
      connection.bind({ portal: '', statement: name, values: this.#values }, true)
      if (isShapeNew) connection.describe({ type: 'P', name: '' }, true)
      connection.execute({ portal: '' }, true)
      connection.sync()
    } finally {
      if (isHeld) stream.uncork()
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[] }): void {
    this.#shape = {
      names: fields.map((field) => field.name),
      parsers: fields.map((field) => parserOf(field.dataTypeID)),
      readers: fields.map((field) => readerOf(field.dataTypeID)),
      empty: Object.fromEntries(fields.map((field) => [field.name, null])),
    }
    this.#shapes?.set(this.name, this.#shape)
  }

  handleDataRow(message: RowMessage | { readonly fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined || this.#aheadLeft > 0) return
    const { names, parsers, readers, empty } = this.#shape
    const row = { ...empty }
    try {
      if (message instanceof RowMessage)
        message.eachField((at, chars) => {
          if (chars !== null) row[names[at] ?? ''] = readers[at]?.(chars)
        })
      else
        for (const [at, value] of message.fields.entries()) {
          if (value !== null) row[names[at] ?? ''] = parsers[at]?.(value)
        }
    } catch (thrown) {
      // told when the server is done, so that the connection stays sound
      this.#failure = { thrown }
    }
    if (isStated<Row>(row)) this.#rows.push(row)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#aheadLeft > 0) {
      this.#aheadLeft -= 1
      return
    }
    // a statement without columns has none to tell of
    this.#shapes?.set(this.name, this.#shape)
    this.#command = text
  }

  handleReadyForQuery(): void {
    const command = this.#command
    const count = /\d+$/.exec(command)?.[0]
    if (this.#failure === undefined)
      this.#settle.resolve({ rows: this.#rows, rowCount: count === undefined ? null : Number(count), command })
    else this.#settle.reject(this.#failure.thrown)
  }

  handleError(thrown: unknown): void {
    this.#settle.reject(thrown)
  }

  handleEmptyQuery(): void {
    this.#failure = { thrown: new TypeError('a statement has a text') }
  }

  handlePortalSuspended(): void {
    this.#failure = { thrown: new TypeError('a statement is answered whole') }
  }
}

/** The caller states the shape of the columns it selects, see `Sql.query`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- see above
function isStated<Row extends Record<string, unknown>>(row: Record<string, unknown>): row is Row {
  return typeof row === 'object'
}

/** `pg` notes by name what a connection has parsed; its types do not say so. */
export function isParsed(connection: pg.Connection, name: string): boolean {
  return 'parsedStatements' in connection && isRecord(connection.parsedStatements) && connection.parsedStatements[name] !== undefined
}
