/**
 * How sensitive a record is, from its codes and its department. The cases of LEAP that label and redact are held against ours; where we
 * differ is named in docs/consent-oracles.md.
 */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { facts } from '../../fhir-profiles/facts.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { Resource } from '../../fhir-profiles/r4.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import { labelsOf } from '../../consent/label.ts'
import { rankOf, sensitivityOf, withNarrower } from '../../consent/label-order.ts'
import { contentFacts } from '../../consent/record-facts.ts'
import { unknownWord } from '../../consent/types.ts'

const folder = new URL('../../../shared/cases/consent/', import.meta.url)
const isThere = existsSync(folder)
const when = isThere ? describe : describe.skip
const how = isThere ? '' : ' (skipped: ../shared absent)'

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
}

function resourceAt(path: string): Resource {
  const value = read(path)
  if (!isResource(value)) throw new Error(`${path} is no resource`)
  return value
}

interface Word {
  readonly system: string
  readonly code: string
}

function labelled(resource: Resource) {
  const found = facts(resource)
  return labelsOf({ codes: found.codes, labels: found.labels, departments: [] })
}

/** Whether our labels say at least what the word says. */
function carries(resource: Resource, word: Word): boolean {
  const { sensitivities, confidentiality } = labelled(resource)
  const rank = rankOf(word)
  if (rank !== undefined) return confidentiality >= rank
  const sensitivity = sensitivityOf(word)
  return sensitivity === undefined
    ? (resource.meta?.security ?? []).some((each) => each.system === word.system && each.code === word.code)
    : withNarrower([sensitivity]).some((code) => sensitivities.includes(code))
}

const restricted: Word = { system: system.confidentiality, code: 'R' }

when(`the labelling and enforcement cases of LEAP${how}`, () => {
  const rows = new Map(
    (isThere ? readFileSync(new URL('leap-enforcement/cases.jsonl', folder), 'utf8').trim().split('\n') : [])
      .map((line): unknown => JSON.parse(line))
      .flatMap((row) => (typeof row === 'object' && row !== null && 'id' in row ? [[String(row.id), row] as const] : [])),
  )
  const wordsOf = (id: string, key: string): readonly Word[] => {
    const words: unknown = Reflect.get(rows.get(id) ?? {}, key)
    return Array.isArray(words) ? words.map((word: Word) => ({ system: word.system, code: word.code })) : []
  }
  const ketamine = () => resourceAt('leap/data/Observation-ketamine.json')
  const statements = () => {
    const bundle = resourceAt('leap-enforcement/data/medication-statement-bundle.json')
    return bundle.resourceType === 'Bundle' ? (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []) : []
  }
  const passes = (resource: Resource): boolean => !carries(resource, restricted)

  test('label-ketamine: a harmful use is labelled as substance use, and restricted', () => {
    const words = wordsOf('label-ketamine', 'labels')
    expect(words.length).toBe(2)
    for (const word of words) expect({ word, isCarried: carries(ketamine(), word) }).toEqual({ word, isCarried: true })
  })

  test('label-keeps-existing: a label of the sender stays where it was', () => {
    const existing = { ...ketamine(), meta: { security: [...wordsOf('label-keeps-existing', 'existing')] } }
    const words = wordsOf('label-keeps-existing', 'labelsInclude')
    expect(words.length).toBe(2)
    for (const word of words) expect({ word, isCarried: carries(existing, word) }).toEqual({ word, isCarried: true })
  })

  test('redact-bundle: of a labelled and an ordinary finding one is left', () => {
    const left = [ketamine(), resourceAt('leap/data/Observation-bacteria.json')].filter(passes)
    expect(left.length).toBe(Reflect.get(rows.get('redact-bundle') ?? {}, 'expectTotal'))
  })

  test('enf-read-permit and enf-read-redacted: the same statement without and with its label', () => {
    const marked = resourceAt('leap-enforcement/data/medication-statement.json')
    expect([passes({ ...marked, meta: {} }), passes(marked)]).toEqual([true, false])
  })

  test('enf-search-mixed: what is restricted, or of a patient who refuses, is not among the statements', () => {
    const left = statements().filter((each) => passes(each) && facts(each).patient !== 'Patient/2')
    expect(left.map(({ id }) => id)).toEqual(Reflect.get(rows.get('enf-search-mixed') ?? {}, 'entryIds'))
  })

  test('every code of their rules has at least the label they give it', () => {
    const coded = (of: string, code: string): Resource => ({
      resourceType: 'Condition',
      subject: {},
      code: { coding: [{ system: of, code }] },
    })
    const icd10 = 'http://hl7.org/fhir/sid/icd-10'
    const act = (code: string): Word => ({ system: system.actCode, code })
    for (const [of, code, word] of [
      [system.snomed, '724713006', act('SUD')],
      [icd10, 'F191', act('SUD')],
      [system.snomed, '145121000119106', act('SUD')],
      [icd10, 'F111', act('SUD')],
      [icd10, 'O48.0', act('SEX')],
    ] as const)
      expect({ code, isCarried: carries(coded(of, code), word) && carries(coded(of, code), restricted) }).toEqual({ code, isCarried: true })
  })
})

