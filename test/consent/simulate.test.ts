/** What the officer is told before a consent is changed is what would happen: each cell of the grid is the live decision on such a record. */
import fc from 'fast-check'
import { describe, expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import { gridOf, simulate, type CellAnswer, type Kind, type Source } from '../../consent/simulate.ts'
import type { ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import { cases, seedOr } from '../support/proof.ts'
import { rowsByPerson, sceneArbitrary } from './support/arbitraries.ts'
import {
  consent,
  department,
  input,
  networkConsent,
  now,
  organization,
  purposes,
  receiver,
  request,
  sandbox,
  source,
} from './support/builders.ts'

const sources: readonly Source[] = ['clinic', 'hospital', 'tertiary'].map((id) => ({
  id,
  keys: [`org:${id}`, 'org:network'],
  departments: id === 'clinic' ? ['01'] : ['01', '03'],
}))

describe('the grid', () => {
  test('each cell is the live decision on a record of that cell, whatever the consents name and whatever of it is there', () => {
    let told = 0
    let open = 0
    fc.assert(
      fc.property(sceneArbitrary, (scene) => {
        const live = rowsByPerson(scene.written).get('p1') ?? []
        const cells = gridOf(sources, live, { person: 'p1', nowMs: scene.nowMs })
        const seen = view(scene.request, new Map([['p1', live]]), scene.environment, scene.nowMs)
        for (const { cell, verdict } of simulate(
          { ...scene, rows: live },
          cells.filter((_, at) => at % 17 === scene.nowMs % 17),
        )) {
          const { permit } = decide(scene.request, live, cell.facts, scene.environment, scene.nowMs)
          expect(matches(seen.condition, cell.facts)).toBe(permit)
          if (verdict === 'depends') open += 1
          else {
            told += 1
            expect({ cell, verdict }).toEqual({ cell, verdict: permit ? 'permit' : 'deny' })
          }
        }
      }),
      { numRuns: cases(120), seed: seedOr(60) },
    )
    expect(told).toBeGreaterThan(open * 5)
  })

  test('is the same for every patient with the same consents: what the store found of a named record changes nothing', () => {
    const rows = rowsOf(consent({ type: 'permit', data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/r1' } }] }))
    const found = [{ kind: 'unknown' }, { kind: 'closed', custodian: 'hospital' }, { kind: 'read', refersTo: ['r2', 'grid'] }] as const
    const answers = found.map((each) =>
      answersFor(rows.map((row) => ({ ...row, data: row.data?.map((t) => ({ ...t, found: each })) ?? null }))),
    )
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })

  test('a psychiatry refusal shows on the psychiatry department of every institution and on nothing else', () => {
    const answers = answersFor(rowsOf(networkConsent({ type: 'deny', actor: [source(department('03'))] })))
    const refused = answers.filter(({ cell, verdict }) => verdict === 'deny' && cell.source !== 'tertiary')
    // genetic findings never leave their house, consent or not
    expect(kindsOf(refused)).toEqual([
      'clinic department:03',
      'clinic sensitivity:GDIS',
      'hospital department:03',
      'hospital sensitivity:GDIS',
    ])
  })

  test('a directed consent opens the records it names and no others', () => {
    const directed = consent({
      actor: [receiver(organization('tertiary'))],
      purpose: purposes('TREAT'),
      data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/referral-6' } }],
    })
    const permitted = answersFor(rowsOf(directed)).filter(({ cell, verdict }) => verdict !== 'deny' && cell.source === 'clinic')
    expect(kindsOf(permitted)).toEqual(['clinic record:referral-6'])
    expect([...new Set(permitted.map(({ verdict }) => verdict))]).toEqual(['permit'])
  })

  test('a refusal of a record that may not exist leaves open what it reaches', () => {
    const rows = rowsOf(
      networkConsent({ type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'Observation/somewhere' } }] }),
    )
    const verdicts = answersFor(rows).flatMap(({ cell, verdict }) =>
      cell.source === 'clinic' && cell.kind.by === 'plain' ? [verdict] : [],
    )
    expect([...new Set(verdicts)]).toEqual(['depends'])
  })
})

function rowsOf(one: ReturnType<typeof consent>): readonly ProvisionRow[] {
  return compile(one, input()).rows
}

function answersFor(rows: readonly ProvisionRow[]): readonly CellAnswer[] {
  const cells = gridOf(sources, rows, { person: 'person-1', nowMs: now })
  return simulate({ request: request('tertiary'), rows, environment: sandbox, nowMs: now }, cells)
}

function kindsOf(answers: readonly CellAnswer[]): readonly string[] {
  return [...new Set(answers.map(({ cell }) => `${cell.source} ${labelOf(cell.kind)}`))].sort()
}

function labelOf(kind: Kind): string {
  return [kind.by, 'code' in kind ? kind.code : 'id' in kind ? kind.id : ''].join(':')
}
