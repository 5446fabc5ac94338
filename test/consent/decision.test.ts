/** A whole decision, word for word: what opened or closed a record, by which consents, and what goes along with it. */
import { describe, expect, test } from '@jest/globals'
import type { ConsentProvision } from '../../fhir-profiles/r4.ts'
import { declaredEmergency, decide } from '../../consent/decide.ts'
import { rowAt } from '../../consent/law/kr.ts'
import type { AccessRequest, Environment, Facts, ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import {
  actions,
  at,
  breakGlass,
  consent,
  department,
  networkConsent,
  now,
  organization,
  patientRequest,
  practitioner,
  purposes,
  receiver,
  record,
  request,
  rowsOf,
  sandbox,
  source,
  types,
} from './support/builders.ts'

const plain = (rule: string) => ({ rule, consent: '', version: '', path: '' })
const by = (rule: string, path: string, id = 'consent-1') => ({ rule, consent: id, version: '1', path })
const first = { id: 'consent-1', version: '1' }

/** The decision, after making sure that the view shows the record if and only if it is released. */
function decided(asked: AccessRequest, rows: readonly ProvisionRow[], facts: Facts, environment: Environment = sandbox, nowMs = now) {
  const decision = decide(asked, rows, facts, environment, nowMs)
  const { condition } = view(asked, new Map(rows.length === 0 ? [] : [[facts.person, rows]]), environment, nowMs)
  expect({ seen: matches(condition, facts) }).toEqual({ seen: decision.permit })
  return decision
}

/** What is decided, without what was consulted. */
function why(...asked: Parameters<typeof decided>) {
  const { permit, basis, because, obligations } = decided(...asked)
  return { permit, basis, because, obligations }
}

const officer = (person: string, article = 'medical-service-act-21-3-6'): AccessRequest => ({
  ...request('tertiary'),
  basis: { inHouse: false, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'person', person, article } },
})
const genetic = { sensitivities: ['GDIS'], confidentiality: 4 }

