import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import type { Parcel } from '../../../adapters/contract.ts'
import { answerParcel } from '../../../adapters/sql-view/map-answer.ts'
import { feedParcel } from '../../../adapters/sql-view/map.ts'
import { inboxRow } from '../../../adapters/sql-view/map-inbox.ts'
import { referralParcel } from '../../../adapters/sql-view/map-referral.ts'
import { withoutResidentNumbers } from '../../../adapters/sql-view/map-row.ts'
import { codingsOf, dateOf, localId, quantityOf } from '../../../adapters/sql-view/map-values.ts'
import type { SqlRow } from '../../../adapters/sql-view/source.ts'
import { system } from '../../../fhir-profiles/codes.ts'
import type { Task } from '../../../fhir-profiles/r4.ts'
import { validate } from '../../../fhir-profiles/validate/validate.ts'
import { clinicMapping, mapContext } from './fixture.ts'

const mapping = clinicMapping()
const context = mapContext(mapping)

function feed(view: string, row: SqlRow): Parcel {
  const found = mapping.views.find((each) => each.view === view)
  if (found === undefined) throw new Error(`no view ${view}`)
  return feedParcel('p', found, row, context)
}

const diagnosis = {
  DX_NO: 7,
  VST_NO: 3,
  PT_NO: 'C-0001',
  DX_CD: 'E119',
  DX_NM: '2형 당뇨병',
  DX_STS: '1',
  DX_DTM: '202603010930',
  CHG_NO: 41,
}

describe('dates as Korean systems write them', () => {
  test.each([
    ['20260301', 'date', '2026-03-01'],
    ['20260301', 'dateTime', '2026-03-01'],
    ['202603010930', 'dateTime', '2026-03-01T09:30:00+09:00'],
    ['20260301093015', 'instant', '2026-03-01T09:30:15+09:00'],
    ['2026-03-01 09:30', 'instant', '2026-03-01T09:30:00+09:00'],
    ['2026-03-01T00:30:00Z', 'dateTime', '2026-03-01T00:30:00Z'],
    ['2026-03-01T20:30:00Z', 'date', '2026-03-02'],
    ['202603010930', 'date', '2026-03-01'],
    ['2026-03', 'dateTime', '2026-03'],
    ['2026', 'date', '2026'],
    ['20240229', 'date', '2024-02-29'],
  ] as const)('%s as %s is %s', (text, as, expected) => {
    expect(dateOf(text, as, '+09:00')).toBe(expected)
  })

  test.each([
    ['20260229', 'date'],
    ['00000000', 'date'],
    ['20261301', 'date'],
    ['202603012460', 'dateTime'],
    ['680417', 'date'],
    ['어제', 'date'],
    ['20260301', 'instant'],
  ] as const)('%s is no %s: no day and no midnight is invented', (text, as) => {
    expect(dateOf(text, as, '+09:00')).toBeUndefined()
  })
})

