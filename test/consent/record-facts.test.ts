/** What decisions read of a record, and how a record rises when it turns out to belong to a department as well. */
import { expect, test } from '@jest/globals'
import { system } from '../../fhir-profiles/codes.ts'
import { farFutureMs, farPastMs } from '../../consent/instant.ts'
import { labellerVersion } from '../../consent/label.ts'
import { contentFacts, departmentsIn, factsOf, raisedBy, unlabelled } from '../../consent/record-facts.ts'
import { facts } from '../../fhir-profiles/facts.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { record } from './support/builders.ts'

test('a record whose labelling failed is as sensitive as can be', () => {
  expect(unlabelled).toEqual({
    codes: ['?'],
    confidentiality: 6,
    sensitivities: ['?'],
    labelBasis: [],
    fromMs: farPastMs,
    untilMs: farFutureMs,
  })
})

test('a record carries its codes with the broader ones, its labels and why, and the date it is about', () => {
  const observation: Resource = {
    resourceType: 'Observation',
    status: 'final',
    code: {
      coding: [
        { system: system.kcd8, code: 'F20.1' },
        { system: 'urn:a', code: 'b' },
      ],
    },
    effectiveDateTime: '2026-03-02T10:00:00+09:00',
  }
  const instant = Date.parse('2026-03-02T10:00:00+09:00')
  expect(contentFacts(facts(observation), ['03'])).toEqual({
    codes: ['urn:a|b', `${system.kcd8}|F20`, `${system.kcd8}|F20.1`].sort(),
    confidentiality: 4,
    sensitivities: ['PSY'],
    labelBasis: ['PSY · 정신건강복지법 제71조'],
    fromMs: instant,
    untilMs: instant + 999,
  })
  const undated: Resource = { resourceType: 'Observation', status: 'final', code: { text: '두통' } }
  expect(contentFacts(facts(undated), [])).toMatchObject({ codes: ['?'], fromMs: farPastMs, untilMs: farFutureMs })
})

test('what decisions read of a row is all of it and nothing else; of nobody`s record the person is empty', () => {
  const { person, custodian, ...rest } = record('clinic', { codes: ['a'], relations: ['r'], fromMs: 1, untilMs: 2 })
  const row = { ...rest, institution: custodian, labelBasis: ['x'] }
  expect(factsOf({ ...row, person })).toEqual({ ...rest, person, custodian })
  expect(factsOf({ ...row, person: null }).person).toBe('')
})

test('departments are told by their two digits', () => {
  expect(departmentsIn(['dept:03', 'org:clinic', 'dept:3', 'dept:033', 'xdept:01', 'dept:01'])).toEqual(['03', '01'])
})

test('a record that belongs to another department rises, and never falls', () => {
  const known = record('clinic', { sensitivities: ['HIV'], confidentiality: 3 })
  expect(raisedBy(known, ['dept:03', 'dept:01'])).toEqual({
    sources: ['dept:01', 'dept:03', 'org:clinic', 'org:network'],
    confidentiality: 4,
    sensitivities: ['HIV', 'PSY'],
    labelBasis: ['PSY · 정신건강복지법 제71조'],
  })
  expect(raisedBy({ ...known, confidentiality: 5 }, ['dept:02'])).toMatchObject({
    confidentiality: 5,
    sensitivities: ['HIV'],
    labelBasis: [],
  })
})

test('records are labelled anew when the version of the labels rises', () => {
  expect(labellerVersion).toBe(3)
})
