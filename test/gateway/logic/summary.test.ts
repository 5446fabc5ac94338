import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { profile, system } from '../../../fhir-profiles/codes.ts'
import type { Observation, Resource } from '../../../fhir-profiles/r4.ts'
import { constantSentence } from '../../../gateway/logic/summary/narrative.ts'
import {
  allergies,
  allergy,
  at,
  base,
  build,
  clinic,
  compositionIn,
  concept,
  condition,
  entry,
  hospital,
  lab,
  listed,
  medications,
  noKnownAllergy,
  prescription,
  problems,
  references,
  sectionIn,
} from './summary-builders.ts'
import { generateAlike } from '../../support/proof.ts'

generateAlike(fc)

describe('the document', () => {
  const bundle = build([...at(clinic, condition('c1'), prescription('m1')), ...at(hospital, lab('o1'), allergy('a1'))])

  test('is an IPS document: identifier, time, composition first, one patient', () => {
    expect(bundle).toMatchObject({ resourceType: 'Bundle', type: 'document', timestamp: '2026-03-01T09:00:00+09:00' })
    expect(bundle.identifier?.value).toMatch(/^urn:uuid:/)
    expect(compositionIn(bundle).type?.coding?.[0]).toMatchObject({ system: system.loinc, code: '60591-5' })
    expect(bundle.entry?.filter(({ resource }) => resource?.resourceType === 'Patient')).toHaveLength(1)
    expect(bundle.entry?.filter(({ resource }) => resource?.resourceType === 'Composition')).toHaveLength(1)
    expect(
      bundle.entry?.every(({ search, request, response }) => search === undefined && request === undefined && response === undefined),
    ).toBe(true)
  })

  test('every entry has its own full URL, and every reference leads to one of them', () => {
    const urls = (bundle.entry ?? []).map(({ fullUrl }) => fullUrl ?? '')
    expect(new Set(urls).size).toBe(urls.length)
    expect(urls.every((url) => url.startsWith(`${base}/`))).toBe(true)
    expect(references(bundle).filter((reference) => !urls.includes(reference))).toEqual([])
  })

  test('every entry names its source, and the section names the institution', () => {
    expect((bundle.entry ?? []).every(({ resource }) => (resource?.meta?.source ?? '') !== '')).toBe(true)
    expect(entry(bundle, 'o1')?.meta?.source).toBe('urn:oid:1.2.410.100110.10.11100002')
    expect(sectionIn(bundle, '30954-2')?.entry?.[0]?.display).toBe('한빛종합병원')
    expect(sectionIn(bundle, problems)?.text?.div).toContain('해맑은의원')
  })

  test('nothing of the patient stands in an id or a URL', () => {
    const ids = (bundle.entry ?? []).map(({ fullUrl, resource }) => `${fullUrl} ${resource?.id}`).join(' ')
    expect(ids).not.toMatch(/강하늘|1968|C-0001/)
    expect(JSON.stringify(bundle)).not.toContain(profile.referralTask)
  })
})

describe('what is empty looks the same as what is hidden', () => {
  test('allergies, problems and medications are always there, empty as `unavailable`', () => {
    const bundle = build([])
    for (const code of [allergies, problems, medications]) {
      expect(sectionIn(bundle, code)).toMatchObject({ emptyReason: { coding: [{ system: system.listEmptyReason, code: 'unavailable' }] } })
      expect(sectionIn(bundle, code)?.entry).toBeUndefined()
      expect(sectionIn(bundle, code)?.text?.div).toContain('<div xmlns="http://www.w3.org/1999/xhtml">')
    }
  })

  test('the sentence about consent is the same on every summary, in Korean and English', () => {
    for (const bundle of [build([]), build(at(clinic, condition('c1'))), build([], [{ institution: hospital }])]) {
      expect(compositionIn(bundle).text?.div).toContain(constantSentence.ko)
      expect(compositionIn(bundle).text?.div).toContain(constantSentence.en.replace("'", '&#39;'))
    }
  })

  test('an institution that did not answer is named; the place for it is always there', () => {
    const [silent, all] = [sectionIn(build([], [{ institution: hospital }]), 'no-answer'), sectionIn(build([]), 'no-answer')]
    expect(silent?.text?.div).toContain('한빛종합병원')
    expect(silent?.extension?.[0]?.valueIdentifier?.value).toBe('11100002')
    expect(all?.text?.div).toContain('없음')
    expect([silent?.title, silent?.emptyReason]).toEqual([all?.title, all?.emptyReason])
  })

  test('"no known allergies" is never made up, and shown when a released record asserts it', () => {
    expect(JSON.stringify(build([]))).not.toContain('716186003')
    expect(listed(build(at(clinic, noKnownAllergy)), allergies)).toEqual(['nka'])
  })
})

