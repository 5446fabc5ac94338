/** Contradictions in what the configuration says about signing in: apps, and an outside issuer. Faults name keys, never values. */
import type { AppConfig, Config, IssuerConfig } from './config.ts'

/** Empty when all is well. */
export function signInContradictions({ apps, clients, issuer, sandbox }: Config): readonly string[] {
  const ids = [...clients.map((client) => client.clientId), 'carenet-cli']
  return [
    ...apps.flatMap((app, index) => appFaults(app, `\`apps.${index}`)),
    ...(new Set(apps.map((app) => app.clientId)).size === apps.length ? [] : ['`apps`: two have the same clientId']),
    ...(apps.some((app) => ids.includes(app.clientId)) ? ['`apps`: a clientId is taken by a client'] : []),
    ...(apps.length > 0 && sandbox === undefined
      ? ['`apps`: nobody can sign in here without a `sandbox`; with an outside issuer, applications are registered there']
      : []),
    ...(issuer === undefined ? [] : issuerFaults(issuer)),
  ]
}

function appFaults(app: AppConfig, at: string): readonly string[] {
  return [
    ...(app.redirectUris.every(isRedirectUri)
      ? []
      : [`${at}.redirectUris\`: https addresses without a fragment, or http on this machine (localhost, 127.0.0.1, [::1])`]),
    ...(app.kind === 'confidential' && app.jwks === undefined ? [`${at}.jwks\`: a confidential app proves itself with a key`] : []),
    ...(app.kind === 'public' && app.jwks !== undefined ? [`${at}.jwks\`: a public app has no keys`] : []),
  ]
}

function issuerFaults({ issuer, jwksUri, introspection, maxLifetimeS }: IssuerConfig): readonly string[] {
  if (!isGuarded(issuer)) return ['`issuer.issuer` is not an https URL (http only on this machine)']
  const { origin } = new URL(issuer)
  const isThere = (url: string | undefined): boolean => url === undefined || (isGuarded(url) && new URL(url).origin === origin)
  return [
    ...(isThere(jwksUri) ? [] : ['`issuer.jwksUri` is not of the origin of the issuer']),
    ...(isThere(introspection?.endpoint) ? [] : ['`issuer.introspection.endpoint` is not of the origin of the issuer']),
    ...(introspection === undefined && maxLifetimeS > 300
      ? ['`issuer.maxLifetimeS` is above 300: tokens that cannot be ended must be short; name an introspection endpoint']
      : []),
  ]
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

function isGuarded(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname))
}

function isRedirectUri(text: string): boolean {
  return isGuarded(text) && !text.includes('#') && !text.includes('*')
}
