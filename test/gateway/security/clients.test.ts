import { describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import type { ClientConfig } from '../../../gateway/config.ts'
import { knownClients } from '../../../gateway/security/clients.ts'
import { smartConfiguration } from '../../../gateway/security/metadata.ts'
import { startServer } from './running-server.ts'

async function jwk(kid: string, part: 'public' | 'private' = 'public'): Promise<Record<string, unknown>> {
  const pair = await generateKeyPair('ES384', { extractable: true })
  return { ...(await exportJWK(part === 'public' ? pair.publicKey : pair.privateKey)), kid }
}

function client(clientId: string, keys: readonly Record<string, unknown>[]): ClientConfig {
  return { clientId, institution: 'clinic', jwks: { keys } }
}

describe('a registration that cannot be used stops the start', () => {
  test('all faults are named at once, and no key is shown', async () => {
    const secret = await jwk('a', 'private')
    const clients = [
      client('none', []),
      client('private', [secret]),
      client('symmetric', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k' }]),
      client('unnamed', [{ ...(await jwk('x')), kid: undefined }]),
      client('twice', [await jwk('x'), await jwk('x')]),
      client('again', [await jwk('x')]),
      client('again', [await jwk('x')]),
      client('exotic', [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'e' }]),
    ]
    const start = (): unknown => knownClients(clients)
    for (const name of ['none', 'private', 'symmetric', 'unnamed', 'twice', 'again', 'exotic']) expect(start).toThrow(`\`${name}\``)
    expect(start).not.toThrow(String(secret['d']))
  })

  test('a good one is kept as it is', async () => {
    const key = await jwk('x')
    expect(knownClients([client('good', [key])]).get('good')?.keys).toEqual([key])
  })
})

test('SMART discovery names what runs, with absolute addresses, and no way to sign in that does not exist', async () => {
  const server = await startServer({ sandbox: false })
  const document = smartConfiguration(server.config)
  expect(document).toMatchObject({
    token_endpoint: `${server.url}/oauth/token`,
    introspection_endpoint: `${server.url}/oauth/introspect`,
    revocation_endpoint: `${server.url}/oauth/revoke`,
    grant_types_supported: ['client_credentials'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  })
  expect(document).not.toHaveProperty('authorization_endpoint')
  expect(document['scopes_supported']).toContain('system/*.cruds')
  await server.close()
})
