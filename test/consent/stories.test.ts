import { describe, expect, test } from '@jest/globals'
import { sandboxPeople } from '../../adapters/sandbox/people.ts'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import type { AccessRequest, DataTarget, Facts, ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import {
  at,
  breakGlass,
  consent,
  department,
  input,
  networkConsent,
  now,
  organization,
  patientRequest,
  purposes,
  receiver,
  record,
  request,
  sandbox,
  source,
  types,
  type InstitutionId,
} from './support/builders.ts'

const person = (number: number): string => `person-${number}`

/** What the referral of person 6 refers to. */
const referral: Readonly<Record<string, readonly string[]>> = { 'referral-6': ['referral-6', 'note-6', 'condition-6'] }

const withIds = (target: DataTarget): DataTarget => ({ ...target, found: { kind: 'read', refersTo: referral[target.reference] ?? [] } })

function story(number: number, one: Consent, signedByGuardian = false): readonly ProvisionRow[] {
  const birthDate = sandboxPeople.find((candidate) => candidate.number === number)?.birthDate
  const compiled = compile({ ...one, id: `consent-of-${number}` }, input({ person: person(number), signedByGuardian, birthDate }))
  expect(compiled.unreadable).toEqual([])
  return compiled.rows.map((row) => ({ ...row, data: row.data?.map(withIds) ?? null }))
}

const directed = consent({
  actor: [receiver(organization('tertiary'))],
  purpose: purposes('TREAT'),
  period: { end: '2026-06-30' },
  data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/referral-6' } }],
})

const rows: ReadonlyMap<string, readonly ProvisionRow[]> = new Map([
  [person(1), story(1, networkConsent())],
  [
    person(3),
    story(
      3,
      networkConsent(
        { type: 'deny', actor: [receiver(organization('tertiary'))] },
        { type: 'deny', actor: [source(organization('tertiary'))] },
      ),
    ),
  ],
  [person(4), story(4, networkConsent({ type: 'deny', actor: [source(department('03'))] }))],
  [person(5), story(5, networkConsent(), true)],
  [person(6), story(6, directed)],
])

const doctor = (institution: InstitutionId): AccessRequest => request(institution)
const held = (number: number, custodian: InstitutionId, overrides: Parameters<typeof record>[1] = {}): Facts =>
  record(custodian, { person: person(number), ...overrides })

/** Asked both ways: one record at a time, and as part of the caller's view. */
function decided(asking: AccessRequest, facts: Facts, nowMs = now) {
  const decision = decide(asking, rows.get(facts.person) ?? [], facts, sandbox, nowMs)
  expect(matches(view(asking, rows, sandbox, nowMs).condition, facts)).toBe(decision.permit)
  return decision
}

describe('the nine stories of the sandbox', () => {
  test('1: under a network consent the university hospital sees the clinic and the hospital, and the clinic sees them too', () => {
    for (const institution of ['clinic', 'hospital', 'tertiary'] as const) {
      expect(decided(doctor('tertiary'), held(1, institution)).permit).toBe(true)
      expect(decided(doctor('clinic'), held(1, institution)).permit).toBe(true)
    }
    expect(decided(doctor('tertiary'), held(1, 'clinic'))).toEqual({
      permit: true,
      obligations: ['no-redisclosure'],
      basis: ['consent'],
      because: [{ rule: 'permit', consent: 'consent-of-1', version: '1', path: '' }],
      consulted: [{ id: 'consent-of-1', version: '1' }],
    })
  })

  test('1: the consent is for treatment: research is refused', () => {
    const research = { ...request('tertiary', { purposes: ['HRESCH'] }), basis: { ...request('tertiary').basis, inHouse: false } }
    expect(decided(research, held(1, 'clinic')).because.map((reason) => reason.rule)).toEqual(['implicit-deny'])
  })

  test('2: without a consent each institution sees its own chart and no other', () => {
    expect(decided(doctor('tertiary'), held(2, 'tertiary')).basis).toContain('treatment-in-house')
    expect(decided(doctor('tertiary'), held(2, 'clinic'))).toMatchObject({
      permit: false,
      because: [{ rule: 'implicit-deny' }],
      consulted: [],
    })
  })

  test('3: the refused hospital receives nothing and is asked for nothing, yet keeps its own chart', () => {
    expect(decided(doctor('tertiary'), held(3, 'clinic'))).toMatchObject({ permit: false, because: [{ rule: 'deny', path: '0' }] })
    expect(decided(doctor('clinic'), held(3, 'tertiary'))).toMatchObject({ permit: false, because: [{ rule: 'deny', path: '1' }] })
    expect(decided(doctor('clinic'), held(3, 'hospital')).permit).toBe(true)
    expect(decided(doctor('tertiary'), held(3, 'tertiary')).basis).toEqual(['treatment-in-house'])
  })

  test('4: the psychiatry records of the hospital stay there, its other records are shared', () => {
    expect(decided(doctor('tertiary'), held(4, 'hospital', { department: '03' }))).toMatchObject({
      permit: false,
      because: [{ rule: 'deny' }],
    })
    expect(decided(doctor('tertiary'), held(4, 'hospital', { department: '05' })).permit).toBe(true)
    expect(decided(doctor('hospital'), held(4, 'hospital', { department: '03' })).basis).toEqual(['treatment-in-house'])
  })

  test('5: what a guardian permitted ends on the fourteenth birthday, by the clock of Seoul', () => {
    expect(decided(doctor('tertiary'), held(5, 'clinic')).permit).toBe(true)
    expect(decided(doctor('tertiary'), held(5, 'clinic'), at('2032-06-08T23:59:59.999+09:00')).permit).toBe(true)
    expect(decided(doctor('tertiary'), held(5, 'clinic'), at('2032-06-09T00:00:00+09:00')).permit).toBe(false)
  })

  test('6: a directed consent opens the referral and what it refers to, to its receiver, until its last day', () => {
    const note = held(6, 'clinic', { id: 'note-6' })
    expect(decided(doctor('tertiary'), note).permit).toBe(true)
    expect(decided(doctor('tertiary'), held(6, 'clinic', { id: 'referral-6', classes: ['ServiceRequest'] })).permit).toBe(true)
    expect(decided(doctor('tertiary'), held(6, 'clinic', { id: 'other-6' }))).toMatchObject({
      permit: false,
      because: [{ rule: 'withheld' }],
    })
    expect(decided(doctor('hospital'), note).permit).toBe(false)
    expect(decided(doctor('tertiary'), note, at('2026-06-30T23:59:59.999+09:00')).permit).toBe(true)
    expect(decided(doctor('tertiary'), note, at('2026-07-01T00:00:00+09:00')).permit).toBe(false)
  })

  test('6: a directed consent never narrows a network consent', () => {
    const both = [...(rows.get(person(6)) ?? []), ...story(1, networkConsent())]
    expect(decide(doctor('tertiary'), both, held(6, 'clinic', { id: 'other-6' }), sandbox, now).permit).toBe(true)
  })

  test('7 and 8: the consent of one never opens the record of the other', () => {
    const seen = view(doctor('tertiary'), new Map([[person(7), story(7, networkConsent())]]), sandbox, now)
    expect(matches(seen.condition, held(7, 'clinic'))).toBe(true)
    expect(matches(seen.condition, held(8, 'hospital'))).toBe(false)
  })

  test('9: break-glass opens the record of the unconscious patient and of nobody else', () => {
    const declared = breakGlass('tertiary', person(9))
    expect(decided(declared, held(9, 'clinic')).basis).toEqual(['emergency'])
    expect(decided(declared, held(2, 'clinic')).permit).toBe(false)
    expect(decided(doctor('tertiary'), held(9, 'clinic')).permit).toBe(false)
  })
})

describe('people, houses and emergencies', () => {
  const refuses = (refusal: ConsentProvision) => story(1, networkConsent(refusal))

  test('the patient sees their own record, whatever consents say, and nobody else`s', () => {
    const self = patientRequest(person(3))
    expect(decided(self, held(3, 'tertiary')).basis).toEqual(['patient-request'])
    expect(decided(self, held(1, 'tertiary')).permit).toBe(false)
  })

  test('a refusal that names one`s own department blinds it to its own chart; naming the institution does not', () => {
    const byDepartment = refuses({ type: 'deny', actor: [receiver(department('01'))], class: types('Condition') })
    const byInstitution = refuses({ type: 'deny', actor: [receiver(organization('clinic'))] })
    const condition = held(1, 'clinic', { classes: ['Condition'] })
    expect(decide(doctor('clinic'), byDepartment, condition, sandbox, now)).toMatchObject({
      permit: false,
      because: [{ rule: 'deny', path: '0' }],
    })
    expect(decide(doctor('clinic'), byDepartment, held(1, 'clinic'), sandbox, now).permit).toBe(true)
    expect(decide(request('clinic', { department: '05' }), byDepartment, condition, sandbox, now).permit).toBe(true)
    expect(decide(doctor('clinic'), byInstitution, condition, sandbox, now).basis).toEqual(['treatment-in-house'])
  })

  test('a general refusal does not stop an emergency, one that names it does', () => {
    const general = story(1, consent({ type: 'deny' }))
    const named = story(1, consent({ type: 'deny', purpose: purposes('ETREAT') }))
    const declared = breakGlass('tertiary', person(1))
    expect(decide(declared, general, held(1, 'clinic'), sandbox, now).basis).toEqual(['emergency'])
    expect(decide(declared, named, held(1, 'clinic'), sandbox, now)).toMatchObject({
      permit: false,
      because: [{ rule: 'deny' }, { rule: 'implicit-deny' }],
    })
    expect(decide(declared, named, held(1, 'tertiary'), sandbox, now).basis).toContain('treatment-in-house')
  })

  test('a refusal that names the emergency leaves ordinary treatment as the patient consented to it', () => {
    const both = [...story(1, networkConsent()), ...story(2, consent({ type: 'deny', purpose: purposes('BTG') }))]
    expect(decide(breakGlass('tertiary', person(1)), both, held(1, 'clinic'), sandbox, now).basis).toEqual(['consent'])
  })

  test('an exception from a refused emergency counts for the emergency it names, not for the other', () => {
    const except = (code: string) =>
      story(1, consent({ type: 'deny', purpose: purposes('BTG', 'ETREAT'), provision: [{ type: 'permit', purpose: purposes(code) }] }))
    expect(decide(breakGlass('tertiary', person(1)), except('BTG'), held(1, 'clinic'), sandbox, now).basis).toEqual(['emergency'])
    expect(decide(breakGlass('tertiary', person(1)), except('ETREAT'), held(1, 'clinic'), sandbox, now).permit).toBe(false)
  })

  test('an exception may permit a record that its root withholds', () => {
    const rows = story(1, consent({ class: types('Condition'), provision: [{ type: 'permit', class: types('Observation') }] }))
    const seen = view(doctor('tertiary'), new Map([[person(1), rows]]), sandbox, now)
    for (const [type, permit] of [
      ['Observation', true],
      ['Condition', true],
      ['Procedure', false],
    ] as const) {
      const facts = held(1, 'clinic', { classes: [type] })
      expect({ type, decided: decide(doctor('tertiary'), rows, facts, sandbox, now).permit, seen: matches(seen.condition, facts) }).toEqual(
        {
          type,
          decided: permit,
          seen: permit,
        },
      )
    }
  })

  test('whoever is named inside the own house is kept out even if the request forgot to list the name twice', () => {
    const refusal = refuses({ type: 'deny', actor: [receiver(department('01'))] })
    const asking = { ...doctor('clinic'), receiver: ['org:clinic', 'org:network'] }
    expect(decide(asking, refusal, held(1, 'clinic'), { implicit: 'deny' }, now).basis).not.toContain('treatment-in-house')
  })

  test('an emergency declared together with another purpose than treatment opens nothing', () => {
    const mixed = { ...breakGlass('tertiary', person(9)), purposes: ['TREAT', 'BTG', 'HRESCH'] }
    expect(decided(mixed, held(9, 'clinic')).permit).toBe(false)
  })

  test('before the law of 2017 there is no release without consent in an emergency', () => {
    const early = at('2017-06-20T23:59:59+09:00')
    expect(decided(breakGlass('tertiary', person(9)), held(9, 'clinic'), early).permit).toBe(false)
  })

  test('an institution`s consent governs its own records only', () => {
    const ofHospital = story(1, consent({ type: 'deny' }, { organization: [organization('hospital')] }))
    const both = [...ofHospital, ...story(1, networkConsent()).map((row) => ({ ...row, consent: 'network-consent' }))]
    expect(decide(doctor('tertiary'), both, held(1, 'hospital'), sandbox, now).permit).toBe(false)
    expect(decide(doctor('tertiary'), both, held(1, 'clinic'), sandbox, now).permit).toBe(true)
  })

  test('refusing disclosure stops reading from elsewhere, not in the own house', () => {
    const action = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'disclose' }] }]
    const refusal = story(1, networkConsent({ type: 'deny', action, actor: [receiver(organization('network'))] }))
    expect(decide(doctor('tertiary'), refusal, held(1, 'clinic'), sandbox, now).permit).toBe(false)
    expect(decide(doctor('tertiary'), refusal, held(1, 'tertiary'), sandbox, now).permit).toBe(true)
  })

  test('who may not collect is sent nothing, and reads what it read before', () => {
    const action = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
    const refusal = story(1, networkConsent({ type: 'deny', action, actor: [receiver(organization('tertiary'))] }))
    const sent = (to: InstitutionId) => decide({ ...doctor(to), action: 'disclose' }, refusal, held(1, 'clinic'), sandbox, now).permit
    expect([sent('tertiary'), sent('hospital')]).toEqual([false, true])
    expect(decide(doctor('tertiary'), refusal, held(1, 'clinic'), sandbox, now).permit).toBe(true)
    expect(decide({ ...doctor('tertiary'), action: 'disclose' }, refusal, held(1, 'tertiary'), sandbox, now).permit).toBe(true)
  })

  test('a refusal by kind reaches a record that contains such a one, a permit by kind opens none that does', () => {
    const carrying = held(1, 'clinic', { classes: ['Observation', 'contained', 'contained:Condition'] })
    const refusal = story(1, networkConsent({ type: 'deny', class: types('Condition') }))
    expect(decide(doctor('tertiary'), refusal, held(1, 'clinic'), sandbox, now).permit).toBe(true)
    expect(decide(doctor('tertiary'), refusal, carrying, sandbox, now).permit).toBe(false)
    const permit = story(1, consent({ class: types('Observation') }))
    expect(decide(doctor('tertiary'), permit, held(1, 'clinic'), sandbox, now).permit).toBe(true)
    expect(decide(doctor('tertiary'), permit, carrying, sandbox, now).permit).toBe(false)
  })

  test('rows that lost their root deny: a consent that cannot be put together is not a permit', () => {
    const orphans = refuses({ type: 'permit', class: types('Observation') }).filter((row) => row.path !== '')
    expect(decide(doctor('tertiary'), orphans, held(1, 'clinic'), sandbox, now)).toMatchObject({
      because: [{ rule: 'unreadable-consent' }],
    })
  })

  test('what holds without any consent is what the environment says', () => {
    const foreign = held(2, 'clinic')
    expect(decide(doctor('tertiary'), [], foreign, { implicit: 'basic-normal' }, now).basis).toEqual(['implicit'])
    expect(decide(doctor('tertiary'), [], foreign, { implicit: 'deny' }, now).permit).toBe(false)
    expect(decide(request('tertiary', { purposes: ['HRESCH'] }), [], foreign, { implicit: 'basic-normal' }, now).permit).toBe(false)
  })
})
