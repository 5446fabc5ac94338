/** The storage of oidc-provider: one adapter per model, on our SQL; clients come from the configuration and have no rows. */
import { type Adapter, type AdapterPayload, type ClientMetadata, errors } from 'oidc-provider'
import { grants, providerRows, useOnce } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { objectFrom } from './read.ts'

/** `now` in milliseconds of real time. */
export function providerStorage(sql: Sql, now: () => number, clients: readonly ClientMetadata[]): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return configuredClients(clients)
    const rows = providerRows(sql, model)
    const find = async (column: 'id' | 'uid' | 'user_code', value: string): Promise<AdapterPayload | undefined> => {
      const row = await rows.find(column, value, now())
      if (row === undefined) return undefined
      return { ...objectFrom(row.payload), ...(row.consumed_ms === null ? {} : { consumed: Math.floor(row.consumed_ms / 1000) }) }
    }
    return {
      async upsert(id, payload, expiresInS) {
        const expiresMs = expiresInS === undefined ? undefined : now() + expiresInS * 1000
        const text = JSON.stringify(payload)
        if (model === 'ReplayDetection') return refuseReplay(sql, { id, text, nowMs: now(), untilMs: expiresMs ?? now() })
        if (model === 'Interaction') await rows.forgetExpired(now())
        await rows.put(id, { payload: text, uid: payload.uid, userCode: payload.userCode, grantId: payload.grantId, expiresMs })
      },
      find: (id) => find('id', id),
      findByUid: (uid) => find('uid', uid),
      findByUserCode: (userCode) => find('user_code', userCode),
      async consume(id) {
        // oidc-provider looks whether a code was used and then says that it is: here the race is decided
        if (!(await rows.consume(id, now()))) throw new errors.InvalidGrant('it was used before')
      },
      destroy: (id) => rows.remove(id),
      async revokeByGrantId(grantId) {
        await rows.removeByGrant(grantId)
        // access tokens are JWTs and have no row here but one of our own
        if (model === 'AccessToken') await grants(sql).endSignIn(grantId, now())
      },
    }
  }
}

function configuredClients(clients: readonly ClientMetadata[]): Adapter {
  const known = new Map(clients.map((client) => [client.client_id, client]))
  const refuse = async (): Promise<undefined> => {
    throw new Error('clients come from the configuration and cannot be changed by the authorization server')
  }
  return {
    find: async (id) => known.get(id),
    findByUid: refuse,
    findByUserCode: refuse,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  }
}

/**
 * oidc-provider looks the assertion up and then saves it: two statements. The save is where a race is decided, so it refuses.
 * Spec: https://www.rfc-editor.org/rfc/rfc7523#section-3 (jti), https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
 */
async function refuseReplay(sql: Sql, use: { id: string; text: string; nowMs: number; untilMs: number }): Promise<void> {
  const first = await useOnce(sql, use.id, use.text, use)
  if (!first) throw new errors.InvalidClientAuth('client assertion tokens must only be used once')
}