describe('only what is true now', () => {
  test('a record entered in error is gone, and takes no copy with it', () => {
    const number = [{ system: 'urn:oid:1.2.3', value: 'A-1' }]
    const wrong = condition('wrong', {
      identifier: number,
      recordedDate: '2026-02-01',
      verificationStatus: { coding: [{ code: 'entered-in-error' }] },
    })
    const bundle = build([
      ...at(clinic, wrong, lab('o1', { status: 'entered-in-error' })),
      ...at(hospital, condition('right', { identifier: number })),
    ])
    expect(listed(bundle, problems)).toEqual(['right'])
    expect(JSON.stringify(bundle)).not.toMatch(/wrong|o1/)
  })

  test('a stopped prescription is no medication, also when an older copy still says active', () => {
    const number = [{ system: 'urn:oid:1.2.3', value: 'RX-1' }]
    const stopped = prescription('m2', { identifier: number, status: 'stopped', authoredOn: '2026-02-01' })
    expect(listed(build([...at(clinic, prescription('m1', { identifier: number })), ...at(hospital, stopped)]), medications)).toEqual([])
  })

  test('a resolved or refuted diagnosis is history, not a problem', () => {
    const resolved = condition('c1', { clinicalStatus: concept('resolved', 'Resolved', system.conditionClinical) })
    expect(listed(build(at(clinic, resolved)), problems)).toEqual([])
    expect(listed(build(at(clinic, resolved)), '11348-0')).toEqual(['c1'])
  })

  test('vital signs stand apart from results, with or without a category', () => {
    const pressure = (id: string): Observation => lab(id, { code: concept('85354-9', 'BP', system.loinc), effectiveDateTime: '2026-02-05' })
    const { category: _, ...bare } = pressure('o2')
    const marked = { ...pressure('o3'), category: [{ coding: [{ system: system.observationCategory, code: 'vital-signs' }] }] }
    const bundle = build(at(clinic, lab('o1'), bare, { ...marked, valueQuantity: { value: 1 } }))
    expect(listed(bundle, '8716-3').sort()).toEqual(['o2', 'o3'])
    expect(listed(bundle, '30954-2')).toEqual(['o1'])
  })

  test('consents, tasks and audit never enter a summary', () => {
    const consent: Resource = { resourceType: 'Consent', id: 'k', status: 'active', scope: {}, category: [] }
    const task: Resource = { resourceType: 'Task', id: 't', status: 'requested', intent: 'order' }
    expect(JSON.stringify(build(at(clinic, consent, task)))).not.toMatch(/"Consent"|"Task"/)
  })
})

