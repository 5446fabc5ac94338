/**
 * A checkpoint: what the log commits itself to, as a signed note that any tool of that family verifies.
 * Spec: https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note (Ed25519, algorithm byte 0x01). The one extension line is `time`
 * and an instant in UTC.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { Hash } from './chain.ts'

export interface Checkpoint {
  /** names the log; the name of its keys as well */
  readonly origin: string
  /** leaves of the tree */
  readonly size: number
  readonly root: Hash
  readonly atMs: number
}

export interface NoteSignature {
  readonly name: string
  /** eight hexadecimal digits */
  readonly keyId: string
  readonly signature: Buffer
}

const ed25519 = Buffer.of(1)

/** The signed text, with its last line end. */
export function checkpointText({ origin, size, root, atMs }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\ntime ${new Date(atMs).toISOString()}\n`
}

/** The note as it is handed out: text, empty line, one signature line. */
export function noteOf(text: string, { name, keyId, signature }: NoteSignature): string {
  return `${text}\n— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`
}

/** undefined for what is not a checkpoint note of ours. */
export function readNote(note: string): { text: string; checkpoint: Checkpoint; signatures: readonly NoteSignature[] } | undefined {
  const cutAt = note.indexOf('\n\n')
  const text = note.slice(0, cutAt + 1)
  const checkpoint = cutAt < 0 ? undefined : readText(text)
  if (checkpoint === undefined) return undefined
  const signatures = note
    .slice(cutAt + 2)
    .split('\n')
    .flatMap((line): NoteSignature[] => {
      const [, name = '', coded = ''] = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? []
      const bytes = Buffer.from(coded, 'base64')
      return bytes.length > 4 ? [{ name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }] : []
    })
  return { text, checkpoint, signatures }
}

function readText(text: string): Checkpoint | undefined {
  const [, origin = '', size = '', root = '', time = ''] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\ntime (\S+)\n$/.exec(text) ?? []
  const checkpoint = { origin, size: Number(size), root: Buffer.from(root, 'base64'), atMs: Date.parse(time) }
  // one spelling only: what is signed is the text
  return Number.isNaN(checkpoint.atMs) || checkpointText(checkpoint) !== text ? undefined : checkpoint
}

/** Eight hexadecimal digits that a signature line and the published key share. `publicKey`: the 32 raw bytes. */
export function keyIdOf(origin: string, publicKey: Buffer): string {
  return createHash('sha256').update(`${origin}\n`).update(ed25519).update(publicKey).digest('hex').slice(0, 8)
}

/** The key in one line, as verifiers of signed notes are given it. */
export function verifierKey(origin: string, publicKey: Buffer): string {
  return `${origin}+${keyIdOf(origin, publicKey)}+${Buffer.concat([ed25519, publicKey]).toString('base64')}`
}

/** `privateKey`: PKCS 8, base64 of DER. Throws when it is damaged. */
export function signText(text: string, privateKey: string): Buffer {
  return sign(null, Buffer.from(text), createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' }))
}

/** `publicKey`: the 32 raw bytes. False also for a key or a signature that is none. */
export function isSigned(text: string, signature: Buffer, publicKey: Buffer): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' })
  return verify(null, Buffer.from(text), key, signature)
}
