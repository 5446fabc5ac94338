import { beforeAll, expect, test } from '@jest/globals'
import { signingKeys } from '../../../gateway/security/keys.ts'
import { grantIsLive, grantIsLiveSql, grants, providerRows, signingKeyRows, useOnce } from '../../../gateway/store/grants.ts'
import type { Database } from '../../../gateway/store/pool.ts'
import { eachDatabase } from '../../support/databases.ts'

const holder = { subject: 'd', client: 'c', institution: 'clinic', role: 'doctor', purposes: ['TREAT', 'BTG'], issuedMs: 1, expiresMs: 2 }

eachDatabase('what the authorization server remembers', (open) => {
  let database: Database

  beforeAll(async () => {
    database = await open()
  })

  test('a token is live from its issue until it is ended, and one that was never issued is not', async () => {
    const { sql } = database
    expect(await grantIsLive(sql, 'a')).toBe(false)
    await grants(sql).record({ ...holder, jti: 'a', breakGlass: { person: 'p', reason: 'emergency', note: '수술' } })
    expect(await grantIsLive(sql, 'a')).toBe(true)
    expect(await grants(sql).end('a', 'revoked', 5)).toBe(true)
    expect(await grantIsLive(sql, 'a')).toBe(false)
    const kept = await sql.query('select purposes, break_glass_note, revoked_ms, ended from "grant" where jti = $1', ['a'])
    expect(kept.rows).toEqual([{ purposes: ['TREAT', 'BTG'], break_glass_note: '수술', revoked_ms: 5, ended: 'revoked' }])
  })

  test('the same jti is never issued twice', async () => {
    await grants(database.sql).record({ ...holder, jti: 'b', breakGlass: undefined })
    await expect(grants(database.sql).record({ ...holder, jti: 'b', breakGlass: undefined })).rejects.toThrow()
  })

  test('the condition joins a statement of the caller, so that consent and token are read at one instant', async () => {
    const found = await database.sql.query<{ answer: string }>(`select 'yes' as answer where ${grantIsLiveSql('$1')}`, ['b'])
    expect(found.rows).toHaveLength(1)
  })

  test('of twenty requests that use one assertion at the same instant one is first', async () => {
    const uses = await Promise.all(Array.from({ length: 20 }, () => useOnce(database.sql, 'jti', '{}', { nowMs: 1000, untilMs: 9000 })))
    expect(uses.filter(Boolean)).toHaveLength(1)
    expect(await useOnce(database.sql, 'jti', '{}', { nowMs: 8999, untilMs: 9000 })).toBe(false)
    expect(await useOnce(database.sql, 'jti', '{}', { nowMs: 9000, untilMs: 20_000 })).toBe(true)
  })

  test('processes that start together on an empty database agree on the key that signs', async () => {
    const processes = Array.from({ length: 5 }, () => signingKeys(database.sql, () => 1000))
    const kids = await Promise.all(processes.map(async (keys) => (await keys.current()).newest.kid))
    expect(new Set(kids).size).toBe(1)
  })

  test('after a month a new key signs; the one before stays published, older ones are forgotten', async () => {
    let nowMs = 1000
    const keys = signingKeys(database.sql, () => nowMs)
    const first = (await keys.current()).newest.kid
    nowMs += 31 * 24 * 3600 * 1000
    const second = (await keys.current()).newest.kid
    expect((await keys.published()).map((key) => key.kid)).toEqual([second, first])
    await keys.rotate()
    const published = (await keys.published()).map((key) => key.kid)
    expect(published).toHaveLength(2)
    expect(published[1]).toBe(second)
    expect((await signingKeyRows(database.sql).newest()).map((row) => row.generation)).toEqual([3, 2])
    const rows = await database.sql.query<{ count: number }>('select count(*)::int as count from signing_key')
    expect(rows.rows[0]?.count).toBe(2)
  })

  test('rows of the provider are found by each of their keys until they expire, and go with their grant', async () => {
    const rows = providerRows(database.sql, 'Session')
    await rows.put('s1', { payload: '{}', uid: 'u', userCode: 'code', grantId: 'g', expiresMs: 5000 })
    for (const [column, value] of [
      ['id', 's1'],
      ['uid', 'u'],
      ['user_code', 'code'],
    ] as const) {
      expect(await rows.find(column, value, 4999)).toMatchObject({ payload: '{}', consumed_ms: null })
      expect(await rows.find(column, value, 5000)).toBeUndefined()
    }
    await rows.consume('s1', 4000)
    expect(await rows.find('id', 's1', 4999)).toMatchObject({ consumed_ms: 4000 })
    expect(await providerRows(database.sql, 'Grant').find('id', 's1', 1)).toBeUndefined()
    await rows.removeByGrant('g')
    expect(await rows.find('id', 's1', 1)).toBeUndefined()
    await rows.put('s2', { payload: '{}', uid: undefined, userCode: undefined, grantId: undefined, expiresMs: undefined })
    expect(await rows.find('id', 's2', Number.MAX_SAFE_INTEGER)).toBeDefined()
    await rows.remove('s2')
    expect(await rows.find('id', 's2', 1)).toBeUndefined()
  })
})
