/** The checkpoint as others read it: the text, the key id and the signature of a signed note. */
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { leafHash } from '../../../gateway/logic/chain.ts'
import { checkpointText, isSigned, keyIdOf, noteOf, readNote, signText, verifierKey } from '../../../gateway/logic/checkpoint.ts'

const origin = 'care-network.kr/ledger/test'
const checkpoint = { origin, size: 7, root: leafHash('x'), atMs: Date.parse('2026-03-01T09:00:00+09:00') }

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey,
    raw: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  }
}

describe('a checkpoint', () => {
  test('says on four lines which log, how many entries, which root and when', () => {
    expect(checkpointText(checkpoint)).toBe(`${origin}\n7\n${checkpoint.root.toString('base64')}\ntime 2026-03-01T00:00:00.000Z\n`)
  })

  test('signed, is a note that is read back whole and verifies with plain Ed25519 over its text', () => {
    const { publicKey, raw, privateKey } = keyPair()
    const text = checkpointText(checkpoint)
    const signature = signText(text, privateKey)
    const note = noteOf(text, { name: origin, keyId: keyIdOf(origin, raw), signature })
    const read = readNote(note)
    expect(read).toEqual({ text, checkpoint, signatures: [{ name: origin, keyId: keyIdOf(origin, raw), signature }] })
    expect(verify(null, Buffer.from(read?.text ?? ''), publicKey, read?.signatures[0]?.signature ?? Buffer.alloc(0))).toBe(true)
    expect(isSigned(text, signature, raw)).toBe(true)
    expect(isSigned(text.replace('\n7\n', '\n8\n'), signature, raw)).toBe(false)
    expect(isSigned(text, signature, keyPair().raw)).toBe(false)
    expect(isSigned(text, signature.subarray(1), raw)).toBe(false)
    expect(isSigned(text, signature, raw.subarray(1))).toBe(false)
  })

  test('names its key by four bytes of the hash over name, algorithm and key, as verifiers compute it', () => {
    const { raw } = keyPair()
    const [name = '', id, coded = ''] = verifierKey(origin, raw).split('+')
    const rest = verifierKey(origin, raw).slice(`${name}+${id}+`.length)
    expect(name).toBe(origin)
    expect(rest.startsWith(coded)).toBe(true)
    const key = Buffer.from(rest, 'base64')
    expect([key[0], key.length]).toEqual([1, 33])
    expect(id).toBe(createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8))
    expect(
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.subarray(1).toString('base64url') }, format: 'jwk' }).asymmetricKeyType,
    ).toBe('ed25519')
  })

  test('in any other spelling is not read', () => {
    const text = checkpointText(checkpoint)
    for (const wrong of [
      text,
      `${text.replace('\n7\n', '\n07\n')}\n`,
      `${text.replace('\n7\n', '\n-7\n')}\n`,
      `${text.replace('00.000Z', '00Z')}\n`,
      `${text.replace('time ', '')}\n`,
      `${text}more\n\n`,
      '',
      '\n\n',
    ])
      expect(readNote(wrong)).toBeUndefined()
    expect(readNote(`${text}\n— not a signature\n`)?.signatures).toEqual([])
  })
})
