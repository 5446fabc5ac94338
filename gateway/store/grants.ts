/** What the authorization server remembers: issued tokens, the rows of oidc-provider, assertions already used, signing keys. */
import { grouped } from './grouped.ts'
import type { Sql } from './pool.ts'

export interface IssuedGrant {
  readonly jti: string
  readonly subject: string
  readonly client: string
  readonly institution: string
  readonly role: string
  readonly purposes: readonly string[]
  readonly issuedMs: number
  readonly expiresMs: number
  readonly breakGlass: { readonly person: string; readonly reason: string; readonly note: string } | undefined
  /** oidc-provider's Grant, for tokens of an authorization code: ends with a replay of that code */
  readonly signIn?: string | undefined
  /** the browser session it was issued in: ends with it */
  readonly session?: string | undefined
}

/** Who a token was given to. */
export type Holder = Pick<IssuedGrant, 'jti' | 'subject' | 'client' | 'institution' | 'role' | 'purposes'>

/**
 * SQL condition: the token of this jti may still be used. Put it into the statement that reads consent, so that both hold at one instant.
 * `parameter` is the placeholder that carries the jti, e.g. `$1`. A jti without a row is not live.
 */
export function grantIsLiveSql(parameter: string): string {
  // looked up by its key, also in a plan that was made when there were few
  return `coalesce((select issued.revoked_ms is null from "grant" issued where issued.jti = ${parameter}), false)`
}

/** True while the token of this jti has a row and nobody ended it; expiry is the token's own business. */
export async function grantIsLive(sql: Sql, jti: string): Promise<boolean> {
  const found = await sql.query<{ live: boolean }>(`select ${grantIsLiveSql('$1')} as live`, [jti])
  return found.rows[0]?.live === true
}

/** The same for many requests at once: those that come while one statement is asking are asked together in the next. */
export function grantsLive(sql: Sql): (jti: string) => Promise<boolean> {
  return grouped(async (jtis) => {
    const found = await sql.query<{ jti: string }>('select jti from "grant" where jti = any($1::text[]) and revoked_ms is null', [jtis])
    const live = new Set(found.rows.map((row) => row.jti))
    return jtis.map((jti) => live.has(jti))
  })
}

export function grants(sql: Sql) {
  return {
    /**
     * Written before the token leaves: a token without a row is never accepted. False, and nothing written, when its session or its
     * sign-in has ended meanwhile: `for share` makes a logout or a replay wait for this statement, or this statement see it.
     */
    async record(grant: IssuedGrant): Promise<boolean> {
      const { breakGlass } = grant
      const done = await sql.query(
        `with live_session as (select 1 from oidc where model = 'Session' and uid = $13 for share),
              live_sign_in as (select 1 from oidc where model = 'Grant' and id = $12 for share)
         insert into "grant" (jti, subject, client, institution, role, purposes, issued_ms, expires_ms,
                              break_glass_person, break_glass_reason, break_glass_note, sign_in, session)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
         where ($13::text is null or exists (select 1 from live_session)) and ($12::text is null or exists (select 1 from live_sign_in))
         returning jti`,
        [
          grant.jti,
          grant.subject,
          grant.client,
          grant.institution,
          grant.role,
          grant.purposes,
          grant.issuedMs,
          grant.expiresMs,
          breakGlass?.person ?? null,
          breakGlass?.reason ?? null,
          breakGlass?.note ?? null,
          grant.signIn ?? null,
          grant.session ?? null,
        ],
      )
      return done.rows.length === 1
    },
    /** Ends every token of a sign-in whose code was brought a second time. Spec: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2 */
    async endSignIn(signIn: string, atMs: number): Promise<void> {
      await sql.query(`delete from oidc where model = 'Grant' and id = $1`, [signIn])
      await sql.query(`update "grant" set revoked_ms = $2, ended = 'replay' where sign_in = $1 and revoked_ms is null`, [signIn, atMs])
    },
    /** Writes the row of a token of an outside issuer when it is first seen; true then. */
    async firstSeen(grant: IssuedGrant): Promise<boolean> {
      const done = await sql.query(
        `insert into "grant" (jti, subject, client, institution, role, purposes, issued_ms, expires_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (jti) do nothing returning jti`,
        [grant.jti, grant.subject, grant.client, grant.institution, grant.role, grant.purposes, grant.issuedMs, grant.expiresMs],
      )
      return done.rows.length === 1
    },
    /** Whom the token of this jti was given to, or the newest token of this session. */
    async holder(by: { readonly jti: string } | { readonly session: string }): Promise<Holder | undefined> {
      const [column, value] = 'jti' in by ? ['jti', by.jti] : ['session', by.session]
      const found = await sql.query<Holder & Record<string, unknown>>(
        `select jti, subject, client, institution, role, purposes from "grant" where ${column} = $1 order by issued_ms desc, jti limit 1`,
        [value],
      )
      return found.rows[0]
    },
    /** Ends a token before its time; false when it had ended already or was never issued. The commit is the moment of effect. */
    async end(jti: string, how: 'revoked', atMs: number): Promise<boolean> {
      const done = await sql.query('update "grant" set revoked_ms = $2, ended = $3 where jti = $1 and revoked_ms is null returning jti', [
        jti,
        atMs,
        how,
      ])
      return done.rows.length === 1
    },
  }
}

