/** One of the two servers under test: plain FHIR over HTTP with bearer tokens, nothing else. */
import type { Reply } from './mask.ts'

/** A bearer token for one of the names of `contract.md`; undefined when this server has none for it. */
export type TokenOf = (name: string) => Promise<string | undefined>

export interface Ask {
  readonly as: string
  readonly method: string
  /** below the FHIR base, or an address of this server */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Server {
  /** as it writes its own address, without the FHIR path */
  readonly base: string
  /** number (요양기관기호) of a member that is sensitive as such (PSY); undefined: records name none */
  readonly sensitive: string | undefined
  send(ask: Ask): Promise<Reply>
  has(name: string): Promise<boolean>
}

const json = 'application/fhir+json'
const deadlineMs = 30_000

/** those of systems live for five minutes */
const tokenMs = 240_000

/** A token is asked for once per name, and again before it can have ended. Throws when the server does not answer. */
export function serverAt(base: string, tokenOf: TokenOf, sensitive?: string): Server {
  const tokens = new Map<string, { readonly madeMs: number; readonly made: Promise<string | undefined> }>()
  const token = (name: string): Promise<string | undefined> => {
    const known = tokens.get(name)
    if (known !== undefined && performance.now() - known.madeMs < tokenMs) return known.made
    const made = tokenOf(name)
    tokens.set(name, { madeMs: performance.now(), made })
    return made
  }
  return {
    base,
    sensitive,
    has: async (name) => (await token(name)) !== undefined,
    async send({ as, method, path, headers = {}, body }) {
      const bearer = await token(as)
      if (bearer === undefined) throw new Error(`no token for \`${as}\` at ${base}`)
      const response = await fetch(path.startsWith(base) ? path : `${base}/fhir/R4/${path}`, {
        method,
        headers: { authorization: `Bearer ${bearer}`, ...(body === undefined ? {} : { 'content-type': json }), ...headers },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(deadlineMs),
      })
      return { status: response.status, headers: [...response.headers], text: await response.text() }
    },
  }
}
