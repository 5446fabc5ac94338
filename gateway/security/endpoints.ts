/** The names of the authorization server: who it is, whom its tokens are for, where its endpoints are. One place, so that all documents agree. */
import type { Config } from '../config.ts'
import { breakGlassMinutes } from '../logic/purpose.ts'

/** Grant of `carenet token`; it exists only where the configuration has a sandbox. */
export const sandboxGrantType = 'https://care-network.kr/fhir/grant-type/sandbox'
/** The public client behind `carenet token`. */
export const sandboxClientId = 'carenet-cli'

/** Algorithms a system may sign its assertion with. SMART asks for at least one of RS384 and ES384. */
export const assertionAlgorithms = ['ES384', 'RS384', 'ES256'] as const
/** https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html: `exp` no more than five minutes ahead. */
export const assertionLifetimeS = 300
export const sandboxAssertionLifetimeS = 60
/** How far the clock of a client may be off. */
export const clientClockSkewS = 15

/** An authorization code is exchanged at once or not at all. */
export const codeS = 60
/** from being sent to the sign-in page to being done with it */
export const signInS = 600
/** Names the session in the browser; nobody is let in by it, it is only for signing out. Longer than any token issued in it. */
export const sessionS = 3600
export const sessionCookie = 'carenet_session'

export const systemTokenS = 300
/** People, and with it the bound of break-glass: its token ends when it ends. */
export const personTokenS = breakGlassMinutes * 60

export interface Endpoints {
  readonly issuer: string
  /** RFC 8707 resource and `aud` of every access token: the FHIR base */
  readonly audience: string
  readonly authorize: string
  readonly signIn: string
  readonly logout: string
  readonly token: string
  readonly jwks: string
  readonly introspect: string
  readonly revoke: string
}

export function endpointsOf({ publicUrl }: Pick<Config, 'publicUrl'>): Endpoints {
  const issuer = `${publicUrl}/oauth`
  return {
    issuer,
    audience: `${publicUrl}/fhir/R4`,
    authorize: `${issuer}/authorize`,
    signIn: `${issuer}/sign-in`,
    logout: `${issuer}/logout`,
    token: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    introspect: `${issuer}/introspect`,
    revoke: `${issuer}/revoke`,
  }
}