describe('a record is opened', () => {
  test('by care in its own house, without an obligation', () => {
    expect(decided(request('clinic'), [], record('clinic'))).toEqual({
      permit: true,
      obligations: [],
      basis: ['treatment-in-house', 'implicit'],
      because: [plain('implicit-permit'), plain('treatment-in-house')],
      consulted: [],
    })
  })

  test('by the consent of the patient, and may not be passed on', () => {
    expect(decided(request('tertiary'), rowsOf(networkConsent()), record('clinic'))).toEqual({
      permit: true,
      obligations: ['no-redisclosure'],
      basis: ['consent'],
      because: [by('permit', '')],
      consulted: [first],
    })
  })

  test('by the patient`s own request, who may do with it as they like', () => {
    expect(why(patientRequest('person-1'), [], record('clinic'))).toEqual({
      permit: true,
      obligations: [],
      basis: ['patient-request'],
      because: [plain('patient-request')],
    })
    expect(why(patientRequest('person-1'), [], record('clinic', genetic)).basis).toEqual(['patient-request'])
    expect(why(patientRequest('person-2'), [], record('clinic')).permit).toBe(false)
  })

  test('by an article of law an officer names, for that person, from the day it is in force', () => {
    const opened = { permit: true, obligations: ['no-redisclosure'], basis: ['statute'], because: [plain('statute')] }
    for (const article of ['4', '6', '7'])
      expect(why(officer('person-1', `medical-service-act-21-3-${article}`), [], record('clinic'))).toEqual(opened)
    expect(why(officer('person-2'), [], record('clinic'))).toMatchObject({ permit: false, because: [plain('implicit-deny')] })
    expect(why(officer('person-1', 'medical-service-act-21-3-5'), [], record('clinic')).permit).toBe(false)
    const day = at('2010-01-31T00:00:00+09:00')
    expect([day - 1, day].map((nowMs) => why(officer('person-1'), [], record('clinic'), sandbox, nowMs).permit)).toEqual([false, true])
  })

  test('by a declared emergency, from the day the law allows it', () => {
    const opened = { permit: true, obligations: ['no-redisclosure'], basis: ['emergency'], because: [plain('emergency')] }
    expect(why(breakGlass('tertiary', 'person-1'), [], record('clinic'))).toEqual(opened)
    expect(why(breakGlass('tertiary', 'person-2'), [], record('clinic')).permit).toBe(false)
    const day = at('2017-06-21T00:00:00+09:00')
    const asked = breakGlass('tertiary', 'person-1')
    const onDay = (nowMs: number, environment = sandbox) => why(asked, [], record('clinic'), environment, nowMs)
    expect([day - 1, day].map((nowMs) => onDay(nowMs).permit)).toEqual([false, true])
    expect(onDay(day - 1, { implicit: 'break-glass-only' })).toEqual(opened)
    expect(onDay(day - 1)).toMatchObject({ basis: [], because: [plain('implicit-deny')] })
  })

  test('before that day only by a consent that names the emergency', () => {
    const before = at('2017-06-20T12:00:00+09:00')
    const asked = breakGlass('tertiary', 'person-1')
    const named = rowsOf(consent({ purpose: purposes('BTG') }))
    expect(why(asked, named, record('clinic'), sandbox, before)).toMatchObject({
      permit: true,
      basis: ['emergency'],
      because: [by('permit', '')],
    })
    const both = { ...asked, purposes: ['BTG', 'ETREAT'] }
    expect(why(both, named, record('clinic'), sandbox, before)).toMatchObject({ permit: false, basis: [] })
    const narrow = rowsOf(consent({ purpose: purposes('BTG'), class: types('Condition') }))
    expect(why(asked, narrow, record('clinic'), sandbox, before)).toMatchObject({
      permit: false,
      because: [by('withheld', ''), plain('implicit-deny')],
    })
  })

  test('by several at once, each told once', () => {
    const twice = rowsOf(networkConsent(), networkConsent())
    expect(why({ ...request('tertiary'), purposes: ['TREAT', 'CLINTRL'] }, twice, record('tertiary'))).toMatchObject({
      basis: ['treatment-in-house', 'consent'],
      because: [by('permit', '', 'consent-1'), by('permit', '', 'consent-2'), plain('treatment-in-house')],
      obligations: [],
    })
  })

  test('by two versions or two rules of one consent, each told', () => {
    const rows = rowsOf(
      networkConsent({ type: 'permit', class: types('Observation') }, { type: 'permit', actor: [source(department('01'))] }),
    )
    const { because, consulted } = decided(
      request('tertiary'),
      [...rows, ...rows.map((row) => ({ ...row, version: '2' }))],
      record('clinic'),
    )
    expect(because.map(({ version, path }) => `${version} ${path}`)).toEqual(['1 0', '1 1', '2 0', '2 1'])
    expect(consulted).toEqual([first, { id: 'consent-1', version: '2' }])
  })

  test('where no consent speaks only as the environment says', () => {
    expect(why(request('tertiary'), [], record('clinic'), { implicit: 'basic-normal' })).toEqual({
      permit: true,
      obligations: ['no-redisclosure'],
      basis: ['implicit'],
      because: [plain('implicit-permit')],
    })
    const opened = (implicit: Environment['implicit'], custodian: 'clinic' | 'tertiary', purpose: string) =>
      why({ ...officer('nobody'), purposes: [purpose] }, [], record(custodian), { implicit }).permit
    const policies = ['deny-between-institutions', 'basic-normal', 'all-normal', 'break-glass-only', 'deny'] as const
    const asked = (custodian: 'clinic' | 'tertiary', purpose: string) => policies.map((implicit) => opened(implicit, custodian, purpose))
    expect(asked('clinic', 'TREAT')).toEqual([false, true, true, false, false])
    expect(asked('tertiary', 'TREAT')).toEqual([true, true, true, false, false])
    for (const purpose of ['HPAYMT', 'HOPERAT']) expect(asked('tertiary', purpose)).toEqual([false, false, true, false, false])
    for (const purpose of ['HRESCH', 'BTG', 'ETREAT']) expect(asked('tertiary', purpose)).toEqual([false, false, false, false, false])
  })
})

