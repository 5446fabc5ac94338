/**
 * What clients are told about the authorization server. True to what runs: an authorization endpoint is named only where people can sign in by it.
 * Specs: https://www.rfc-editor.org/rfc/rfc8414, https://hl7.org/fhir/smart-app-launch/conformance.html
 */
import type { Config } from '../config.ts'
import { peopleSignIn } from './apps.ts'
import { assertionAlgorithms, endpointsOf, sandboxGrantType } from './endpoints.ts'
import { grantableScopes, launchPatient } from './policy.ts'

/** `/oauth/.well-known/openid-configuration` and `/oauth/.well-known/oauth-authorization-server`. */
export function serverMetadata(config: Config): Readonly<Record<string, unknown>> {
  return { ...shared(config), access_token_format: 'ihe-jwt' }
}

/** `/fhir/R4/.well-known/smart-configuration`. */
export function smartConfiguration(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...shared(config),
    // required by SMART even where no code is issued
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v2', ...(peopleSignIn(config) ? peopleCapabilities : [])],
  }
}

/** The patient in context is the one who signs in, or whom a proxy acts for; nobody else has one at the start. */
const peopleCapabilities = ['launch-standalone', 'context-standalone-patient', 'client-public', 'permission-patient', 'permission-user']

function shared(config: Config): Readonly<Record<string, unknown>> {
  const at = endpointsOf(config)
  const sandbox = config.sandbox !== undefined
  const isOpen = peopleSignIn(config)
  return {
    issuer: at.issuer,
    jwks_uri: at.jwks,
    token_endpoint: at.token,
    token_endpoint_auth_methods_supported: sandbox ? ['private_key_jwt', 'none'] : ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    ...(isOpen ? { authorization_endpoint: at.authorize, authorization_response_iss_parameter_supported: true } : {}),
    response_types_supported: isOpen ? ['code'] : [],
    response_modes_supported: isOpen ? ['query'] : [],
    code_challenge_methods_supported: isOpen ? ['S256'] : [],
    grant_types_supported: ['client_credentials', ...(isOpen ? ['authorization_code'] : []), ...(sandbox ? [sandboxGrantType] : [])],
    scopes_supported: isOpen ? [...grantableScopes, launchPatient] : grantableScopes,
    introspection_endpoint: at.introspect,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint: at.revoke,
    revocation_endpoint_auth_methods_supported: sandbox ? ['private_key_jwt', 'none'] : ['private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
  }
}
