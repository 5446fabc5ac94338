/**
 * Signing in, as oidc-provider's interaction: who (password), then for roles with several purposes what for. The pages are `sign-in-page.ts`;
 * what an identity may be given is judged by `sandbox.ts`, as for `carenet token`.
 */
import { timingSafeEqual } from 'node:crypto'
import express, { type Request, type Response, type Router } from 'express'
import { errors, type Provider } from 'oidc-provider'
import { patientNumberSystem } from '../../fhir-profiles/codes.ts'
import type { Config, SandboxIdentity } from '../config.ts'
import type { Log } from '../context.ts'
import { breakGlassMinutes, hasSeveralPurposes } from '../logic/purpose.ts'
import { scopesForRole } from '../logic/scope.ts'
import type { Sql } from '../store/pool.ts'
import { endSession, signIns } from '../store/sign-in.ts'
import { attemptLimits } from './attempts.ts'
import type { Bearer } from './claims.ts'
import { endpointsOf, personTokenS } from './endpoints.ts'
import { signedInScope } from './issue.ts'
import { passwordFits } from './password.ts'
import { peopleScopes, scopesGranted } from './policy.ts'
import { isObject, isText, type JsonObject } from './read.ts'
import { type AdmitEmergency, type ResolvePatient, sandboxBearer } from './sandbox.ts'
import { faultPage, guardPage, type PageForm, passwordPage, purposePage } from './sign-in-page.ts'

export interface SignInSetup {
  readonly config: Config
  readonly sql: Sql
  /** milliseconds of real time */
  readonly now: () => number
  readonly resolvePatient: ResolvePatient
  readonly admitEmergency: AdmitEmergency
  readonly provider: () => Promise<Provider>
  readonly log: Log
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** One request about one interaction that belongs to this browser. */
interface Visit {
  readonly setup: SignInSetup
  readonly provider: Provider
  readonly interaction: Interaction
  readonly request: Request
  readonly response: Response
}

/** `/authorize` and `/sign-in`, below the issuer. */
export function signInRoutes(setup: SignInSetup): Router {
  const router = express.Router()
  const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 20 })
  router.get('/authorize', (request, response) => {
    request.url = withSignedInScope(request.url)
    return passOn(setup, request, response)
  })
  router.get('/authorize/:uid', (request, response) => passOn(setup, request, response))
  router.get('/sign-in/:uid', (request, response) => visited(setup, { request, response }, async (visit) => show(visit, 200, '')))
  router.post('/sign-in/:uid', form, (request, response) => visited(setup, { request, response }, take))
  return router
}

async function passOn(setup: SignInSetup, request: Request, response: Response): Promise<void> {
  guardPage(response)
  await (await setup.provider()).callback()(request, response)
}

type Exchange = Pick<Visit, 'request' | 'response'>

async function visited(setup: SignInSetup, exchange: Exchange, work: (visit: Visit) => Promise<void>): Promise<void> {
  const visit = await visitOf(setup, exchange)
  if (visit !== undefined) await work(visit)
}

/** A request that asks for nothing in particular asks for whatever the person has. What is doubled is left for oidc-provider to refuse. */
function withSignedInScope(url: string): string {
  const [path = '', query = ''] = url.split('?', 2)
  const params = new URLSearchParams(query)
  if (params.getAll('scope').length > 1) return url
  const asked = params.get('scope') ?? ''
  params.set('scope', `${asked.trim() === '' ? peopleScopes.join(' ') : asked} ${signedInScope}`)
  return `${path}?${params.toString()}`
}

/** Undefined when it was answered already: the interaction is over, or was begun in another browser. */
async function visitOf(setup: SignInSetup, { request, response }: Exchange): Promise<Visit | undefined> {
  const provider = await setup.provider()
  guardPage(response)
  try {
    const interaction = await provider.interactionDetails(request, response)
    if (interaction.uid === request.params['uid']) {
      const visit = { setup, provider, interaction, request, response }
      guardPage(response, destinationOf(visit))
      return visit
    }
  } catch (thrown) {
    if (!(thrown instanceof errors.SessionNotFound)) throw thrown
  }
  const korean = '이 로그인 요청은 끝났거나 다른 브라우저에서 시작되었습니다. 애플리케이션에서 다시 시작하십시오.'
  response.status(400).send(faultPage(korean, 'This request has ended or began in another browser. Start again in the application.'))
  return undefined
}