describe('a record stays closed', () => {
  const closed = (...because: readonly object[]) => ({ permit: false, obligations: [], basis: [], because })

  test('without a purpose', () => {
    const rows = rowsOf(networkConsent())
    expect(decided({ ...request('clinic'), purposes: [] }, rows, record('clinic'))).toEqual({
      ...closed(plain('no-purpose')),
      consulted: [first],
    })
    expect(view({ ...request('clinic'), purposes: [] }, new Map([['person-1', rows]]), sandbox, now).consulted).toEqual([first])
  })

  test('without a consent', () => {
    expect(why(request('tertiary'), [], record('clinic'))).toEqual(closed(plain('implicit-deny')))
  })

  test('outside a consent', () => {
    expect(why(request('tertiary'), rowsOf(consent({ class: types('Condition') })), record('clinic'))).toEqual(closed(by('withheld', '')))
  })

  test('where the law leaves it out of what is given away, whatever a consent says, and not in its own house', () => {
    expect(why(request('tertiary'), rowsOf(networkConsent()), record('clinic', genetic))).toEqual(closed(plain('law-ceiling')))
    expect(why(request('clinic'), rowsOf(networkConsent()), record('clinic', genetic)).permit).toBe(true)
    const day = at('2005-01-01T00:00:00+09:00')
    const open = { implicit: 'basic-normal' } as const
    expect([day - 1, day].map((nowMs) => why(request('tertiary'), [], record('clinic', genetic), open, nowMs).permit)).toEqual([
      true,
      false,
    ])
    for (const sensitivities of [['?'], ['PSY', 'GDIS']])
      expect(why(request('tertiary'), [], record('clinic', { sensitivities }), open).because).toEqual([plain('law-ceiling')])
  })

  test('by refusals, all of which are told, whichever consent gave them', () => {
    const refusal: ConsentProvision = { type: 'deny', actor: [source(department('01'))] }
    const rows = rowsOf(networkConsent(refusal, { type: 'deny', class: types('Observation') }), networkConsent(refusal))
    expect(why(request('tertiary'), rows, record('clinic'))).toEqual(
      closed(by('deny', '0', 'consent-1'), by('deny', '1', 'consent-1'), by('deny', '0', 'consent-2')),
    )
  })

  test('in its own house where a refusal names somebody of it', () => {
    const rows = rowsOf(consent({ type: 'deny', actor: [receiver(practitioner('clinic-doctor'))] }))
    expect(why(request('clinic'), rows, record('clinic'))).toEqual(closed(by('deny', '')))
    expect(why({ ...request('clinic'), purposes: ['TREAT', 'HPAYMT'] }, rows, record('clinic'))).toEqual(closed(by('deny', '')))
  })

  test('in a declared emergency where a refusal names the emergency', () => {
    const rows = rowsOf(consent({ type: 'deny', purpose: purposes('ETREAT') }))
    expect(why(breakGlass('tertiary', 'person-1'), rows, record('clinic'))).toEqual(closed(by('deny', ''), plain('implicit-deny')))
  })

  test('in a declared emergency where the purposes of a refusal cannot be read', () => {
    const rows = rowsOf(consent({ type: 'deny', purpose: [{ system: 'urn:x', code: 'y' }] }))
    expect(why(breakGlass('tertiary', 'person-1'), rows, record('clinic'))).toEqual(closed(by('deny', '')))
  })

  test('for each of several purposes that is refused', () => {
    const rows = rowsOf(consent({ purpose: purposes('TREAT') }))
    expect(why({ ...request('tertiary'), purposes: ['TREAT', 'HRESCH'] }, rows, record('clinic'))).toEqual(closed(plain('implicit-deny')))
  })
})

test('an emergency combines with treatment only, and concerns the person it was declared for', () => {
  const declared = (...asked: readonly string[]) =>
    declaredEmergency({ ...breakGlass('tertiary', 'person-1'), purposes: asked }, 'person-1')
  expect(declared('TREAT', 'BTG')).toEqual(['BTG'])
  expect(declared('ETREAT', 'BTG')).toEqual(['ETREAT', 'BTG'])
  expect(declared('TREAT', 'BTG', 'HRESCH')).toEqual([])
  expect(declaredEmergency(breakGlass('tertiary', 'person-1'), 'person-2')).toEqual([])
  expect(declaredEmergency(request('tertiary', { purposes: ['BTG'] }), 'person-1')).toEqual([])
})

test('of dated rows of law the latest that has begun holds, in whatever order they stand', () => {
  const rows = [10, 30, 20].map((fromMs) => ({ fromMs }))
  for (const each of [rows, rows.toReversed()])
    expect([9, 10, 19, 20, 29, 30, 99].map((atMs) => rowAt(each, atMs)?.fromMs)).toEqual([undefined, 10, 10, 20, 20, 30, 30])
})

test('the same request is judged anew at another time, under another policy and for other consents', () => {
  const asked = request('tertiary')
  const rows = rowsOf(consent({ period: { end: '2026-03-02' }, actor: [receiver(organization('tertiary'))], action: actions('access') }))
  const facts = record('clinic')
  const later = at('2026-03-03T00:00:00+09:00')
  const permits = (consents: readonly ProvisionRow[], nowMs: number, environment: Environment = sandbox) =>
    decide(asked, consents, facts, environment, nowMs).permit
  expect([permits(rows, now), permits(rows, later), permits(rows, now), permits([], now)]).toEqual([true, false, true, false])
  expect([permits(rows, later, { implicit: 'basic-normal' }), permits(rows, later)]).toEqual([true, false])
})