describe('nothing points outside', () => {
  test('a reference to what is not here leaves nothing: no id, no display, no number', () => {
    const observation = lab('o1', {
      encounter: { display: '정신건강의학과 외래' },
      performer: [{ reference: 'Practitioner/hidden', display: '숨은 의사' }],
      basedOn: [{ type: 'ServiceRequest', identifier: { system: 'urn:x', value: 'ORDER-9' } }],
      derivedFrom: [{ reference: 'Observation/hidden' }],
      hasMember: [{ reference: `${base}/Observation/hidden/_history/2` }],
      specimen: { reference: 'http://elsewhere.example/Specimen/1' },
    })
    const text = JSON.stringify(build(at(clinic, observation)))
    expect(text).not.toMatch(/hidden|정신건강|숨은|ORDER-9|elsewhere/)
    expect(text).toContain('7.1')
  })

  test('the sender’s own narrative and links to files stay behind', () => {
    const report: Resource = {
      resourceType: 'DiagnosticReport',
      id: 'r1',
      status: 'final',
      code: { text: '흉부 촬영' },
      text: { status: 'generated', div: '<div>소견: 다른 병원 기록 참조</div>' },
      presentedForm: [{ contentType: 'application/pdf', url: `${base}/Binary/hidden` }],
    }
    expect(JSON.stringify(build(at(clinic, report)))).not.toMatch(/다른 병원|Binary/)
  })

  test('an entry is about the patient of the summary, whatever local record it named', () => {
    expect(entry(build(at(clinic, condition('c1', { subject: { reference: 'Patient/local-77' } }))), 'c1')).toMatchObject({
      subject: { reference: `${base}/Patient/p1` },
    })
  })

  test('a drug record comes along when it was released, and is named', () => {
    const drug: Resource = { resourceType: 'Medication', id: 'd1', code: concept('C08CA01', '암로디핀', system.atc) }
    const { medicationCodeableConcept: _, ...bare } = prescription('m1')
    const request: Resource = { ...bare, medicationReference: { reference: 'Medication/d1' } }
    const bundle = build(at(clinic, request, drug))
    expect(entry(bundle, 'm1')).toMatchObject({ medicationReference: { reference: `${base}/Medication/d1` } })
    expect(sectionIn(bundle, medications)?.text?.div).toContain('암로디핀')
    expect(entry(build(at(clinic, request)), 'm1')).toMatchObject({ medicationCodeableConcept: { extension: [{ valueCode: 'unknown' }] } })
    expect(JSON.stringify(build(at(clinic, drug)))).not.toContain('암로디핀')
  })
})

describe('the text', () => {
  test('what a sender writes is text, never markup on another doctor’s screen', () => {
    const nasty = condition('c1', { code: { text: `<script>alert("1")</script> & 'so'\u0000` } })
    const div = sectionIn(build(at(clinic, nasty)), problems)?.text?.div ?? ''
    expect(div).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so&#39;')
    expect(div).not.toContain('<script')
    expect(div).not.toContain('\u0000')
  })

  test('says value, unit, dose, reaction, status and date', () => {
    const pressure = lab('o1', {
      code: { text: '혈압' },
      component: [{ code: { text: '수축기' }, valueQuantity: { value: 128, unit: 'mmHg' } }],
    })
    const dosed = prescription('m1', { dosageInstruction: [{ text: '하루 1회 아침' }] })
    const reacted = allergy('a1', { reaction: [{ manifestation: [{ text: '두드러기' }] }], criticality: 'high' })
    const text = JSON.stringify(compositionIn(build(at(clinic, pressure, dosed, reacted))))
    for (const said of ['수축기 128 mmHg', '7.1 %', '2026-02-01', '하루 1회 아침', '두드러기, high', 'active']) expect(text).toContain(said)
  })

  test('a "do not give" is never listed as a medicine to take', () => {
    expect(sectionIn(build(at(clinic, prescription('m1', { doNotPerform: true }))), medications)?.text?.div).toContain('금지')
  })
})

test('the order in which parts arrive never shows: same parts, same document', () => {
  const parts = [
    ...at(clinic, condition('c1'), lab('o1'), lab('o3'), prescription('m1'), noKnownAllergy),
    ...at(hospital, condition('c2', { recordedDate: '2026-01-05T10:00:00+09:00' }), lab('o2'), allergy('a1'), prescription('m2')),
  ]
  const expected = build(parts)
  fc.assert(fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) => expect(build(shuffled)).toEqual(expected)))
})
