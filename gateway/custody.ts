/** What a record gets from the institution that keeps it. */
import type { Context } from './context.ts'

export function custodyOf(context: Context, institution: string) {
  const { directory, config } = context
  return {
    custodianKeys: directory.keysOf(institution),
    source: sourceOf(context, institution),
    timeZone: config.timeZone,
    places: directory.places,
    correctCodes: directory.institution(institution)?.correctCodes !== false,
  }
}

/** `meta.source` is the gateway's to set: the institution's own OID, or the network's. */
export function sourceOf(context: Context, institution: string): string {
  const known = context.directory.institution(institution)
  return known === undefined ? 'urn:oid:1.2.410.100110' : `urn:oid:1.2.410.100110.10.${known.number}`
}
