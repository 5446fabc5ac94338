import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Consent, ConsentProvision } from '../../fhir-profiles/r4.ts'
import { decide } from '../../consent/decide.ts'
import type { AccessRequest, Decision, Facts } from '../../consent/types.ts'
import { factsArbitrary, leaf, rowsByPerson, sceneArbitrary, type Scene } from './support/arbitraries.ts'
import { consent, unknownModifier } from './support/builders.ts'
import { isReadable } from './support/naive.ts'
import { cases, seedOr } from '../support/proof.ts'

const settings = { seed: seedOr(20260302), numRuns: cases(400) }
const recordsArbitrary = fc.array(factsArbitrary, { minLength: 1, maxLength: 4 })
const childless = (type: 'permit' | 'deny') => leaf(type).map((provision) => consent(provision, { id: 'added' }))

function judge(scene: Scene, facts: Facts, request: AccessRequest = scene.request): Decision {
  return decide(request, rowsByPerson(scene.written).get(facts.person) ?? [], facts, scene.environment, scene.nowMs)
}

/** No record is released afterwards that was not released before. */
function neverWidens(before: Scene, after: Scene, records: readonly Facts[]): void {
  for (const facts of records) if (judge(after, facts).permit) expect(judge(before, facts).permit).toBe(true)
}

function withConsent(scene: Scene, added: Consent): Scene {
  return { ...scene, written: [...scene.written, { consent: added, person: 'p1', isGuarded: false }] }
}

function changed(scene: Scene, which: number, change: (consent: Consent) => Consent): Scene {
  const at = which % Math.max(1, scene.written.length)
  return { ...scene, written: scene.written.map((one, index) => (index === at ? { ...one, consent: change(one.consent) } : one)) }
}

/** Changes one provision of the tree, found by walking down by `steps`. */
function changedProvision(
  provision: ConsentProvision,
  steps: readonly number[],
  change: (provision: ConsentProvision) => ConsentProvision,
): ConsentProvision {
  const children = provision.provision ?? []
  const [step, ...rest] = steps
  if (step === undefined || children.length === 0) return change(provision)
  return {
    ...provision,
    provision: children.map((child, index) => (index === step % children.length ? changedProvision(child, rest, change) : child)),
  }
}

const stepsArbitrary = fc.array(fc.nat(3), { maxLength: 3 })

/** Every way in which a part of a consent can become unreadable. */
const blindings: readonly (readonly [name: string, change: (provision: ConsentProvision) => ConsentProvision])[] = [
  ['a modifier extension', (provision) => ({ ...provision, modifierExtension: unknownModifier })],
  [
    'an actor of unknown role',
    (provision) => ({ ...provision, actor: provision.actor?.map((actor) => ({ ...actor, role: { text: 'somebody' } })) ?? [] }),
  ],
  [
    'an actor the directory does not know',
    (provision) => ({
      ...provision,
      actor: provision.actor?.map((actor) => ({ ...actor, reference: { reference: 'Organization/nowhere' } })) ?? [],
    }),
  ],
  [
    'a purpose of an unknown system',
    (provision) => ({ ...provision, purpose: provision.purpose?.map(({ code }) => ({ code: code ?? '' })) ?? [] }),
  ],
  ['an unknown action', (provision) => ({ ...provision, action: [{ text: 'something' }] })],
  ['a class without a code', (provision) => ({ ...provision, class: [{ system: 'http://loinc.org' }] })],
  ['a code in words only', (provision) => ({ ...provision, code: [{ text: '우울증' }] })],
  ['a data period that is none', (provision) => ({ ...provision, dataPeriod: { end: 'last year' } })],
  [
    'a record nobody knows',
    // In the place of a target that nobody could read, even a record nobody knows would be knowledge gained.
    (provision) =>
      provision.data?.every(({ meaning, reference }) => isReadable(meaning, reference.reference ?? '')) === false
        ? provision
        : { ...provision, data: [{ meaning: 'instance', reference: { reference: 'Observation/gone' } }] },
  ],
  ['an author', (provision) => ({ ...provision, data: [{ meaning: 'authoredby', reference: { reference: 'Practitioner/x' } }] })],
  ['a date that is none', (provision) => ({ ...provision, period: { start: 'yesterday' } })],
  ['a label', (provision) => ({ ...provision, securityLabel: [{ code: 'R' }] })],
]

const wholeBlindings: readonly ((consent: Consent) => Consent)[] = [
  (one) => ({ ...one, modifierExtension: unknownModifier }),
  (one) => ({ ...one, implicitRules: 'https://example.org/rules' }),
  // An unknown status is no word of the type, yet it can be stored by a fault.
  (one) => ({ ...one, status: 'on-hold' as 'active' }),
  (one) => ({ ...one, scope: { text: 'privacy' } }),
  (one) => ({ ...one, organization: [{ reference: 'Organization/nowhere' }] }),
  (one) => ({ ...one, verification: [{ verified: false }] }),
]

