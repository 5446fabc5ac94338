/**
 * AuditEvent/[id]/$inclusion-proof: that this entry is in the log under the newest signed checkpoint, for whoever may read the entry.
 * Whoever has the entry's bytes checks it without us: leaf = SHA-256(0x00 ‖ body), then RFC 9162 §2.1.3.2 up to the root of the checkpoint.
 */
import type { Call, Context } from '../context.ts'
import { auditEntry } from '../interactions/read.ts'
import { proveEntry, type EntryProof } from '../ledger-proof.ts'
import { Problem } from '../problem.ts'
import { releaseNothing } from '../release.ts'
import { releaseProof, type PlainParameters } from '../release-public.ts'
import type { Released } from '../released.ts'

export async function inclusionProofOf(call: Call, context: Context): Promise<Released> {
  const id = call.params['id'] ?? ''
  const { bodies, about } = await auditEntry(call, context, id)
  if (bodies.length === 0) return releaseNothing(context, call, 'inclusion-proof')
  const proof = await proveEntry(context, id)
  if (proof === undefined)
    throw new Problem('unavailable', 'the entry is committed and not sealed yet; ask again in a second', {
      id: 'not-sealed',
      headers: { 'retry-after': '1' },
    })
  return releaseProof(context, call, { id, bodies, about }, parametersOf(proof))
}

function parametersOf({ leaf, index, path, checkpoint, key, note }: EntryProof): NonNullable<PlainParameters['parameter']> {
  return [
    { name: 'leafHash', valueString: leaf.toString('base64') },
    { name: 'index', valueInteger: index },
    { name: 'size', valueInteger: checkpoint.size },
    { name: 'root', valueString: checkpoint.root.toString('base64') },
    ...path.map((hash) => ({ name: 'proof', valueString: hash.toString('base64') })),
    { name: 'checkpoint', valueString: note },
    { name: 'signature', valueString: checkpoint.signature.toString('base64') },
    { name: 'keyId', valueCode: key.id },
  ]
}
