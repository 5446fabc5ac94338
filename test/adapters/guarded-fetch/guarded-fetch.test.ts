import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FetchFailure, guardedFetch } from '../../../adapters/guarded-fetch.ts'

let server: Server
let origin: string
let serve: (request: IncomingMessage, response: ServerResponse) => void
const never = () => new AbortController().signal

beforeEach(async () => {
  serve = (_request, response) => response.end('ok')
  server = createServer((request, response) => serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address of this form.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const guarded = (limits: { deadlineMs?: number; maxBytes?: number } = {}) =>
  guardedFetch({ allowOrigins: [origin], deadlineMs: 5_000, maxBytes: 1_000, ...limits })

async function failure(attempt: Promise<unknown>): Promise<FetchFailure> {
  const cause: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(cause instanceof FetchFailure)) throw new Error('expected a FetchFailure', { cause })
  expect(cause.message).not.toContain('127.0.0.1')
  return cause
}

async function text(attempt: Promise<Response>): Promise<string> {
  return (await attempt).text()
}

test('an allowed address answers, with the method, headers and body that were given', async () => {
  serve = (request, response) => {
    const chunks: string[] = []
    request.on('data', (chunk) => chunks.push(String(chunk)))
    request.on('end', () =>
      response.writeHead(201, { etag: 'W/"1"' }).end(`${request.method} ${String(request.headers['x-a'])} ${chunks.join('')}`),
    )
  }
  const response = await guarded()(`${origin}/x`, { method: 'PUT', headers: { 'x-a': '1' }, body: 'hello', signal: never() })
  expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([201, 'W/"1"', 'PUT 1 hello'])
})

describe('where a request may go', () => {
  test.each([
    ['another port', () => origin.replace(/\d+$/, '9')],
    ['another scheme', () => origin.replace('http:', 'https:')],
    ['a host that begins like an allowed one', () => `${origin}.evil.example/`],
    ['an allowed address as user name', () => `${origin}@evil.example/`],
    ['credentials in the address', () => origin.replace('//', '//user:secret@')],
    ['no address at all', () => 'Patient/1'],
    ['a file', () => 'file:///etc/passwd'],
  ])('not to %s', async (_what, url) => {
    expect((await failure(guarded()(url(), { signal: never() }))).kind).toBe('not-allowed')
  })

  test('not where a redirect points to', async () => {
    let visits = 0
    serve = (_request, response) => {
      visits++
      response.writeHead(307, { location: `${origin}/elsewhere` }).end()
    }
    expect((await failure(guarded()(origin, { signal: never() }))).kind).toBe('redirected')
    expect(visits).toBe(1)
  })

  test.each(['http://a.example/path', 'a.example', 'ftp://a.example', 'http://a.example?x'])(
    'an allow-list entry `%s` is a fault of the configuration',
    (entry) => {
      expect(() => guardedFetch({ allowOrigins: [entry], deadlineMs: 1, maxBytes: 1 })).toThrow('an allowed origin is')
    },
  )
})

describe('how long and how much', () => {
  test('a server that never answers is a timeout', async () => {
    serve = () => undefined
    expect((await failure(guarded({ deadlineMs: 80 })(origin, { signal: never() }))).kind).toBe('timeout')
  })

  test('a server that answers drop by drop is a timeout too', async () => {
    serve = (_request, response) => {
      const timer = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(timer))
    }
    expect((await failure(text(guarded({ deadlineMs: 150 })(origin, { signal: never() })))).kind).toBe('timeout')
  })

  test('a caller who gives up is told apart from a deadline', async () => {
    serve = () => undefined
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    expect((await failure(guarded()(origin, { signal: controller.signal }))).kind).toBe('aborted')
    expect((await failure(guarded()(origin, { signal: AbortSignal.abort() }))).kind).toBe('aborted')
    expect((await failure(guarded()(origin, { signal: AbortSignal.timeout(30) }))).kind).toBe('timeout')
  })

  test.each([
    ['announced', (response: ServerResponse) => response.writeHead(200, { 'content-length': '2000' }).end('x'.repeat(2_000))],
    ['not announced', (response: ServerResponse) => void response.write('x'.repeat(600), () => response.end('x'.repeat(600)))],
    [
      'compressed',
      (response: ServerResponse) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000))),
    ],
  ])('a body larger than the bound, %s, is an error and not a shorter body', async (_how, answer) => {
    serve = (_request, response) => void answer(response)
    expect((await failure(text(guarded()(origin, { signal: never() })))).kind).toBe('too-large')
  })

  test('a body of exactly the bound is read', async () => {
    serve = (_request, response) => response.end('x'.repeat(1_000))
    expect(await text(guarded()(origin, { signal: never() }))).toHaveLength(1_000)
  })

  test('a body that ends too early is an error and not a shorter body', async () => {
    serve = (_request, response) => {
      response.writeHead(200, { 'content-length': '500' }).write('half')
      setTimeout(() => response.destroy(), 20)
    }
    expect((await failure(text(guarded()(origin, { signal: never() })))).kind).toBe('cut')
  })

  test('a server that hangs up without a word broke off', async () => {
    serve = (request) => request.socket.destroy()
    expect((await failure(guarded()(origin, { signal: never() }))).kind).toBe('cut')
  })

  test('a server that is not there refused', async () => {
    await new Promise((resolve) => server.close(resolve))
    expect((await failure(guarded()(origin, { signal: never() }))).kind).toBe('refused')
  })
})

test('limits nest: the narrower one decides, and its cause is kept', async () => {
  const outer = guardedFetch({ allowOrigins: [origin], deadlineMs: 5_000, maxBytes: 10, via: guarded() })
  serve = (_request, response) => response.end('x'.repeat(11))
  expect((await failure(text(outer(origin, { signal: never() })))).kind).toBe('too-large')
  const inner = guardedFetch({ allowOrigins: ['http://other.example'], deadlineMs: 5_000, maxBytes: 10 })
  const nested = guardedFetch({ allowOrigins: [origin], deadlineMs: 5_000, maxBytes: 10, via: inner })
  expect((await failure(nested(origin, { signal: never() }))).kind).toBe('not-allowed')
})

test('an answer without a body is an answer', async () => {
  serve = (_request, response) => response.writeHead(204).end()
  expect((await guarded()(origin, { signal: never() })).status).toBe(204)
})
