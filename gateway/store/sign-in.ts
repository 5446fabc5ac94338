/** What signing in with a page needs to remember: what was declared, who tried too often, which session a token belongs to. */
import type { Sql } from './pool.ts'

export interface SignIn {
  /** oidc-provider's Grant */
  readonly grantId: string
  /** name of the identity in the configuration */
  readonly identity: string
  /** network person id of patients and proxies, else empty */
  readonly person: string
  readonly purposes: readonly string[]
  readonly breakGlass: { readonly person: string; readonly reason: string; readonly note: string } | undefined
  /** no token outlives this; milliseconds of real time */
  readonly untilMs: number
}

interface SignInRow extends Record<string, unknown> {
  readonly grant_id: string
  readonly identity: string
  readonly person: string
  readonly purposes: readonly string[]
  readonly break_glass_person: string | null
  readonly break_glass_reason: string | null
  readonly break_glass_note: string | null
  readonly until_ms: number
}

export function signIns(sql: Sql) {
  return {
    async add(signIn: SignIn, nowMs: number): Promise<void> {
      const { breakGlass } = signIn
      await sql.query('delete from sign_in where until_ms <= $1', [nowMs])
      await sql.query(
        `insert into sign_in (grant_id, identity, person, purposes, break_glass_person, break_glass_reason, break_glass_note, until_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          signIn.grantId,
          signIn.identity,
          signIn.person,
          signIn.purposes,
          breakGlass?.person ?? null,
          breakGlass?.reason ?? null,
          breakGlass?.note ?? null,
          signIn.untilMs,
        ],
      )
    },
    async find(grantId: string, nowMs: number): Promise<SignIn | undefined> {
      const found = await sql.query<SignInRow>(
        `select grant_id, identity, person, purposes, break_glass_person, break_glass_reason, break_glass_note, until_ms
         from sign_in where grant_id = $1 and until_ms > $2`,
        [grantId, nowMs],
      )
      const [row] = found.rows
      return row === undefined ? undefined : signInOf(row)
    },
  }
}

function signInOf(row: SignInRow): SignIn {
  const { break_glass_person: person, break_glass_reason: reason, break_glass_note: note } = row
  const breakGlass = person === null || reason === null || note === null ? undefined : { person, reason, note }
  return {
    grantId: row.grant_id,
    identity: row.identity,
    person: row.person,
    purposes: row.purposes,
    breakGlass,
    untilMs: row.until_ms,
  }
}

/**
 * Ends a session: no code of it is exchanged any more, and every token it gave ends; returns how many did.
 * Order matters: a token being recorded at this moment holds a lock on the session's row (`grants.record`), so the first statement waits
 * for it and the last one finds it.
 */
export async function endSession(sql: Sql, session: string, atMs: number): Promise<number> {
  await sql.query(`delete from oidc where model = 'Session' and uid = $1`, [session])
  const done = await sql.query(
    `update "grant" set revoked_ms = $2, ended = 'logout' where session = $1 and revoked_ms is null returning jti`,
    [session, atMs],
  )
  return done.rows.length
}

/** The session behind the id in a browser's cookie; undefined when it has ended. */
export async function sessionOfCookie(sql: Sql, id: string, nowMs: number): Promise<string | undefined> {
  const found = await sql.query<{ uid: string }>(
    `select uid from oidc where model = 'Session' and id = $1 and uid is not null and (expires_ms is null or expires_ms > $2)`,
    [id, nowMs],
  )
  return found.rows[0]?.uid
}

/** The session a token was issued in; undefined for tokens that came without one. */
export async function sessionOfToken(sql: Sql, jti: string): Promise<string | undefined> {
  const found = await sql.query<{ session: string | null }>('select session from "grant" where jti = $1', [jti])
  return found.rows[0]?.session ?? undefined
}

export function signInAttempts(sql: Sql) {
  return {
    /** Counts one attempt before it is judged, so that many at once cannot slip through; answers the count and when the window ends. */
    async count(bucket: string, window: { readonly nowMs: number; readonly untilMs: number }): Promise<{ count: number; untilMs: number }> {
      await sql.query('delete from sign_in_attempt where until_ms <= $1', [window.nowMs])
      const counted = await sql.query<{ count: number; until_ms: number }>(
        `insert into sign_in_attempt (bucket, count, until_ms) values ($1, 1, $2)
         on conflict (bucket) do update set count = least(sign_in_attempt.count + 1, 1000000) returning count, until_ms`,
        [bucket, window.untilMs],
      )
      const [row] = counted.rows
      if (row === undefined) throw new Error('an attempt was not counted')
      return { count: row.count, untilMs: row.until_ms }
    },
    /** The attempt was a success after all. */
    async forgive(bucket: string, how: 'one' | 'all'): Promise<void> {
      if (how === 'all') await sql.query('delete from sign_in_attempt where bucket = $1', [bucket])
      else await sql.query('update sign_in_attempt set count = greatest(count - 1, 0) where bucket = $1', [bucket])
    },
  }
}