/** One row of oidc-provider; `payload` is JSON text. */
export interface ProviderRow {
  readonly payload: string
  readonly uid: string | undefined
  readonly userCode: string | undefined
  readonly grantId: string | undefined
  /** undefined = kept until destroyed */
  readonly expiresMs: number | undefined
}

interface StoredRow extends Record<string, unknown> {
  readonly payload: string
  readonly consumed_ms: number | null
}

/** Rows of one model of oidc-provider. What has expired is never found. */
export function providerRows(sql: Sql, model: string) {
  const find = async (column: 'id' | 'uid' | 'user_code', value: string, nowMs: number): Promise<StoredRow | undefined> => {
    const found = await sql.query<StoredRow>(
      `select payload, consumed_ms from oidc
       where model = $1 and ${column} = $2 and (expires_ms is null or expires_ms > $3)`,
      [model, value, nowMs],
    )
    return found.rows[0]
  }
  return {
    find,
    async put(id: string, row: ProviderRow): Promise<void> {
      await sql.query(
        `insert into oidc (model, id, payload, uid, user_code, grant_id, expires_ms) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (model, id) do update set payload = excluded.payload, uid = excluded.uid, user_code = excluded.user_code,
           grant_id = excluded.grant_id, expires_ms = excluded.expires_ms`,
        [model, id, row.payload, row.uid ?? null, row.userCode ?? null, row.grantId ?? null, row.expiresMs ?? null],
      )
    },
    /** False when it was consumed before: of two requests at the same instant one is told so. */
    async consume(id: string, nowMs: number): Promise<boolean> {
      const done = await sql.query('update oidc set consumed_ms = $3 where model = $1 and id = $2 and consumed_ms is null returning id', [
        model,
        id,
        nowMs,
      ])
      return done.rows.length === 1
    },
    async remove(id: string): Promise<void> {
      await sql.query('delete from oidc where model = $1 and id = $2', [model, id])
    },
    /** Anybody may begin a sign-in; what came to nothing does not stay. */
    async forgetExpired(nowMs: number): Promise<void> {
      await sql.query('delete from oidc where expires_ms <= $1', [nowMs])
    },
    async removeByGrant(grantId: string): Promise<void> {
      await sql.query('delete from oidc where model = $1 and grant_id = $2', [model, grantId])
    },
  }
}

/**
 * Marks an assertion as used until `untilMs`; false when it was used before. One statement, so that of two requests
 * that bring the same assertion at the same instant exactly one is served.
 */
export async function useOnce(sql: Sql, id: string, payload: string, window: { nowMs: number; untilMs: number }): Promise<boolean> {
  await sql.query('delete from oidc where expires_ms <= $1', [window.nowMs])
  const done = await sql.query(
    `insert into oidc (model, id, payload, expires_ms) values ('ReplayDetection', $1, $2, $3)
     on conflict (model, id) do nothing returning id`,
    [id, payload, window.untilMs],
  )
  return done.rows.length === 1
}

export interface SigningKeyRow {
  readonly generation: number
  readonly kid: string
  /** JWK as JSON text */
  readonly privateJwk: string
  readonly createdMs: number
}

export function signingKeyRows(sql: Sql) {
  return {
    /** The two newest, newest first. */
    async newest(): Promise<readonly SigningKeyRow[]> {
      const found = await sql.query<{ generation: number; kid: string; private_jwk: string; created_ms: number }>(
        'select generation, kid, private_jwk, created_ms from signing_key order by generation desc limit 2',
      )
      return found.rows.map((row) => ({
        generation: row.generation,
        kid: row.kid,
        privateJwk: row.private_jwk,
        createdMs: row.created_ms,
      }))
    },
    /** Of several processes that add the same generation one wins, and all use its key. */
    async add(row: SigningKeyRow): Promise<void> {
      await sql.query(
        'insert into signing_key (generation, kid, private_jwk, created_ms) values ($1, $2, $3, $4) on conflict (generation) do nothing',
        [row.generation, row.kid, row.privateJwk, row.createdMs],
      )
      await sql.query('delete from signing_key where generation < (select max(generation) - 1 from signing_key)')
    },
  }
}
