/**
 * What clients are told about the authorization server. True to what runs: no authorization endpoint is named while people cannot sign in by one.
 * Specs: https://www.rfc-editor.org/rfc/rfc8414, https://hl7.org/fhir/smart-app-launch/conformance.html
 */
import type { Config } from '../config.ts'
import { assertionAlgorithms, endpointsOf, sandboxGrantType } from './endpoints.ts'
import { grantableScopes } from './policy.ts'

/** `/oauth/.well-known/openid-configuration` and `/oauth/.well-known/oauth-authorization-server`. */
export function serverMetadata(config: Config): Readonly<Record<string, unknown>> {
  return { ...shared(config), response_types_supported: [], access_token_format: 'ihe-jwt' }
}

/** `/fhir/R4/.well-known/smart-configuration`. */
export function smartConfiguration(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...shared(config),
    // required by SMART even where no code is issued
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2'],
  }
}

function shared(config: Config): Readonly<Record<string, unknown>> {
  const at = endpointsOf(config)
  const sandbox = config.sandbox !== undefined
  return {
    issuer: at.issuer,
    jwks_uri: at.jwks,
    token_endpoint: at.token,
    token_endpoint_auth_methods_supported: sandbox ? ['private_key_jwt', 'none'] : ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    grant_types_supported: sandbox ? ['client_credentials', sandboxGrantType] : ['client_credentials'],
    scopes_supported: grantableScopes,
    introspection_endpoint: at.introspect,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint: at.revoke,
    revocation_endpoint_auth_methods_supported: sandbox ? ['private_key_jwt', 'none'] : ['private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  }
}
