/** Configuration of one drop folder: unknown JSON → DropConfig, or every fault at once. */
import { isAbsolute } from 'node:path'

export interface DropConfig {
  /** the shared folder; it holds `outbox` (EMR → network) and `inbox` (network → EMR) */
  readonly folder: string
  /** pause between two looks into the outbox */
  readonly pollMs: number
}

export type ConfigReading = { readonly ok: true; readonly config: DropConfig } | { readonly ok: false; readonly faults: readonly string[] }

const known = ['kind', 'folder', 'pollMs']

export function readConfig(input: unknown): ConfigReading {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, faults: ['the configuration must be an object'] }
  const { folder, pollMs = 2_000, ...others }: { folder?: unknown; pollMs?: unknown } = input
  const faults = Object.keys(others)
    .filter((key) => !known.includes(key))
    .map((key) => `\`${key}\` is not a known key`)
  if (typeof folder !== 'string' || !isAbsolute(folder)) faults.push('`folder` must be an absolute path')
  if (typeof pollMs !== 'number' || !Number.isInteger(pollMs) || pollMs < 10) faults.push('`pollMs` must be a whole number of at least 10')
  return faults.length > 0 ? { ok: false, faults } : { ok: true, config: { folder: String(folder), pollMs: Number(pollMs) } }
}
