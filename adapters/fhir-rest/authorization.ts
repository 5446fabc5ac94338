/** How the network proves itself to the EMR: a fixed bearer token, or OAuth2 client credentials kept until shortly before they end. */
import type { GuardedFetch } from '../guarded-fetch.ts'
import type { Auth } from './config.ts'
import { EmrFailure } from './failure.ts'
import { numberOf } from '../../fhir-profiles/json.ts'
import { parseJson } from './json.ts'

/** Answers the value of the `authorization` header. */
export type Authorizer = (signal: AbortSignal) => Promise<string>

/** a token that ends within this time is asked for again */
const spareMs = 30_000

/** Spec: https://www.rfc-editor.org/rfc/rfc6749#section-4.4. Throws EmrFailure `credentials` when the token endpoint says no. */
export function authorizer(auth: Auth, fetch: GuardedFetch, now: () => Date): Authorizer {
  if (auth.kind === 'token') return async () => `Bearer ${auth.token}`
  let held: { readonly header: string; readonly untilMs: number } | undefined
  return async (signal) => {
    if (held === undefined || held.untilMs - spareMs <= now().getTime()) held = await askToken(auth, fetch, now, signal)
    return held.header
  }
}

async function askToken(auth: Extract<Auth, { kind: 'client-credentials' }>, fetch: GuardedFetch, now: () => Date, signal: AbortSignal) {
  // RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
  const basic = btoa(`${encodeURIComponent(auth.clientId)}:${encodeURIComponent(auth.clientSecret)}`)
  const response = await fetch(auth.tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: auth.scope }).toString(),
    signal,
  })
  const answer = parseJson(await response.text())
  if (!response.ok) throw new EmrFailure({ kind: response.status >= 500 ? 'server' : 'credentials', status: response.status })
  const token = typeof answer === 'object' && answer !== null && 'access_token' in answer ? answer.access_token : undefined
  const seconds =
    typeof answer === 'object' && answer !== null && 'expires_in' in answer
      ? (numberOf(answer.expires_in) ?? Number(answer.expires_in))
      : 60
  if (typeof token !== 'string' || !Number.isFinite(seconds)) throw new EmrFailure({ kind: 'credentials', status: response.status })
  return { header: `Bearer ${token}`, untilMs: now().getTime() + seconds * 1000 }
}
