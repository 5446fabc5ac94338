import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { authorizer } from '../../../adapters/fhir-rest/authorization.ts'
import { originsOf, readConfig } from '../../../adapters/fhir-rest/config.ts'
import { guardedFetch } from '../../../adapters/guarded-fetch.ts'

const good = { kind: 'fhir-rest', baseUrl: 'https://emr.example/fhir/', token: 'secret' }

test('defaults are filled in and a trailing slash makes no difference', () => {
  const reading = readConfig(good)
  expect(reading.ok && reading.config).toMatchObject({
    baseUrl: 'https://emr.example/fhir',
    deadlineMs: 3_000,
    maxPages: 20,
    auth: { kind: 'token' },
  })
})

test('every fault is listed at once, by key and never by value', () => {
  const reading = readConfig({
    ...good,
    baseUrl: 'https://user:hidden@emr.example/',
    deadlineMs: 0,
    maxBytes: '5',
    token: 'two words',
    colour: 'red',
  })
  expect(reading.ok ? [] : reading.faults).toEqual([
    '`colour` is not a known key',
    '`baseUrl` must be an http or https address without query, fragment or credentials',
    '`token` must be visible ASCII without spaces',
    '`deadlineMs` must be a whole number from 10 to 120000',
    '`maxBytes` must be a whole number from 1000 to 256000000',
  ])
  expect(JSON.stringify(reading)).not.toMatch(/hidden|two words|red"/)
})

test.each([
  [{ token: undefined }],
  [{ clientCredentials: {} }],
  [{ token: undefined, clientCredentials: { tokenUrl: 'x', clientId: '', clientSecret: 1 } }],
])('one way to prove who we are, and a complete one: %j is refused', (change) => {
  expect(readConfig({ ...good, ...change }).ok).toBe(false)
})

test('the token endpoint is one of the origins that must be reachable', () => {
  const clientCredentials = { tokenUrl: 'https://login.example/token', clientId: 'a', clientSecret: 'b' }
  const reading = readConfig({ ...good, token: undefined, clientCredentials })
  expect(reading.ok && originsOf(reading.config)).toEqual(['https://emr.example', 'https://login.example'])
})

test('client credentials are exchanged once and again only when the token is about to end', async () => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(String(request.headers.authorization))
    response.end(JSON.stringify({ access_token: `t-${seen.length}`, token_type: 'bearer', expires_in: 300 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address of this form.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let nowMs = 0
  const auth = {
    kind: 'client-credentials',
    tokenUrl: `${origin}/token`,
    clientId: 'id',
    clientSecret: 'pass',
    scope: 'system/*.rs',
  } as const
  const ask = authorizer(auth, guardedFetch({ allowOrigins: [origin], deadlineMs: 5_000, maxBytes: 10_000 }), () => new Date(nowMs))
  const signal = new AbortController().signal
  expect([await ask(signal), await ask(signal)]).toEqual(['Bearer t-1', 'Bearer t-1'])
  nowMs = 280_000
  expect(await ask(signal)).toBe('Bearer t-2')
  expect(seen[0]).toBe(`Basic ${btoa('id:pass')}`)
  await new Promise((resolve) => server.close(resolve))
})

test('a token endpoint that refuses us is a matter of credentials', async () => {
  const server = createServer((_request, response) => response.writeHead(400).end('{"error":"invalid_client"}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address of this form.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = { kind: 'client-credentials', tokenUrl: origin, clientId: 'id', clientSecret: 'pass', scope: '' } as const
  const ask = authorizer(auth, guardedFetch({ allowOrigins: [origin], deadlineMs: 5_000, maxBytes: 10_000 }), () => new Date())
  await expect(ask(new AbortController().signal)).rejects.toMatchObject({ kind: 'credentials', status: 400 })
  await new Promise((resolve) => server.close(resolve))
})