describe('what must hold whatever a consent says', () => {
  test('adding a refusal as an exception anywhere never releases more', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, fc.nat(9), stepsArbitrary, leaf('deny'), (scene, records, which, steps, refusal) => {
        const add = (provision: ConsentProvision) => ({ ...provision, provision: [...(provision.provision ?? []), refusal] })
        neverWidens(
          scene,
          changed(scene, which, (one) => ({ ...one, provision: changedProvision(one.provision ?? {}, steps, add) })),
          records,
        )
      }),
      settings,
    )
  })

  test('adding a plain refusal beside the other consents never releases more', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, childless('deny'), (scene, records, refusal) => {
        neverWidens(scene, withConsent(scene, refusal), records)
      }),
      settings,
    )
  })

  test('adding a plain permit never takes away what an explicit consent released', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, childless('permit'), (scene, records, permit) => {
        for (const facts of records) {
          const before = judge(scene, facts)
          if (before.permit && !before.basis.includes('implicit')) expect(judge(withConsent(scene, permit), facts).permit).toBe(true)
        }
      }),
      settings,
    )
  })

  test.each(blindings)('a rule that comes to hold %s never releases more', (_name, change) => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, fc.nat(9), stepsArbitrary, (scene, records, which, steps) => {
        // Only what was stated can become unreadable: adding an element to a refusal may narrow it.
        const blinded = (provision: ConsentProvision): ConsentProvision => {
          const after = change(provision)
          const isStated = Object.keys(after).every(
            (key) => key in provision || key === 'modifierExtension' || key === 'securityLabel' || key === 'code',
          )
          return isStated ? after : provision
        }
        neverWidens(
          scene,
          changed(scene, which, (one) => ({ ...one, provision: changedProvision(one.provision ?? {}, steps, blinded) })),
          records,
        )
      }),
      { ...settings, numRuns: cases(200) },
    )
  })

  test('a higher confidentiality never releases more, nor does a record whose content is no longer known', () => {
    fc.assert(
      fc.property(sceneArbitrary, factsArbitrary, (scene, facts) => {
        const raised = [facts.confidentiality + 1, 5, 6]
          .filter((rank) => rank > facts.confidentiality)
          .map((rank) => ({ confidentiality: rank }))
        const unknown = [{ sensitivities: ['?'] }, { codes: ['?'] }, { fromMs: -8.64e15, untilMs: 8.64e15 }]
        for (const change of [...raised, ...unknown])
          if (judge(scene, { ...facts, ...change }).permit) expect(judge(scene, facts).permit).toBe(true)
      }),
      settings,
    )
  })

  test('one more sensitivity never releases more, unless a permit clears it', () => {
    const isNamed = (provision: ConsentProvision): boolean =>
      (provision.securityLabel ?? []).some(({ system }) => system?.endsWith('v3-ActCode') === true) ||
      (provision.provision ?? []).some(isNamed)
    let compared = 0
    fc.assert(
      fc.property(sceneArbitrary, factsArbitrary, fc.constantFrom('PSY', 'HIV', 'GDIS'), (scene, facts, added) => {
        if (scene.written.some((one) => isNamed(one.consent.provision ?? {}))) return
        compared += 1
        const more = { ...facts, sensitivities: [...facts.sensitivities, added] }
        if (judge(scene, more).permit) expect(judge(scene, facts).permit).toBe(true)
      }),
      settings,
    )
    expect(compared).toBeGreaterThan(cases(50))
  })

  test('an exception that loses its type never releases more', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, fc.nat(9), stepsArbitrary, (scene, records, which, steps) => {
        const untyped = ({ type: _type, ...rest }: ConsentProvision): ConsentProvision => rest
        const change = (one: Consent): Consent => {
          const provision = changedProvision(one.provision ?? {}, steps, untyped)
          // At the root an absent type means the policy; there is nothing to lose.
          return provision.type === one.provision?.type ? { ...one, provision } : one
        }
        neverWidens(scene, changed(scene, which, change), records)
      }),
      settings,
    )
  })

  test('a consent whose own elements become unreadable or unverified never releases more', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, fc.nat(9), fc.constantFrom(...wholeBlindings), (scene, records, which, blind) => {
        neverWidens(scene, changed(scene, which, blind), records)
      }),
      settings,
    )
  })

  test('the order of consents, exceptions and repeats never matters', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, (scene, records) => {
        const turned = { ...scene, written: scene.written.map((one) => ({ ...one, consent: backwards(one.consent) })).toReversed() }
        for (const facts of records) expect(judge(turned, facts).permit).toBe(judge(scene, facts).permit)
      }),
      settings,
    )
  })

  test('declaring an emergency never hides what treatment alone may see, and opens nobody but the one person', () => {
    fc.assert(
      fc.property(sceneArbitrary, recordsArbitrary, (scene, records) => {
        const none = { ...scene.request.basis, emergency: { kind: 'none' } } as const
        const plain: AccessRequest = { ...scene.request, purposes: ['TREAT'], basis: none }
        const declared: AccessRequest = {
          ...plain,
          purposes: ['TREAT', 'BTG'],
          basis: { ...none, emergency: { kind: 'person', person: 'p1' } },
        }
        for (const facts of records) {
          const ordinary = judge(scene, facts, plain).permit
          const opened = judge(scene, facts, declared)
          if (facts.person !== 'p1') expect(opened.basis).not.toContain('emergency')
          else if (ordinary) expect(opened.permit).toBe(true)
        }
      }),
      settings,
    )
  })
})

/** The same consent with every list turned round. */
function backwards(one: Consent): Consent {
  // Turning lists round leaves the shape as it was.
  return turned(one) as Consent
}

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned).toReversed()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, turned(element)]))
}
