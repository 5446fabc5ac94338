/**
 * The Wycheproof cases for JSON Web Signatures and Keys, through the two readers that judge access tokens. Their payloads are no claims of
 * ours, so no case can be accepted as a token; a case counts as let through when it is refused for its claims only, after its signature held.
 */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compactVerify, createLocalJWKSet } from 'jose'
import { Problem } from '../../../gateway/problem.ts'
import { guardedFetch } from '../../../adapters/guarded-fetch.ts'
import { outsideIssuer } from '../../../gateway/security/outside-issuer.ts'
import { acceptedKeys, outsideAlgorithms } from '../../../gateway/security/outside-keys.ts'
import { createTokenReader, type OutsideIssuer } from '../../../gateway/security/token.ts'
import { issuerConfig, type OutsideServer, startOutside } from './outside-server.ts'
import { type RunningServer, startServer } from './running-server.ts'

interface Group {
  readonly comment: string
  readonly public?: Key
  readonly private?: Key
  readonly tests: readonly { readonly tcId: number; readonly comment: string; readonly jws?: unknown; readonly result: string }[]
}

type Key = Readonly<Record<string, unknown>>

interface Case {
  readonly name: string
  readonly keys: readonly Key[]
  readonly jws: string
  readonly isValid: boolean
}

const folder = new URL('../../../../shared/cases/attacks/jose/', import.meta.url)
const shared = existsSync(folder)
const files = ['json_web_signature_test', 'json_web_crypto_test', 'json_web_key_test']

/** Secret parts of the pairs are dropped, as a publisher would, except where the case is about a key set as it stands. */
const secrets = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi'])

function casesIn(file: string): readonly Case[] {
  // the shape of the corpus; a case without a jws is one for encryption, which nobody offers here
  const { testGroups } = JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8')) as { testGroups: readonly Group[] }
  return testGroups.flatMap((group) => {
    const given = group.public ?? group.private ?? {}
    const listed: unknown = given['keys']
    const keys = Array.isArray(listed) ? (listed as readonly Key[]) : [withoutSecrets(given)]
    return group.tests.flatMap(({ tcId, comment, jws, result }) =>
      jws === undefined
        ? []
        : [
            {
              name: `${file} ${group.comment} ${tcId} ${comment}`,
              keys,
              jws: typeof jws === 'string' ? jws : JSON.stringify(jws),
              isValid: result === 'valid',
            },
          ],
    )
  })
}

function withoutSecrets(key: Key): Key {
  return Object.fromEntries(Object.entries(key).filter(([name]) => !secrets.has(name)))
}

/** What a reader says once the signature has held: the corpus signs words, not claims. */
const afterSignature = new Set(['claims', 'typ', 'issuer', 'audience', 'expired', 'payload'])

;(shared ? describe : describe.skip)(
  `forged signatures and spoiled keys, by Wycheproof${shared ? '' : ' (skipped: ../shared absent)'}`,
  () => {
    let server: RunningServer
    let outside: OutsideServer

    beforeAll(async () => {
      server = await startServer({ sandbox: false })
      outside = await startOutside()
    })
    afterAll(async () => {
      await outside.close()
      await server.close()
    })

    /** The signature alone, by the same keys, algorithms and library as the reader of outside tokens. */
    async function isHeld({ keys, jws }: Case): Promise<boolean> {
      const accepted = await acceptedKeys({ keys })
      if (typeof accepted === 'string') return false
      const set = createLocalJWKSet({ keys: accepted.map((key) => ({ ...key })) })
      return compactVerify(jws, set, { algorithms: [...outsideAlgorithms] }).then(
        () => true,
        () => false,
      )
    }

    /** A reader of its own for every case, so that no key is remembered from the one before. */
    function readerFor(keys: readonly Key[], tokenType: string): OutsideIssuer {
      outside.keys.splice(0, outside.keys.length, ...keys)
      const issuer = issuerConfig(outside.url, { jwksUri: `${outside.url}/keys`, tokenType })
      const fetch = guardedFetch({ allowOrigins: [outside.url], deadlineMs: 2000, maxBytes: 100_000 })
      const { config, database } = server
      return outsideIssuer({
        config,
        issuer,
        resolvePatient: async () => undefined,
        sql: database.sql,
        now: Date.now,
        clockSkewS: 5,
        fetch,
      })
    }

    async function verdict(each: Case): Promise<string> {
      try {
        const answer = await readerFor(each.keys, 'at+jwt').read(each.jws)
        return answer.ok ? 'accepted' : answer.fault
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown
        return thrown.issues[0]?.id ?? ''
      }
    }

    test.each(files)('%s: none gets past the reader of outside tokens', async (file) => {
      const cases = casesIn(file)
      const judged = []
      for (const each of cases) judged.push({ ...each, verdict: await verdict(each) })
      const forged = judged.filter((each) => !each.isValid)
      expect(forged.length).toBeGreaterThan(10)
      expect(forged.filter((each) => each.verdict === 'accepted' || afterSignature.has(each.verdict)).map((each) => each.name)).toEqual([])
      expect(judged.filter((each) => each.verdict === 'accepted').map((each) => each.name)).toEqual([])
    })

    test.each(files)('%s: no forged signature holds under the keys and algorithms that are accepted', async (file) => {
      const held = []
      for (const each of casesIn(file)) if (await isHeld(each)) held.push(each)
      expect(held.filter((each) => !each.isValid).map((each) => each.name)).toEqual([])
    })

    test('sound signatures of accepted keys do hold, so that the refusals above mean something', async () => {
      const sound = casesIn('json_web_signature_test').filter(
        (each) => each.isValid && / (es256|rs256|rs384|rs512|ps256|ps384|ps512) /.test(each.name),
      )
      const held = await Promise.all(sound.map(isHeld))
      expect(sound.length).toBeGreaterThan(10)
      expect(sound.filter((_each, index) => held[index] !== true).map((each) => each.name)).toEqual([])
    })

    test.each(files)('%s: none gets past the reader of our own tokens', async (file) => {
      const faults = []
      for (const { keys, jws, isValid, name } of casesIn(file)) {
        const published = keys.filter((key) => key['kty'] === 'EC' && key['crv'] === 'P-256')
        const read = createTokenReader({
          issuer: 'https://issuer.test',
          audience: 'https://gateway.test',
          // what our own key table could hold: P-256, and no other kind
          keys: async () =>
            published.map(({ x, y, kid }) => ({
              kty: 'EC',
              crv: 'P-256',
              x: String(x),
              y: String(y),
              kid: String(kid),
              alg: 'ES256',
              use: 'sig',
            })),
          now: Date.now,
          clockSkewS: 5,
        })
        const answer = await read(jws)
        if (answer.ok || (!isValid && afterSignature.has(answer.fault))) faults.push(name)
      }
      expect(faults).toEqual([])
    })
  },
)
