import { expect, test } from '@jest/globals'
import { readMapping } from '../../../adapters/sql-view/mapping-faults.ts'
import { mappingJson, smallMapping } from './fixture.ts'

function faults(mapping: unknown): readonly string[] {
  const reading = readMapping(mapping)
  return reading.ok ? [] : reading.faults
}

const [patients] = smallMapping.views

test('the mapping of the sandbox clinic has no fault', () => {
  expect(faults(mappingJson())).toEqual([])
})

test('every fault of the shape is listed at once, with its place', () => {
  const broken = {
    ...smallMapping,
    utcOffset: '9',
    views: [
      { ...patients, resource: 'Person', key: [] },
      {
        ...patients,
        view: 'V; DROP TABLE P',
        elements: [
          { to: 'Name', as: 'text', column: 'NM' },
          { to: 'gender', as: 'guess', column: 'NM' },
        ],
      },
    ],
  }
  const found = faults(broken)
  for (const place of [
    'mapping/utcOffset',
    'mapping/views/0/resource',
    'mapping/views/0/key',
    'mapping/views/1/view',
    'mapping/views/1/elements/0/to',
    'mapping/views/1/elements/1',
  ]) {
    expect(found.some((fault) => fault.startsWith(`\`${place}\``))).toBe(true)
  }
})

test('every fault of the meaning is listed at once', () => {
  const wrong = {
    ...smallMapping,
    concepts: { drug: { entries: { A: [{ system: 'ediMedication', code: '12' }], B: [{ system: 'nowhere', code: 'x' }] } } },
    views: [
      { ...patients, residentNumbers: ['NM'] },
      {
        ...patients,
        view: 'V_DX',
        resource: 'Condition',
        elements: [
          { to: 'code', as: 'concept', column: 'DX', concept: 'kcd' },
          { to: 'code', as: 'text', column: 'DX' },
          { to: 'encounter', as: 'reference', column: 'VST', type: 'Encounter' },
          { to: 'id', as: 'text', column: 'DX' },
        ],
      },
      { ...patients, view: 'V_P2' },
    ],
    inbox: { ...smallMapping.inbox, key: 'KIND' },
  }
  expect([...faults(wrong)].sort()).toEqual(
    [
      'view `V_P` could make the Patient ids of another view: give each an `idPrefix`, none beginning another',
      'view `V_P2` could make the Patient ids of another view: give each an `idPrefix`, none beginning another',
      '`V_P.NM` holds resident numbers and must not be mapped',
      'view `V_DX` fills `code` twice',
      'view `V_DX` must not fill `id`: it comes from the key',
      'view `V_DX` fills no `Condition.subject`',
      'view `V_DX`, `code`: there is no concept map `kcd`',
      'view `V_DX`, `encounter`: no view makes Encounter with the prefix ``',
      'concept map `drug`, `A`: `12` is not how ediMedication codes are written',
      'concept map `drug`: `nowhere` is no known code system',
      'inbox: the key column `KIND` must carry the fact `parcel`',
    ].sort(),
  )
})

test('outbox, inbox and answers may only name maps that are there', () => {
  const wrong = {
    ...smallMapping,
    outbox: {
      view: 'V_O',
      change: 'CHG',
      key: ['NO'],
      columns: { number: 'NO', patient: 'P', writtenAt: 'AT' },
      concepts: { department: 'dept' },
      values: { urgency: 'urg' },
    },
    answers: { view: 'V_A', change: 'CHG', key: ['NO'], columns: { parcel: 'M', status: 'S' }, values: { status: 'sts' } },
  }
  expect(faults(wrong)).toEqual(['there is no concept map `dept`', 'there is no value map `urg`', 'there is no value map `sts`'])
})

test('something that is no object is a fault, not a crash', () => {
  for (const input of [null, 3, 'x', []]) expect(faults(input).length).toBeGreaterThan(0)
})
