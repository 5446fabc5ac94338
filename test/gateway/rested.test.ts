/** What is read is judged before its entry in the ledger is written; what changes in between is met by the entry, which is then not written. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Problem } from '../../gateway/problem.ts'
import { rested, RulesChanged } from '../../gateway/rested.ts'
import { routes, type Route } from '../../gateway/routes.ts'
import { eachGateway } from '../support/gateway.ts'
import { condition, feed, found, openEncounter, patient, personId, withdraw, writeConsent } from './records.ts'

eachGateway('between judging and the entry in the ledger', {}, (gateway) => {
  let person = ''
  let undo = (): void => {}
  beforeAll(async () => {
    await feed(gateway(), 'clinic', [patient('clinic', 1), condition('r-1', 'C-0001', 'I10')])
    await feed(gateway(), 'tertiary', [patient('tertiary', 1), openEncounter('now', 'T-0001', '01')])
    person = await personId(gateway(), 1)
  })
  afterEach(() => undo())

  /** `happens` once, when the next answer is about to be entered. */
  const beforeNextEntry = (happens: () => Promise<unknown>): void => {
    const { ledger } = gateway().context.store
    const own = { ...ledger }
    undo = () => Object.assign(ledger, own)
    Object.assign(ledger, {
      append: async (...asked: Parameters<typeof ledger.append>) => {
        undo()
        await happens()
        return own.append(...asked)
      },
    })
  }
  const entries = async (): Promise<number> => {
    const found = await gateway().context.store.sql.query<{ count: number }>(
      `select count(*)::int as count from ledger where kind = 'read'`,
    )
    return found.rows[0]?.count ?? 0
  }

  test('a withdrawal hides the record, and no release of it is entered', async () => {
    const consent = await writeConsent(gateway(), 1)
    const doctor = gateway().as('tertiary-doctor')
    const record = found(await doctor.get(`Condition?patient=${person}`))[0]?.id ?? ''
    expect((await doctor.get(`Condition/${record}`)).status).toBe(200)
    beforeNextEntry(() => withdraw(gateway(), 1, consent))
    expect((await doctor.get(`Condition/${record}`)).status).toBe(404)
    const last = await gateway().context.store.sql.query<{ body: string }>(
      `select body from ledger where kind = 'read' order by seq desc limit 2`,
    )
    // the release before the withdrawal, and the refusal after it: nothing in between
    expect(last.rows.map(({ body }) => /"outcome":"(\d)"/.exec(body)?.[1])).toEqual(['4', '0'])
  })

  test('a token that was ended writes nothing, in any form of a write', async () => {
    const given = await gateway().systemToken('clinic', 'system/*.cruds')
    const bearer = String(given.body['access_token'])
    const jti: unknown = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString('utf8')).jti
    await gateway().context.store.sql.query(`update "grant" set revoked_ms = 1, ended = 'revoked' where jti = $1`, [jti])
    const sent = condition('r-2', 'C-0001', 'I10')
    const entry = { resource: sent, request: { method: 'PUT', url: 'Condition/r-2' } }
    const writes: readonly (readonly [string, string, unknown])[] = [
      ['POST', 'Condition', sent],
      ['PUT', 'Condition/r-2', sent],
      ['DELETE', 'Condition/r-1', undefined],
      ['POST', '', { resourceType: 'Bundle', type: 'transaction', entry: [entry] }],
      ['POST', '', { resourceType: 'Bundle', type: 'batch', entry: [entry] }],
    ]
    const rows = async (): Promise<unknown> =>
      (await gateway().context.store.sql.query(`select id, version, deleted from record where type = 'Condition' order by id`)).rows
    const before = await rows()
    for (const [method, path, body] of writes) {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/fhir+json' }
      const reply = await gateway().raw(`/fhir/R4/${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      expect([method, path, reply.status]).toEqual([method, path, 401])
    }
    expect(await rows()).toEqual(before)
  })

  test('a token that is ended gets neither the record nor an entry', async () => {
    const system = gateway().as('clinic-system')
    expect((await system.get('Condition/r-1')).status).toBe(200)
    const before = await entries()
    const token = await gateway().systemToken('clinic', 'system/*.rs')
    const bearer = String(token.body['access_token'])
    const jti: unknown = JSON.parse(Buffer.from(bearer.split('.')[1] ?? '', 'base64url').toString('utf8')).jti
    beforeNextEntry(() => gateway().context.store.sql.query(`update "grant" set revoked_ms = 1, ended = 'revoked' where jti = $1`, [jti]))
    const reply = await gateway().raw('/fhir/R4/Condition/r-1', { headers: { authorization: `Bearer ${bearer}` } })
    expect([reply.status, reply.text.includes('token-revoked')]).toEqual([401, true])
    expect(await entries()).toBe(before)
  })
})

describe('what was judged under rules that changed', () => {
  test('is judged again, and given up when they keep changing', async () => {
    let runs = 0
    const changing = (times: number) => async (): Promise<string> => {
      runs += 1
      if (runs <= times) throw new RulesChanged()
      return 'answered'
    }
    expect(await rested(changing(2))).toBe('answered')
    runs = 0
    await expect(rested(changing(100))).rejects.toBeInstanceOf(Problem)
    expect(runs).toBe(8)
  })

  test('only of what writes nothing: such a row leaves by the gate of records alone', () => {
    const writing: ReadonlySet<unknown> = new Set(['create', 'update', 'patch', 'delete', 'process-message', 'resend', 'quarantine'])
    const named = ({ access }: Route): unknown =>
      access.by === 'type' ? access.interaction : access.by === 'operation' ? access.operation : 'entry'
    const rerun = routes.filter(({ gate }) => gate === 'release')
    expect(rerun.filter((route) => writing.has(named(route)) || named(route) === 'entry')).toEqual([])
    expect(rerun.filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([])
  })
})
