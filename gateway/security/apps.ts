/** The applications people may sign in to, from the configuration, as oidc-provider wants them. */
import type { ClientMetadata } from 'oidc-provider'
import type { AppConfig, Config } from '../config.ts'
import { publicKey } from './clients.ts'

/** People can sign in here: there are identities with passwords, and somewhere to go. */
export function peopleSignIn({ apps, sandbox }: Pick<Config, 'apps' | 'sandbox'>): boolean {
  return apps.length > 0 && sandbox !== undefined
}

/** Throws once, naming every app whose keys cannot be used. */
export function appMetadata(apps: readonly AppConfig[]): readonly ClientMetadata[] {
  const faults: string[] = []
  const metadata = apps.map((app): ClientMetadata => {
    const read = (app.jwks?.keys ?? []).map((key) => publicKey(key))
    faults.push(...read.filter((key) => typeof key === 'string').map((why) => `app \`${app.clientId}\`: ${why}`))
    const keys = read.filter((key) => typeof key !== 'string')
    return {
      client_id: app.clientId,
      client_name: app.name,
      // `native` would let a loopback port vary; every redirect URI here is exact
      application_type: 'web',
      token_endpoint_auth_method: app.kind === 'public' ? 'none' : 'private_key_jwt',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      // a page of ours that posts itself would need a script, and a fragment leaks into histories
      response_modes: ['query'],
      redirect_uris: [...app.redirectUris],
      ...(app.kind === 'public' ? {} : { jwks: { keys } }),
    }
  })
  if (faults.length > 0) throw new Error(`apps cannot be used: ${faults.join('; ')}`)
  return metadata
}

/** A browser page of this origin is one of the app's own: it may read the answer of the token endpoint. */
export function isOriginOf(app: AppConfig | undefined, origin: string): boolean {
  return app !== undefined && app.redirectUris.some((uri) => new URL(uri).origin === origin)
}
