/**
 * The sign-in pages: HTML written here, Korean first, no script, nothing loaded. Every value passes `escaped`.
 * Headers: https://cheatsheetseries.owasp.org (clickjacking, content security policy)
 */
import { createHash } from 'node:crypto'
import type { Response } from 'express'
import type { Ground } from '../logic/purpose.ts'

/** A value on its way into HTML text or a quoted attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b}' +
  'label,legend{display:block;margin:1rem 0 .25rem;font-weight:600}input:not([type=radio]),select,textarea{width:100%;box-sizing:border-box;padding:.5rem;font:inherit}' +
  'button{margin-top:1.25rem;padding:.6rem 1.2rem;font:inherit}fieldset{margin-top:1rem}.error{color:#a40000}.warn{border-left:4px solid #a40000;padding-left:.75rem}small{color:#555}'
const styleHash = createHash('sha256').update(style).digest('base64')

/**
 * What every page is sent with. `leadsTo` is where the form may end up by redirects: browsers hold `form-action` against these too.
 */
export function guardPage(response: Response, leadsTo = ''): void {
  response.set({
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'${leadsTo === '' ? '' : ` ${leadsTo}`}; frame-ancestors 'none'; base-uri 'none'`,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  })
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`
}

export interface PageForm {
  /** address the form is posted to */
  readonly action: string
  readonly csrf: string
  readonly app: string
  /** origin the person goes to afterwards */
  readonly destination: string
  /** why the last attempt was not taken, in both languages; empty at first */
  readonly fault: string
}

const faultLine = (fault: string): string => (fault === '' ? '' : `<p class="error" role="alert">${escaped(fault)}</p>`)
const opening = (form: PageForm): string =>
  `<form method="post" action="${escaped(form.action)}"><input type="hidden" name="csrf" value="${escaped(form.csrf)}">`

/** First page: who. */
export function passwordPage(form: PageForm): string {
  return page(
    '로그인 · Sign in',
    `<p><b>${escaped(form.app)}</b> (${escaped(form.destination)})에 로그인합니다.<br><small>Signing in to ${escaped(form.app)}.</small></p>${faultLine(form.fault)}${opening(form)}` +
      `<label for="name">아이디 · User name</label><input id="name" name="name" autocomplete="username" required maxlength="128">` +
      `<label for="password">비밀번호 · Password</label><input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256">` +
      `<button>로그인 · Sign in</button></form>`,
  )
}

const groundNames: Readonly<Record<Ground, string>> = {
  unconscious: '의식 없음 · unconscious',
  emergency: '생명이 위급함 · life at risk',
  'no-guardian': '보호자 없음 · no guardian',
}

/** Second page, for roles with more than one purpose: what for. `name` is the person who signed in. */
export function purposePage(form: PageForm & { readonly name: string; readonly minutes: number }): string {
  const grounds = Object.entries(groundNames).map(([code, name]) => `<option value="${escaped(code)}">${escaped(name)}</option>`)
  return page(
    '열람 목적 · Purpose',
    `<p>${escaped(form.name)}</p>${faultLine(form.fault)}${opening(form)}` +
      `<fieldset><legend>무엇을 위해 열람합니까? · What for?</legend>` +
      `<label><input type="radio" name="purpose" value="TREAT" checked> 진료 · Treatment</label>` +
      `<label><input type="radio" name="purpose" value="BTG"> 응급 열람 · Break-glass</label>` +
      `<label><input type="radio" name="purpose" value="ETREAT"> 응급 진료 · Emergency treatment</label></fieldset>` +
      `<fieldset><legend>응급일 때만 · Only in an emergency</legend>` +
      `<p class="warn">환자와 개인정보 보호책임자에게 통지되고 기록으로 남습니다. ${form.minutes}분 뒤 또는 로그아웃하면 끝납니다.<br><small>The patient and the privacy officer will be told, and it is recorded. It ends after ${form.minutes} minutes or when you sign out.</small></p>` +
      `<label for="patient">환자 번호 · Patient number</label><input id="patient" name="patient" maxlength="64" autocomplete="off">` +
      `<label for="reason">사유 · Ground</label><select id="reason" name="reason"><option value=""></option>${grounds.join('')}</select>` +
      `<label for="note">상황 · What happened</label><textarea id="note" name="note" maxlength="500" rows="3"></textarea>` +
      `<label for="again">비밀번호 다시 · Password again</label><input id="again" name="password" type="password" autocomplete="off" maxlength="256"></fieldset>` +
      `<button>계속 · Continue</button></form>`,
  )
}

/** When there is nothing to sign in to: a wrong address, an expired request, a client nobody knows. */
export function faultPage(korean: string, english: string): string {
  return page('로그인할 수 없습니다 · Cannot sign in', `<p>${escaped(korean)}</p><p><small>${escaped(english)}</small></p>`)
}

/** What oidc-provider refuses where it may not send the browser back to the app. */
export function requestFaultPage(why: string): string {
  return faultPage(
    '애플리케이션이 보낸 로그인 요청을 받아들일 수 없습니다. 애플리케이션에서 다시 시작하십시오.',
    `The request cannot be taken: ${why}.`,
  )
}

export function signedOutPage(): string {
  return page(
    '로그아웃되었습니다 · Signed out',
    '<p>이 브라우저에서 받은 열람 권한이 모두 끝났습니다.<br><small>Every access given in this browser has ended.</small></p>',
  )
}
