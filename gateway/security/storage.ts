/** The storage of oidc-provider on our SQL. One adapter per model; `Client` rows do not exist, clients come from the configuration. */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { providerRows, useOnce } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { objectFrom } from './read.ts'

/** `now` in milliseconds of real time. */
export function providerStorage(sql: Sql, now: () => number): (model: string) => Adapter {
  return (model) => {
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
        await rows.put(id, { payload: text, uid: payload.uid, userCode: payload.userCode, grantId: payload.grantId, expiresMs })
      },
      find: (id) => find('id', id),
      findByUid: (uid) => find('uid', uid),
      findByUserCode: (userCode) => find('user_code', userCode),
      consume: (id) => rows.consume(id, now()),
      destroy: (id) => rows.remove(id),
      revokeByGrantId: (grantId) => rows.removeByGrant(grantId),
    }
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