describe('codes', () => {
  test.each([
    ['I10', 'I10'],
    ['I614', 'I61.4'],
    ['R05.', 'R05'],
    ['e11.9', 'E11.9'],
  ])('KCD written `%s` is %s', (local, code) => {
    const kcd = { entries: {}, otherwise: { system: 'kcd8', form: 'kcd' } } as const
    expect(codingsOf(local, kcd)).toEqual([{ system: 'http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8', code }])
  })

  test('a drug carries its EDI and ATC codes, the ingredient also where KR Core looks for it', () => {
    const row = {
      RX_NO: 1,
      VST_NO: 1,
      PT_NO: 'C-0001',
      DRUG_CD: 'AML5',
      DRUG_NM: '암로디핀',
      DOSE_QTY: 1,
      DOSE_UNIT: '정',
      FREQ_DAY: 1,
      RX_DAYS: 7,
      USAGE_TXT: null,
      RX_STS: '1',
      RX_DTM: '202603010930',
      CHG_NO: 1,
    }
    const { bundle, gaps } = feed('V_IF_RX', row)
    expect(bundle.entry?.[0]?.resource).toMatchObject({
      status: 'active',
      medicationCodeableConcept: {
        extension: [{ valueCodeableConcept: { coding: [{ system: 'http://www.whocc.no/atc', code: 'C08CA01' }] } }],
        coding: [
          { system: 'http://www.hl7korea.or.kr/CodeSystem/hira-edi-medication' },
          { system: 'http://www.whocc.no/atc', code: 'C08CA01' },
        ],
        text: '암로디핀',
      },
    })
    expect(gaps).toEqual([])
  })

  test('a local code without an entry stays readable as text and is a Gap that names the column, not the value', () => {
    const { bundle, gaps } = feed('V_IF_DX', { ...diagnosis, DX_CD: '우리병원-감기' })
    expect(bundle.entry?.[0]?.resource).toMatchObject({ code: { text: '2형 당뇨병' } })
    expect(gaps).toEqual([
      { gap: 'unmappable', element: 'V_IF_DX.DX_CD', reason: 'the concept map `diagnosis` has no entry for this code' },
    ])
  })

  test('a status code without an entry becomes what the mapping names for it, and a Gap', () => {
    const { bundle, gaps } = feed('V_IF_DX', { ...diagnosis, DX_STS: '7' })
    expect(bundle.entry?.[0]?.resource).toMatchObject({ clinicalStatus: { coding: [{ code: 'active' }] } })
    expect(gaps.map((gap) => gap.element)).toEqual(['V_IF_DX.DX_STS'])
  })

  test.each([
    ['13.5', { value: 13.5 }],
    ['<0.05', { value: 0.05, comparator: '<' }],
    ['>= 200', { value: 200, comparator: '>=' }],
    ['음성', undefined],
    ['1,200', undefined],
  ])('a result `%s` is %j', (text, expected) => {
    expect(quantityOf(text)).toEqual(expected)
  })

  test('a result in words is a string, a unit without an entry is text and a Gap', () => {
    const lab = {
      LAB_NO: 1,
      VST_NO: 1,
      PT_NO: 'C-0001',
      ITEM_CD: 'GLU',
      ITEM_NM: '혈당',
      RSLT_VAL: '음성',
      UNIT_NM: null,
      REF_LOW: null,
      REF_HIGH: null,
      RSLT_DTM: '202603010930',
      CHG_NO: 1,
    }
    expect(feed('V_IF_LAB', lab).bundle.entry?.[0]?.resource).toMatchObject({ id: 'lab-1', valueString: '음성' })
    const odd = feed('V_IF_LAB', { ...lab, RSLT_VAL: '5', UNIT_NM: '점' })
    expect(odd.bundle.entry?.[0]?.resource).toMatchObject({ valueQuantity: { value: 5, unit: '점' } })
    expect(odd.gaps.map((gap) => gap.element)).toEqual(['V_IF_LAB.UNIT_NM'])
  })
})

describe('resident numbers stop at the edge', () => {
  const patient = {
    PT_NO: 'C-0001',
    PT_NM: '강하늘',
    SEX_CD: '2',
    BIRTH_DT: '19680417',
    JUMIN_NO: '680417-2000000',
    TEL_NO: null,
    ADDR: null,
    ZIP_NO: null,
    INS_CD: '10',
    CHG_NO: 1801010000000,
  }
  const view = { view: 'V_IF_PTNT', change: 'CHG_NO', residentNumbers: ['JUMIN_NO'] }

  test('the column named for them is emptied, with a Gap and without the value', () => {
    const { row, gaps } = withoutResidentNumbers(view, patient)
    expect(JSON.stringify([row, gaps])).not.toContain('680417-2')
    expect(gaps).toEqual([
      { gap: 'dropped-by-law', element: 'V_IF_PTNT.JUMIN_NO', reason: 'a resident number does not leave the institution' },
    ])
  })

  test('one that hides in another column or in a letter is taken out there too', () => {
    const hidden = { ...patient, JUMIN_NO: null, ZIP_NO: '6804172000000', ADDR: '보호자 680417-2000000 확인', TEL_NO: 6804172000000 }
    const { row, gaps } = withoutResidentNumbers(view, hidden)
    expect(JSON.stringify(row)).not.toMatch(/680417-?2000000/)
    expect(row['ADDR']).toMatch(/^보호자 .* 확인$/)
    expect(gaps.map((gap) => gap.element).sort()).toEqual(['V_IF_PTNT.ADDR', 'V_IF_PTNT.TEL_NO', 'V_IF_PTNT.ZIP_NO'])
  })

  test('a change number made from a clock is not taken for one', () => {
    expect(withoutResidentNumbers(view, patient).row['CHG_NO']).toBe(1801010000000)
  })
})

describe('ids', () => {
  test('two different keys never share an id', () => {
    const keys = [['a', 'b'], ['a..b'], ['a.2e', 'b'], ['a_b'], ['a.b'], ['가'], ['a b']]
    const ids = keys.map((key) => localId('', key))
    expect(new Set(ids).size).toBe(keys.length)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9\-.]{1,64}$/)
  })

  test('a key that is empty or too long makes no resource, but somebody is told', () => {
    for (const key of [null, 'x'.repeat(65)]) {
      const { bundle, gaps } = feed('V_IF_DX', { ...diagnosis, DX_NO: key })
      expect(bundle.entry).toBeUndefined()
      expect(gaps).toEqual([{ gap: 'unmappable', element: 'V_IF_DX.DX_NO', reason: 'the key is empty or too long for an id' }])
    }
  })
})