function destinationOf({ interaction }: Pick<Visit, 'interaction'>): string {
  const uri = interaction.params['redirect_uri']
  return isText(uri) ? new URL(uri).origin : ''
}

/** Who has given a right password in this interaction, and still has to say what for. */
function signedInAs({ setup, interaction }: Visit): SandboxIdentity | undefined {
  const name = interaction.lastSubmission?.['signedInAs']
  return setup.config.sandbox?.identities.find((known) => known.name === name)
}

function show(visit: Visit, status: number, fault: string): void {
  const { setup, interaction, response } = visit
  const app = setup.config.apps.find((known) => known.clientId === interaction.params['client_id'])
  const csrf = interaction.prompt.details['csrf']
  const form: PageForm = {
    action: `${endpointsOf(setup.config).signIn}/${interaction.uid}`,
    csrf: isText(csrf) ? csrf : '',
    app: app?.name ?? '',
    destination: destinationOf(visit),
    fault,
  }
  const identity = signedInAs(visit)
  const page =
    identity === undefined ? passwordPage(form) : purposePage({ ...form, name: identity.displayName, minutes: breakGlassMinutes })
  response.status(status).type('html').send(page)
}

async function take(visit: Visit): Promise<void> {
  const body: unknown = visit.request.body
  const form = isObject(body) ? body : {}
  if (!isOurForm(visit, form)) {
    const korean = '이 양식은 이 로그인 페이지에서 보낸 것이 아닙니다. 애플리케이션에서 다시 시작하십시오.'
    visit.response.status(403).send(faultPage(korean, 'This form was not sent by this sign-in page. Start again in the application.'))
    return
  }
  const identity = signedInAs(visit)
  if (identity === undefined) await takePassword(visit, form)
  else await takePurpose(visit, identity, form)
}

