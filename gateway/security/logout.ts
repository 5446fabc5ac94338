/**
 * `POST /oauth/logout`: ends the session behind a token or behind the browser's cookie, and with it every token the session gave, break-glass
 * included. The commit is the moment of effect, on every gateway process.
 */
import type { Request, Response } from 'express'
import { grants, type Holder } from '../store/grants.ts'
import type { Sql } from '../store/pool.ts'
import { endSession, sessionOfCookie, sessionOfToken } from '../store/sign-in.ts'
import { sessionCookie } from './endpoints.ts'
import { isText, type JsonObject } from './read.ts'
import { guardPage, signedOutPage } from './sign-in-page.ts'
import type { ReadToken } from './token.ts'

export interface LogoutSetup {
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly read: (raw: string) => Promise<ReadToken>
  /** told of who signed out, and from where */
  readonly left: (holder: Holder, address: string) => Promise<void>
  /** path the session cookie was set with */
  readonly cookiePath: string
}

/** Answered alike whether something ended or had ended before. */
export async function logout(request: Request, response: Response, form: JsonObject, setup: LogoutSetup): Promise<void> {
  const [, inHeader] = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '') ?? []
  const token = inHeader ?? (isText(form['token']) ? form['token'] : undefined)
  const cookie = cookieIn(request.get('cookie') ?? '')
  response.set('Cache-Control', 'no-store')
  if (token === undefined && cookie === undefined) {
    response.status(400).json({ error: 'invalid_request', error_description: 'send `token`, or the session cookie' })
    return
  }
  if (token !== undefined) await endByToken(token, setup, request.ip ?? '')
  // a browser sends its cookie by itself: only a page of ours may make it do so
  if (cookie !== undefined && isOwnPage(request)) {
    const session = await sessionOfCookie(setup.sql, cookie, setup.now())
    if (session !== undefined) await leave(session, setup, request.ip ?? '')
    response.clearCookie(sessionCookie, { path: setup.cookiePath, httpOnly: true, sameSite: 'lax' })
  } else if (token === undefined) {
    response.status(403).json({ error: 'access_denied', error_description: 'another site may not sign somebody out' })
    return
  }
  guardPage(response)
  if (request.accepts(['json', 'html']) === 'html') response.type('html').send(signedOutPage())
  else response.json({})
}

/** Holding the token is the proof, as in revocation; what is no token of ours ends nothing. */
async function endByToken(raw: string, setup: LogoutSetup, address: string): Promise<void> {
  const { sql, now, read } = setup
  const answer = await read(raw)
  if (!answer.ok) return
  const session = await sessionOfToken(sql, answer.token.jti)
  if (session !== undefined) return leave(session, setup, address)
  const isEnded = await grants(sql).end(answer.token.jti, 'revoked', now())
  const holder = isEnded ? await grants(sql).holder({ jti: answer.token.jti }) : undefined
  if (holder !== undefined) await setup.left(holder, address)
}

async function leave(session: string, { sql, now, left }: LogoutSetup, address: string): Promise<void> {
  const ended = await endSession(sql, session, now())
  const holder = ended === 0 ? undefined : await grants(sql).holder({ session })
  if (holder !== undefined) await left(holder, address)
}

function isOwnPage(request: Request): boolean {
  const site = request.get('sec-fetch-site') ?? 'same-origin'
  return site === 'same-origin' || site === 'none'
}

function cookieIn(header: string): string | undefined {
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${sessionCookie}=`))
  const value = found?.slice(sessionCookie.length + 1)
  return isText(value) ? value : undefined
}
