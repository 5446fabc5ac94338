/**
 * `carenet leaks`: does a server tell of what it refuses? Fills two servers with the same generated people, records and consents, the second
 * without whatever the asking institution is refused, then asks both the same and compares every byte. Speaks plain FHIR with bearer tokens, so
 * that it can be pointed at other servers; see bin/leaks/README.md for what they need. Writes records: never at a server with real patients.
 */
import { existsSync, readFileSync } from 'node:fs'
import { defaultPurpose, sandboxToken, type SandboxKey } from './sandbox/client.ts'
import { report } from './leaks/report.ts'
import { run } from './leaks/run.ts'
import { serverAt, type TokenOf } from './leaks/server.ts'

export interface LeaksOptions {
  readonly base: string
  readonly other: string
  readonly tokens?: string
  readonly otherTokens?: string
  /** number of a member that both servers hold as sensitive (PSY) */
  readonly sensitive?: string
  readonly seed: string
  readonly requests: string
  readonly print: (line: string) => void
}

/** Resolves to whether no difference was found. Throws when a server cannot be reached, or an option cannot be used. */
export async function leaks({ base, other, tokens, otherTokens, sensitive, seed, requests, print }: LeaksOptions): Promise<boolean> {
  const count = wholeNumber(requests, '--requests')
  const seeded = wholeNumber(seed, '--seed')
  const [here, there] = [
    serverAt(origin(base), tokensOf(tokens), sensitive),
    serverAt(origin(other), tokensOf(otherTokens ?? tokens), sensitive),
  ]
  if (here.base === there.base) throw new Error('`--base` and `--other` must be two servers: one holds what the other never held')
  const outcome = await run(here, there, { seed: seeded, requests: count })
  for (const line of [`seed ${seeded}, ${outcome.tried} requests`, ...report(outcome)]) print(line)
  return outcome.findings.length === 0
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`\`${option}\` takes a whole number`)
  return Number(text)
}

/** The address up to the FHIR path, as the server writes it in links. */
function origin(url: string): string {
  if (!URL.canParse(url)) throw new Error(`\`${url}\` is not an address`)
  return url.replace(/\/(fhir\/R4\/?)?$/, '')
}

/** A file of a sandbox (`sandbox/cli.json`) makes tokens; any other is a list of them by name. */
function tokensOf(file: string | undefined): TokenOf {
  if (file === undefined || !existsSync(file)) throw new Error(`\`--tokens\`: the file \`${file ?? ''}\` is absent (carenet leaks --help)`)
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (isSandboxKey(value)) {
    return async (name) => {
      try {
        return await sandboxToken(value, { as: name, purposes: [defaultPurpose(name)] })
      } catch (thrown) {
        // a name this sandbox has no identity or no record for is not tried; whatever else went wrong shows at the first request
        if (thrown instanceof Error && thrown.message.startsWith('no token for')) return undefined
        throw thrown
      }
    }
  }
  if (typeof value !== 'object' || value === null) throw new Error(`\`${file}\` holds neither a sandbox key nor tokens by name`)
  const byName = new Map(Object.entries(value).flatMap(([name, token]) => (typeof token === 'string' ? [[name, token] as const] : [])))
  return (name) => Promise.resolve(byName.get(name))
}

function isSandboxKey(value: unknown): value is SandboxKey {
  return typeof value === 'object' && value !== null && 'privateKey' in value && 'tokenEndpoint' in value
}