/** The token in the form is the interaction's, and the browser, if it says, posts from a page of ours. */
function isOurForm({ interaction, request }: Visit, form: JsonObject): boolean {
  const site = request.get('sec-fetch-site') ?? 'same-origin'
  const [expected, given] = [interaction.prompt.details['csrf'], form['csrf']]
  if (!isText(expected) || !isText(given) || (site !== 'same-origin' && site !== 'none')) return false
  const [left, right] = [Buffer.from(expected), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function takePassword(visit: Visit, form: JsonObject): Promise<void> {
  const { setup, interaction, response } = visit
  const name = textOf(form['name']).slice(0, 128)
  const identity = setup.config.sandbox?.identities.find((known) => known.name === name && known.role !== 'system')
  if (!(await isRightPassword(visit, { name, stored: identity?.password, given: textOf(form['password']) })) || identity === undefined)
    return
  if (!hasSeveralPurposes(identity.role)) return finish(visit, identity, { sub: identity.name })
  interaction.lastSubmission = { signedInAs: identity.name }
  await interaction.persist()
  response.redirect(303, `${endpointsOf(setup.config).signIn}/${interaction.uid}`)
}

/** Counts, then compares; answers the refusal itself. The same words and the same time for a wrong password and an unknown name. */
async function isRightPassword(
  visit: Visit,
  asked: { readonly name: string; readonly stored: string | undefined; readonly given: string },
): Promise<boolean> {
  const { setup, request, response } = visit
  const limits = attemptLimits(setup.sql, setup.now)
  const attempt = { account: asked.name, address: request.ip ?? '' }
  const admission = await limits.admit(attempt)
  if (!admission.ok) {
    setup.log('warn', 'sign-in-refused', { reason: 'too-many-attempts' })
    response.set('Retry-After', String(admission.retryAfterS))
    show(visit, 429, '시도가 너무 많습니다. 잠시 뒤에 다시 하십시오. · Too many attempts. Try again later.')
    return false
  }
  const isRight = await passwordFits(asked.given, asked.stored)
  if (isRight) await limits.succeeded(attempt)
  else {
    setup.log('warn', 'sign-in-refused', { reason: 'wrong-password' })
    show(visit, 403, '아이디 또는 비밀번호가 맞지 않습니다. · The user name or the password is wrong.')
  }
  return isRight
}

async function takePurpose(visit: Visit, identity: SandboxIdentity, form: JsonObject): Promise<void> {
  const { purpose, reason, note, password } = form
  const isEmergency = purpose !== 'TREAT'
  if (isEmergency) {
    const asked = { name: identity.name, stored: identity.password, given: textOf(password) }
    if (!(await isRightPassword(visit, asked))) return
  }
  const stated = Object.entries({ patient: patientOf(visit, identity, textOf(form['patient']).trim()), reason, note })
  await finish(visit, identity, {
    sub: identity.name,
    purpose: isEmergency ? ['TREAT', purpose] : ['TREAT'],
    ...Object.fromEntries(stated.filter(([, value]) => value !== '' && value !== undefined)),
  })
}

/** People type a number of their own institution; the id of a network person is told apart by its form. */
function patientOf({ setup }: Visit, identity: SandboxIdentity, typed: string): string {
  const isPersonId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(typed)
  const own = setup.config.institutions.find((known) => known.id === identity.institution)
  return typed === '' || isPersonId || own === undefined ? typed : `${patientNumberSystem(own.number)}|${typed}`
}

/** The declaration is judged like that of `carenet token`; then the browser goes back to the app with a code, or with why there is none. */
async function finish(visit: Visit, identity: SandboxIdentity, claims: JsonObject): Promise<void> {
  const { setup, provider, request, response } = visit
  const { config, resolvePatient, admitEmergency } = setup
  if (config.sandbox === undefined) throw new Error('people sign in only where there is a sandbox')
  const judged = await sandboxBearer(claims, { config, sandbox: config.sandbox, resolvePatient, admitEmergency })
  if (!judged.ok && judged.retryAfterS !== undefined) {
    response.set('Retry-After', String(judged.retryAfterS))
    return show(visit, 429, `한 시간 안에 신고한 응급이 너무 많습니다. · ${judged.why}`)
  }
  if (!judged.ok) return show(visit, 422, faultOf(judged.error, judged.why))
  const scopes = grantedScopes(visit, judged.bearer)
  if (scopes === undefined) {
    const refusal = { error: 'access_denied', error_description: 'this person has none of the requested scopes' }
    return response.redirect(303, await provider.interactionResult(request, response, refusal, { mergeWithLastSubmission: false }))
  }
  await endOthersSession(visit, identity)
  const grantId = await grantTo(visit, judged.bearer, scopes)
  const result = { login: { accountId: identity.name, remember: false }, consent: { grantId } }
  response.redirect(303, await provider.interactionResult(request, response, result, { mergeWithLastSubmission: false }))
}

function faultOf(error: string, why: string): string {
  return error === 'temporarily_unavailable'
    ? `이 환자의 기록이 아직 도착하지 않았습니다. · ${why}`
    : `목적에 맞게 환자 번호, 사유, 상황을 모두 적거나 모두 비우십시오. · ${why}`
}

/** Undefined when an app asked for scopes and the person, who has some, has none of these. */
function grantedScopes({ interaction }: Visit, bearer: Bearer): readonly string[] | undefined {
  const requested = textOf(interaction.params['scope']).split(' ')
  const words = requested.filter((word) => word !== '' && word !== signedInScope)
  const isWhole = peopleScopes.every((scope) => words.includes(scope))
  const granted = isWhole ? scopesForRole(bearer.role) : scopesGranted(words, bearer)
  return granted.length === 0 && scopesForRole(bearer.role).length > 0 ? undefined : [...granted, signedInScope]
}

/** Two people at one browser, one after the other: what the first was given ends when the second signs in. */
async function endOthersSession({ setup, interaction }: Visit, identity: SandboxIdentity): Promise<void> {
  const { session } = interaction
  if (session === undefined || session.accountId === identity.name) return
  await endSession(setup.sql, session.uid, setup.now())
  interaction.session = undefined
  await interaction.persist()
}

async function grantTo({ setup, provider, interaction }: Visit, bearer: Bearer, scopes: readonly string[]): Promise<string> {
  const { breakGlass, subject, person, purposes } = bearer
  const grant = new provider.Grant({ accountId: subject, clientId: textOf(interaction.params['client_id']) })
  grant.addResourceScope(endpointsOf(setup.config).audience, scopes.join(' '))
  const grantId = await grant.save()
  const declared = breakGlass.kind === 'none' ? undefined : { person: breakGlass.patient, reason: breakGlass.reason, note: breakGlass.note }
  const untilMs = setup.now() + personTokenS * 1000
  await signIns(setup.sql).add({ grantId, identity: subject, person, purposes, breakGlass: declared, untilMs }, setup.now())
  return grantId
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
