/** Of a released record, its `meta` alone: less than what was judged and entered in the ledger, never more. */
import { mint, type Released } from './released.ts'

export function releaseMetaOf(released: Released): Released {
  const value: unknown = JSON.parse(released.text)
  const meta: unknown = typeof value === 'object' && value !== null && 'meta' in value ? value.meta : {}
  const answer = { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: meta }] }
  return mint(released.status, released.headers, JSON.stringify(answer))
}
