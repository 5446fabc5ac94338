/** Configuration of one clinic's database: unknown JSON → SqlViewConfig, or every fault at once, those of the mapping file included. */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { readMapping } from './mapping-faults.ts'
import type { Mapping } from './mapping.ts'

export interface SqlViewConfig {
  /** path of the SQLite file; it must exist and is never created */
  readonly database: string
  readonly mapping: Mapping
  /** pause between two looks at the views */
  readonly pollMs: number
  /** how many change numbers a late commit may lag behind */
  readonly overlap: number
  /** how long one statement waits for a lock; the whole process waits with it */
  readonly busyTimeoutMs: number
  /** new rows per read; the cursor is remembered after each */
  readonly batchRows: number
  /** a new number forgets the cursors and reads the views from the start */
  readonly epoch: number
}

export type ConfigReading =
  | { readonly ok: true; readonly config: SqlViewConfig }
  | { readonly ok: false; readonly faults: readonly string[] }

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['database', 'mapping'],
  properties: {
    kind: { const: 'sql-view' },
    database: { type: 'string', minLength: 1 },
    mapping: { type: ['string', 'object'], minLength: 1 },
    pollMs: { type: 'integer', minimum: 10, maximum: 86_400_000, default: 1_000 },
    overlap: { type: 'integer', minimum: 0, maximum: 100_000, default: 500 },
    busyTimeoutMs: { type: 'integer', minimum: 0, maximum: 5_000, default: 100 },
    batchRows: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
    epoch: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
  },
} as const

type Raw = Omit<SqlViewConfig, 'mapping'> & { readonly mapping: unknown }

/** `mapping` is the mapping itself or the path of its file, relative to the working directory. */
export function readConfig(input: unknown): ConfigReading {
  const validate = new Ajv({ allErrors: true, useDefaults: true, allowUnionTypes: true }).compile<Raw>(schema)
  // Defaults are written into the object that is checked; the caller's stays as it was.
  const raw: unknown = structuredClone(input)
  if (!validate(raw)) {
    const faults = (validate.errors ?? []).map((error) => {
      const extra: unknown = error.params['additionalProperty']
      return `\`adapter${error.instancePath}\` ${error.message ?? 'is not valid'}${extra === undefined ? '' : ` (${JSON.stringify(extra)})`}`
    })
    return { ok: false, faults }
  }
  const loaded = typeof raw.mapping === 'string' ? readFile(raw.mapping) : { ok: true as const, value: raw.mapping }
  if (!loaded.ok) return { ok: false, faults: [loaded.fault] }
  const reading = readMapping(loaded.value)
  return reading.ok ? { ok: true, config: { ...raw, mapping: reading.mapping } } : reading
}

function readFile(path: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string } {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return { ok: true, value }
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read'
    return { ok: false, fault: `\`adapter/mapping\`: the file ${why}` }
  }
}