test('a column the view does not have is a Gap, not an empty value', () => {
  const { DX_NM: _without, ...row } = diagnosis
  expect(feed('V_IF_DX', row).gaps).toEqual([{ gap: 'unmappable', element: 'V_IF_DX.DX_NM', reason: 'the view has no such column' }])
})

describe('samples', () => {
  const folder = new URL('../../../adapters/sql-view/samples/', import.meta.url)
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  const names = readdirSync(folder).filter((name) => name.endsWith('.row.json'))

  test.each(names)('%s becomes the Bundle beside it, and that is valid R4', (name) => {
    // Rows of the samples are written by hand as plain columns.
    const row = read(name) as SqlRow
    const parcel = sampleParcel(name, row)
    expect(parcel.bundle).toEqual(read(name.replace('.row.', '.bundle.')))
    expect(validate(parcel.bundle)).toEqual([])
  })

  test('answer-in.parcel.json becomes the inbox row beside it', () => {
    const parcel = read('answer-in.parcel.json') as Parcel
    const { inbox } = mapping
    if (inbox === undefined) throw new Error('the clinic has an inbox')
    expect(inboxRow(parcel, inbox, context, new Date('2026-03-05T06:00:00Z'))).toEqual({ ok: true, row: read('answer-in.inbox.json') })
  })
})

test('who pays is told where the clinic has a column for it, and never guessed', () => {
  const { outbox } = mapping
  if (outbox === undefined) throw new Error('the clinic has an outbox')
  const row = { REF_NO: 'R1', PT_NO: 'C-0001', REF_DTM: '202603010930', REQ_DEPT: 'IM', RSN_TXT: '의뢰', URG_CD: 'N', INS_CD: '20' }
  const insured = {
    ...outbox,
    columns: { ...outbox.columns, insurance: 'INS_CD' },
    concepts: { ...outbox.concepts, insurance: 'insurance' },
  }
  const requestOf = (parcel: Parcel) =>
    parcel.bundle.entry?.map(({ resource }) => resource).find((each) => each?.resourceType === 'ServiceRequest')
  const request = requestOf(referralParcel('p', insured, row, context))
  expect(request).toMatchObject({
    insurance: [{ reference: '#coverage' }],
    contained: [{ resourceType: 'Coverage', type: { coding: [{ system: system.insuranceType, code: '5' }] } }],
  })
  expect(validate(request).filter(({ severity }) => severity === 'error')).toEqual([])
  expect(requestOf(referralParcel('p', outbox, row, context))).not.toHaveProperty('insurance')
})

test('a referral that its sender takes back is a row that names the message that brought it, and who takes it back', () => {
  const { inbox } = mapping
  if (inbox === undefined) throw new Error('the clinic has an inbox')
  const task: Task = {
    resourceType: 'Task',
    status: 'cancelled',
    intent: 'order',
    statusReason: { text: '환자 요청' },
    requester: { identifier: { system: system.institutionNumber, value: '11100002' }, display: '한빛종합병원' },
    owner: { identifier: { system: system.institutionNumber, value: '31100001' } },
    identifier: ['request-1', 'cancel-1'].map((value) => ({ system: system.parcel, value })),
  }
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: task }] } as const
  const parcel: Parcel = { id: 'cancel-1', kind: 'referral-response', bundle: { ...bundle, entry: [...bundle.entry] }, gaps: [] }
  expect(inboxRow(parcel, inbox, context, new Date('2026-03-05T06:00:00Z'))).toMatchObject({
    ok: true,
    row: { MSG_ID: 'cancel-1', STS_CD: '95', STS_RSN: '환자 요청', REF_NO: 'request-1', FROM_INST_NO: '11100002' },
  })
})

function sampleParcel(name: string, row: SqlRow): Parcel {
  const { outbox, answers } = mapping
  if (name.startsWith('referral') && outbox !== undefined) return referralParcel('sample', outbox, row, context)
  if (name.startsWith('answer') && answers !== undefined) return answerParcel('sample', answers, row, context)
  const view = {
    patient: 'V_IF_PTNT',
    visit: 'V_IF_VST',
    diagnosis: 'V_IF_DX',
    prescription: 'V_IF_RX',
    result: 'V_IF_LAB',
    allergy: 'V_IF_ALG',
  }[name.split('.')[0] ?? '']
  return {
    ...feed(view ?? '', row),
    id: 'sample',
    bundle: { ...feed(view ?? '', row).bundle, identifier: { system: 'https://care-network.kr/fhir/Identifier/parcel', value: 'sample' } },
  }
}
