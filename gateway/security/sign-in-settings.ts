/** What oidc-provider is told about signing in by a page of ours: authorization code with PKCE (S256), exact redirect URIs, nothing else. */
import { randomBytes } from 'node:crypto'
import { type AccessToken, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../config.ts'
import { isOriginOf, peopleSignIn } from './apps.ts'
import type { Bearer } from './claims.ts'
import { endpointsOf, sessionCookie } from './endpoints.ts'
import { launchPatient } from './policy.ts'
import { isObject } from './read.ts'
import { requestFaultPage } from './sign-in-page.ts'

/** Who signs in is asked on our own page, every time: a session lets nobody in, it only says what a logout ends. */
export function signInSettings(config: Config) {
  const at = endpointsOf(config)
  const signedIn = new interactionPolicy.Check('not_signed_in', 'somebody must sign in', 'login_required', ({ oidc }) => {
    const { login, consent } = oidc.result ?? {}
    return login === undefined || consent?.grantId === undefined
  })
  const csrf = () => ({ csrf: randomBytes(32).toString('base64url') })
  return {
    responseTypes: peopleSignIn(config) ? (['code'] as const).slice() : [],
    routes: { authorization: '/authorize' },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    cookies: {
      names: { session: sessionCookie, interaction: 'carenet_sign_in', resume: 'carenet_resume' },
      long: { httpOnly: true, sameSite: 'lax', path: new URL(at.issuer).pathname },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    interactions: {
      policy: [new interactionPolicy.Prompt({ name: 'login', requestable: true }, csrf, signedIn)],
      url: (_ctx: KoaContextWithOIDC, { uid }: { readonly uid: string }) => `${at.signIn}/${uid}`,
    },
    loadExistingGrant: async ({ oidc }: KoaContextWithOIDC) => {
      const grantId = oidc.result?.consent?.grantId
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId)
    },
    findAccount: (_ctx: KoaContextWithOIDC, accountId: string) =>
      config.sandbox?.identities.some((known) => known.name === accountId) === true
        ? { accountId, claims: async () => ({ sub: accountId }) }
        : undefined,
    // SMART's name for what RFC 8707 calls `resource`
    extraParams: {
      aud: (_ctx: KoaContextWithOIDC, aud: string | undefined) => {
        if (aud !== undefined && aud !== at.audience) throw new errors.InvalidTarget('`aud` is not the FHIR base of this network')
      },
    },
    clientBasedCORS: (_ctx: KoaContextWithOIDC, origin: string, client: { readonly clientId: string }) =>
      isOriginOf(
        config.apps.find((app) => app.clientId === client.clientId),
        origin,
      ),
    renderError: (ctx: KoaContextWithOIDC, out: { readonly error: string; readonly error_description?: string | undefined }) => {
      const isPage = ctx.oidc.route === 'authorization' || ctx.oidc.route === 'resume'
      ctx.type = isPage ? 'html' : 'json'
      ctx.body = isPage ? requestFaultPage(out.error_description ?? out.error) : out
    },
  } as const
}

/** SMART tells an app whose record the token opens, where it asked. http://hl7.org/fhir/smart-app-launch/app-launch.html (launch context) */
export async function addPatient(ctx: KoaContextWithOIDC, bearerFor: (token: AccessToken) => Promise<Bearer>): Promise<void> {
  const { body }: { body?: unknown } = ctx
  const token = ctx.oidc?.entities.AccessToken
  if (token === undefined || !isObject(body) || body['access_token'] === undefined || !token.scopes.has(launchPatient)) return
  const { person } = await bearerFor(token)
  if (person !== '') ctx.body = { ...body, patient: person }
}