describe('a label', () => {
  const observation = (more: object): Resource => ({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: system.loinc, code: '718-7' }] },
    ...more,
  })

  test('of a contained resource counts for the whole record, its codes and what its sender says of it', () => {
    const drug = { resourceType: 'Medication', id: 'm', code: { coding: [{ system: system.atc, code: 'N05AH04' }] } }
    const request = {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      subject: {},
      contained: [drug],
      medicationReference: { reference: '#m' },
    }
    expect(labelled(request as Resource).sensitivities).toEqual(['PSY'])
    expect(contentFacts(facts(request as Resource), []).codes).not.toContain(unknownWord)
    const said = { ...drug, code: { text: 'x' }, meta: { security: [{ system: system.actCode, code: 'HIV' }] } }
    expect(labelled({ ...request, contained: [said] } as Resource).sensitivities).toEqual(['HIV'])
  })

  test('of one element (DS4P inline label) counts for the record, and is no code of it', () => {
    const url = 'http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label'
    const inline = { extension: [{ url, valueCoding: { system: system.actCode, code: 'SDV' } }], text: '타박상' }
    const found = contentFacts(facts(observation({ note: [inline] })), [])
    expect([found.sensitivities, found.codes.some((code) => code.includes('SDV'))]).toEqual([['SDV'], false])
  })

  test('covers the free text of its record: there is one label for codes, words and narrative', () => {
    const told = observation({ note: [{ text: 'HIV 양성' }], text: { status: 'generated', div: '<div>HIV</div>' } })
    expect(contentFacts(facts(told), []).sensitivities).toEqual([])
    const coded = observation({ ...told, code: { coding: [{ system: system.loinc, code: '20447-9' }] } })
    expect(contentFacts(facts(coded), []).sensitivities).toEqual(['HIV'])
  })

  test('says why it is there', () => {
    expect(contentFacts(facts(observation({})), ['03']).labelBasis).toEqual(['PSY · 정신건강복지법 제71조'])
    expect(contentFacts(facts(observation({ meta: { security: [{ system: system.actCode, code: 'HIV' }] } })), []).labelBasis).toEqual([
      'HIV · sender',
    ])
  })

  test('is not put on medicines that are mostly taken for something else', () => {
    const drug = (atc: string) => observation({ code: { coding: [{ system: system.atc, code: atc }] } })
    for (const atc of ['N05AL07', 'N05AB04', 'N05BA12', 'N06BA07', 'J05AF05', 'J05AF10', 'J05AF13', 'G04CA02', 'F17'])
      expect({ atc, found: labelled(drug(atc)).sensitivities }).toEqual({ atc, found: [] })
    for (const [atc, word] of [
      ['N05AH04', 'PSY'],
      ['N05AL05', 'PSY'],
      ['J05AF06', 'HIV'],
      ['J05AR20', 'HIV'],
    ])
      expect({ atc, found: labelled(drug(atc ?? '')).sensitivities }).toEqual({ atc, found: [word] })
  })
})

describe('a record that says in words only what it is about', () => {
  const inWords = (resource: object): boolean => contentFacts(facts(resource as Resource), []).codes.includes(unknownWord)
  const text = { text: '우울증' }
  const unknown = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'unknown' }] }

  test.each([
    ['Condition', { code: text }],
    ['Condition', {}],
    ['Condition', { code: unknown }],
    ['Observation', { code: text, category: [{ coding: [{ system: 's', code: 'c' }] }] }],
    ['MedicationRequest', { medicationCodeableConcept: text }],
    ['MedicationRequest', { medicationReference: { reference: 'Medication/1' } }],
    ['MedicationRequest', { contained: [{ resourceType: 'Medication', id: 'm', code: text }], medicationReference: { reference: '#m' } }],
    ['Procedure', { code: text }],
    ['AllergyIntolerance', { code: text }],
    ['DiagnosticReport', { code: text }],
    ['Immunization', { vaccineCode: text }],
    ['ServiceRequest', { code: text }],
  ])('is reached by a refusal of any code: %s %j', (resourceType, more) => {
    expect(inWords({ resourceType, ...more })).toBe(true)
  })

  test.each([
    ['Condition', { code: { coding: [{ system: system.kcd8, code: 'I10' }], text: '고혈압' } }],
    ['MedicationRequest', { medicationCodeableConcept: { coding: [{ system: system.ediMedication, code: '1' }] } }],
    ['ServiceRequest', { reasonCode: [text] }],
    ['Encounter', { class: { code: 'AMB' } }],
    ['Patient', {}],
  ])('is told from one that names its code, or has none by nature: %s %j', (resourceType, more) => {
    expect(inWords({ resourceType, ...more })).toBe(false)
  })
})
