/**
 * Passwords of the sandbox, as scrypt hashes: N = 2^15, r = 8, p = 1 and a salt per person. Verification takes the same time for a person
 * nobody knows. Spec: https://www.rfc-editor.org/rfc/rfc7914; cost as in https://cheatsheetseries.owasp.org (password storage)
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const hashBytes = 32
const saltBytes = 16
export const maxPasswordLength = 256

/** Nobody's password: what an unknown name is compared with. */
const nobody = `scrypt$15$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** `scrypt$15$8$1$<salt>$<hash>`, salt and hash in base64url: what the configuration holds. A new salt each time. */
export async function hashPassword(password: string, salt: Buffer = randomBytes(saltBytes)): Promise<string> {
  const hash = await derive(password, salt)
  return `scrypt$15$8$1$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** `stored` undefined: there is no such person; the answer is no, as late as any other no. */
export async function passwordFits(password: string, stored: string | undefined): Promise<boolean> {
  const [, , , , salt = '', hash = ''] = (stored ?? nobody).split('$')
  const expected = Buffer.from(hash, 'base64url')
  const given = await derive(password.slice(0, maxPasswordLength + 1), Buffer.from(salt, 'base64url'))
  const isEqual = expected.length === hashBytes && timingSafeEqual(given, expected)
  return isEqual && stored !== undefined && password.length <= maxPasswordLength
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // the same password typed on two keyboards may differ in its bytes; Korean input above all
    scrypt(password.normalize('NFC'), salt, hashBytes, cost, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
