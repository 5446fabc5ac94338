/** Search by what the index holds: prefixes, modifiers, sort, count and pages; what is not supported is named. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { searchParametersOf } from '../../../fhir-profiles/search-parameters.ts'
import { system } from '../../../fhir-profiles/codes.ts'
import type { Reply, TestGateway } from '../../support/gateway-client.ts'
import { condition, encounter, feed, found, issueIds, observation, patient, personId } from '../records.ts'

const local = { system: 'urn:example:local', value: 'L-77' }
const tagged = { meta: { tag: [{ system: 'urn:example:tag', code: 'night' }], profile: ['urn:example:profile|1.0'] } }
const glucose = { code: { coding: [{ system: system.loinc, code: '2345-7' }] } }

const observations = [
  observation('s-1', 'C-0004', { effectiveDateTime: '2026-01-10T08:00:00+09:00', identifier: [local] }),
  observation('s-2', 'C-0004', { effectiveDateTime: '2026-01-20', ...glucose, ...tagged }),
  observation('s-3', 'C-0004', { effectiveDateTime: '2026-02', status: 'preliminary', encounter: { reference: 'Encounter/s-visit' } }),
  observation('s-4', 'C-0005', {
    effectivePeriod: { start: '2026-01-15', end: '2026-03-15' },
    effectiveDateTime: undefined,
    performer: [{ reference: 'Patient/C-0004' }],
  }),
]

const mine = '_id=s-1,s-2,s-3,s-4'

/** query → the local ids it finds, in any order */
const finds: readonly (readonly [query: string, ids: readonly string[]])[] = [
  ['code=2345-7', ['s-2']],
  [`code=${system.loinc}|2345-7`, ['s-2']],
  [`code=${system.loinc}|`, ['s-1', 's-2', 's-3', 's-4']],
  ['code=|2345-7', []],
  ['code=urn:other|2345-7', []],
  ['code=2345-7,8480-6', ['s-1', 's-2', 's-3', 's-4']],
  ['code=2345-7&code=8480-6', []],
  ['code:not=2345-7', ['s-1', 's-3', 's-4']],
  ['status=preliminary', ['s-3']],
  ['status:not=preliminary,final', []],
  [`identifier=${local.system}|${local.value}`, ['s-1']],
  ['identifier=l-77', []],
  ['identifier:missing=false', ['s-1']],
  ['identifier:missing=true', ['s-2', 's-3', 's-4']],
  ['patient=C-0004', ['s-1', 's-2', 's-3']],
  ['patient=Patient/C-0005', ['s-4']],
  ['patient=C-0004,C-0005', ['s-1', 's-2', 's-3', 's-4']],
  ['subject=Patient/C-0004', ['s-1', 's-2', 's-3']],
  ['subject=C-0004', ['s-1', 's-2', 's-3']],
  ['subject:Patient=C-0004', ['s-1', 's-2', 's-3']],
  ['performer=Patient/C-0004', ['s-4']],
  ['patient=nobody', []],
  ['encounter=Encounter/s-visit', ['s-3']],
  ['encounter=s-visit', ['s-3']],
  ['date=2026-01-20', ['s-2']],
  ['date=2026-01', ['s-1', 's-2']],
  ['date=ne2026-01', ['s-3', 's-4']],
  ['date=gt2026-01-20', ['s-3', 's-4']],
  ['date=ge2026-01-20', ['s-2', 's-3', 's-4']],
  ['date=lt2026-01-15', ['s-1']],
  ['date=le2026-01-15', ['s-1', 's-4']],
  ['date=sa2026-01-20', ['s-3']],
  ['date=eb2026-01-20', ['s-1']],
  ['date=ge2026-01-15&date=lt2026-02-01', ['s-2', 's-4']],
  ['date=2026-01-10T08:00:00%2B09:00', ['s-1']],
  ['date=2026-01-09T23:00:00Z', ['s-1']],
  ['_lastUpdated=gt2020-01-01', ['s-1', 's-2', 's-3', 's-4']],
  ['_lastUpdated=lt2020-01-01', []],
  ['_tag=urn:example:tag|night', ['s-2']],
  ['_profile=urn:example:profile|1.0', ['s-2']],
  ['_id=s-2,s-4', ['s-2', 's-4']],
  ['code=', []],
  [`code=2345-7\\,8480-6`, []],
]

/** query → id of the catalogue and the place named */
const refusals: readonly (readonly [query: string, id: string, place: string])[] = [
  ['colour=blue', 'unsupported-parameter', 'Observation.colour'],
  ['code:in=urn:x', 'unknown-value-set', 'code:in'],
  ['subject.colour=x', 'unsupported-parameter', 'Observation.subject.colour'],
  ['_has:Provenance:target:colour=x', 'unsupported-parameter', 'Observation._has:Provenance:target:colour'],
  ['value-quantity=high', 'bad-number', 'value-quantity'],
  ['_include=Observation:colour', 'unsupported-parameter', '_include'],
  ['_summary=some', 'bad-summary', '_summary'],
  ['date:missing=perhaps', 'bad-missing', 'date:missing'],
  ['date=yesterday', 'bad-date', 'date'],

  ['_count=many', 'bad-count', '_count'],
  ['_sort=colour', 'unsupported-parameter', '_sort'],
]

export function searching(gateway: () => TestGateway): void {
  describe('searching', () => {
    const clinic = () => gateway().as('clinic-system')
    const ids = (reply: Reply): string[] => found(reply).map((resource) => resource.id ?? '')
    beforeAll(async () => {
      const visit = encounter('s-visit', 'C-0004', '01')
      await feed(gateway(), 'clinic', [patient('clinic', 4), patient('clinic', 5), visit, ...observations])
      await feed(
        gateway(),
        'clinic',
        [condition('s-b', 'C-0004', 'b'), condition('s-A', 'C-0004', 'A'), condition('s-가', 'C-0004', '가')].map((each) => ({
          ...each,
          id: each.id.replace('가', 'ga'),
        })),
      )
      await feed(gateway(), 'hospital', [patient('hospital', 4), observation('s-1', 'H-0004')])
    })

    test.each(finds)('%s finds %j', async (query, expected) => {
      const reply = await clinic().get(`Observation?${mine}&${query}`)
      expect({ status: reply.status, ids: ids(reply).toSorted() }).toEqual({ status: 200, ids: expected })
      expect(reply.body.total).toBe(expected.length)
    })

    test.each(refusals)('%s is refused by name and never ignored', async (query, id, place) => {
      const reply = await clinic().get(`Observation?${query}`)
      expect([reply.status, issueIds(reply.body), reply.body.issue?.[0]?.expression]).toEqual([400, [id], [place]])
    })

    test('who asks for leniency has unknown parameters left out and the rest obeyed', async () => {
      const reply = await clinic().get(`Observation?colour=blue&code=2345-7&${mine}`, { prefer: 'handling=lenient' })
      expect([reply.status, ids(reply)]).toEqual([200, ['s-2']])
      expect((await clinic().get('Observation?date=yesterday', { prefer: 'handling=lenient' })).status).toBe(400)
    })

    test('names are found by their beginning, by any part, and however the syllables were typed', async () => {
      const doctor = gateway().as('clinic-doctor')
      const names = async (query: string) => found(await doctor.get(`Patient?birthdate=1985-01-30&${query}`)).length
      expect(await names(`name=${encodeURIComponent('오')}`)).toBe(1)
      expect(await names(`name=${encodeURIComponent('오'.normalize('NFD'))}`)).toBe(1)
      expect(await names(`name=${encodeURIComponent('태민')}`)).toBe(0)
      expect(await names(`name:contains=${encodeURIComponent('태민')}`)).toBe(1)
      expect(await names(`name:exact=${encodeURIComponent('오태')}`)).toBe(0)
      expect(await names(`name:exact=${encodeURIComponent('오태민')}`)).toBe(1)
      expect(await names('name=%25')).toBe(0)
      expect(await names('name=_')).toBe(0)
    })

    test('sorting is by the value asked, both ways, ties and absent values included, the same on every database', async () => {
      const sorted = async (query: string) => ids(await clinic().get(`Observation?${mine}&${query}`))
      expect(await sorted('_sort=date')).toEqual(['s-1', 's-4', 's-2', 's-3'])
      expect(await sorted('_sort=-date')).toEqual(['s-3', 's-2', 's-4', 's-1'])
      expect((await sorted('_sort=identifier'))[0]).toBe('s-1')
      expect((await sorted('_sort=-identifier'))[0]).toBe('s-1')
      expect(await sorted('_sort=status,-date')).toEqual(['s-2', 's-4', 's-1', 's-3'])
      expect(ids(await clinic().get('Condition?patient=C-0004&_sort=code'))).toEqual(['s-A', 's-b', 's-ga'])
      expect(ids(await clinic().get('Condition?patient=C-0004&_sort=-code'))).toEqual(['s-ga', 's-b', 's-A'])
      expect(await sorted('_sort=_id')).toEqual(['s-1', 's-2', 's-3', 's-4'])
    })

    test('pages follow one another and bring every record exactly once', async () => {
      const seen: string[] = []
      let path: string | undefined = `Observation?${mine}&_count=3&_sort=date`
      for (let page = 0; path !== undefined && page < 5; page += 1) {
        const reply: Reply = await clinic().get(path)
        expect([reply.status, reply.body.total]).toEqual([200, 4])
        seen.push(...ids(reply))
        path = reply.body.link?.find((link) => link.relation === 'next')?.url.split('/fhir/R4/')[1]
        // a link may be written into a log or a history: it says nothing of what was asked
        expect(path ?? '').not.toContain('s-1')
      }
      expect(seen).toEqual(['s-1', 's-4', 's-2', 's-3'])
    })

    test('a doctor pages through more patients than one page holds', async () => {
      const doctor = gateway().as('clinic-doctor')
      const seen: string[] = []
      let path: string | undefined = 'Patient?_count=2&_sort=birthdate'
      let total = 0
      for (let page = 0; path !== undefined && page < 9; page += 1) {
        const reply: Reply = await doctor.get(path)
        total = reply.body.total ?? 0
        seen.push(...ids(reply))
        path = reply.body.link?.find((link) => link.relation === 'next')?.url.split('/fhir/R4/')[1]
      }
      expect(total).toBeGreaterThanOrEqual(4)
      expect([seen.length, new Set(seen).size]).toEqual([total, total])
    })

    test('_count=0 answers the number alone', async () => {
      const reply = await clinic().get(`Observation?${mine}&_count=0`)
      expect([reply.body.total, reply.body.entry, reply.body.link?.length]).toEqual([4, undefined, 1])
      const people = await gateway()
        .as('clinic-doctor')
        .get(`Patient?_id=${await personId(gateway(), 4)}&_count=0`)
      expect([people.body.total, found(people).length]).toEqual([1, 0])
    })

    test('a search by POST finds what the same search by GET finds', async () => {
      const form = `${mine}&code=${encodeURIComponent(`${system.loinc}|2345-7`)}`
      const posted = await clinic().send('POST', 'Observation/_search', { 'content-type': 'application/x-www-form-urlencoded' }, form)
      expect([posted.status, ids(posted)]).toEqual([200, ['s-2']])
      const json = await clinic().post('Observation/_search', { code: '2345-7' })
      expect([json.status, issueIds(json.body)]).toEqual([415, ['media-type']])
    })

    test('a doctor searches by person, and by whatever the person is written as', async () => {
      const person = await personId(gateway(), 4)
      const doctor = gateway().as('clinic-doctor')
      const total = async (query: string) => (await doctor.get(`Observation?${query}`)).body.total
      expect(await total(`patient=${person}`)).toBe(3)
      expect(await total(`patient=Patient/${person}`)).toBe(3)
      expect(await total('patient=C-0004')).toBe(3)
      expect(await total(`subject=Patient/${person}`)).toBe(3)
      expect(await total(`subject=${person}`)).toBe(3)
      expect(await total(`performer=Patient/${person}`)).toBe(1)
      expect(await total('patient=H-0004')).toBe(0)
    })

    test('what refers to a record, and what it refers to, comes along where it is asked for', async () => {
      const along = async (query: string) =>
        found(await clinic().get(`Observation?${query}`)).map(({ resourceType, id }) => `${resourceType}/${id}`)
      expect(await along('_id=s-3&_include=Observation:encounter')).toEqual(['Observation/s-3', 'Encounter/s-visit'])
      expect(await along('_id=s-3&_include=Observation:patient&_include=Observation:encounter')).toEqual([
        'Observation/s-3',
        'Encounter/s-visit',
        'Patient/C-0004',
      ])
      expect((await along('_id=s-4&_include=*')).toSorted()).toEqual(['Observation/s-4', 'Patient/C-0004', 'Patient/C-0005'])
      const back = found(await clinic().get('Encounter?_id=s-visit&_revinclude=Observation:encounter&_include:iterate=Observation:patient'))
      expect(back.map(({ id }) => id)).toEqual(['s-visit', 's-3', 'C-0004'])
      const modes = (await clinic().get('Observation?_id=s-3&_include=Observation:encounter')).body
      expect([modes.total, modes.entry?.map(({ search }) => search?.mode)]).toEqual([1, ['match', 'include']])
      const doctor = gateway().as('clinic-doctor')
      const person = await personId(gateway(), 4)
      const people = found(await doctor.get(`Observation?patient=${person}&_include=Observation:patient`))
      expect(people.filter(({ resourceType }) => resourceType === 'Patient').map(({ id }) => id)).toEqual([person])
      const ofPerson = found(await doctor.get(`Patient?_id=${person}&_revinclude=Observation:patient`))
      expect(ofPerson.map(({ resourceType }) => resourceType)).toEqual(['Patient', 'Observation', 'Observation', 'Observation'])
    })

    test('a record is found through what it refers to, and a person through what refers to them', async () => {
      const clinicIds = async (query: string) => ids(await clinic().get(query)).toSorted()
      expect(await clinicIds(`Observation?${mine}&subject:Patient.birthdate=1985-01-30`)).toEqual(['s-1', 's-2', 's-3'])
      expect(await clinicIds(`Observation?${mine}&patient.identifier=C-0005,C-0009`)).toEqual(['s-4'])
      expect(await clinicIds('Observation?encounter.patient.identifier=C-0004')).toEqual(['s-3'])
      expect(await clinicIds(`Patient?_has:Observation:patient:code=2345-7`)).toEqual(['C-0004'])
      expect(await clinicIds('Patient?_has:Encounter:patient:_has:Observation:encounter:status=preliminary')).toEqual(['C-0004'])
      const person = await personId(gateway(), 4)
      const doctor = gateway().as('clinic-doctor')
      expect(ids(await doctor.get(`Patient?_has:Observation:patient:code=2345-7`))).toEqual([person])
      expect(ids(await doctor.get('Observation?patient.birthdate=1985-01-30')).length).toBe(3)
      expect((await doctor.get('Observation?subject.colour=x')).status).toBe(400)
      expect(issueIds((await doctor.get('List?item.code=x')).body)).toEqual(['chain-without-type'])
    })

    test('a compartment holds what is about its patient; of nobody and of a stranger it is empty alike', async () => {
      const of = async (path: string, name = 'clinic-system') => found(await gateway().as(name).get(path)).map(({ id }) => id)
      expect(new Set(await of('Patient/C-0004/Observation'))).toEqual(new Set(['s-1', 's-2', 's-3', 's-4']))
      expect(await of('Patient/C-0004/Observation?code=2345-7')).toEqual(['s-2'])
      expect(await of('Patient/C-0004/*?_type=Encounter')).toEqual(['s-visit'])
      expect(await of('Patient/nobody/Observation')).toEqual([])
      const person = await personId(gateway(), 4)
      expect((await of(`Patient/${person}/Observation`, 'clinic-doctor')).length).toBe(4)
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      const posted = await clinic().send('POST', 'Patient/C-0004/Observation/_search', form, 'code=2345-7')
      expect(ids(posted)).toEqual(['s-2'])
      expect((await clinic().get('Patient/C-0004/Task')).status).toBe(400)
      expect((await clinic().get('Patient/C-0004/*?colour=blue')).status).toBe(400)
    })

    test('totals are exact, and left out where they were not wanted', async () => {
      const total = async (query: string) => (await clinic().get(`Observation?${mine}&${query}`)).body.total
      expect([
        await total('_total=none'),
        await total('_total=accurate'),
        await total('_total=estimate'),
        await total('_summary=count'),
      ]).toEqual([undefined, 4, 4, 4])
      expect(issueIds((await clinic().get('Observation?_total=some')).body)).toEqual(['bad-total'])
    })

    test('the CapabilityStatement lists what is supported and nothing else', async () => {
      const statement = await gateway().raw('/fhir/R4/metadata')
      const [rest] = Array.isArray(statement.body['rest']) ? statement.body['rest'] : []
      // the statement is ours: its shape is known, what it lists is what is tested
      const listed = new Map(
        (rest.resource as { type: string; searchParam?: { name: string; type: string }[] }[]).map((each) => [
          each.type,
          each.searchParam ?? [],
        ]),
      )
      const askers = {
        Observation: 'clinic-system',
        Encounter: 'clinic-system',
        Task: 'clinic-coordinator',
        Consent: 'privacy-officer',
        AuditEvent: 'auditor',
      }
      for (const [type, name] of Object.entries(askers)) {
        const values = { token: 'x', string: 'x', reference: 'Patient/x', date: '2026-01-01', uri: 'x', number: '1', quantity: '1' }
        for (const parameter of listed.get(type) ?? []) {
          const valueOf = (kind: string) => Object.entries(values).find(([each]) => each === kind)?.[1] ?? ''
          const parts = searchParametersOf(type).get(parameter.name)?.parts ?? []
          const value = parts.length === 0 ? valueOf(parameter.type) : parts.map((part) => valueOf(part.type)).join('$')
          const reply = await gateway().as(name).get(`${type}?${parameter.name}=${value}&_count=0`)
          expect({ type, name: parameter.name, status: reply.status }).toEqual({ type, name: parameter.name, status: 200 })
        }
        const unlisted = [...searchParametersOf(type).keys()].filter(
          (name) => listed.get(type)?.every((parameter) => parameter.name !== name) === true,
        )
        for (const parameter of unlisted) expect((await gateway().as(name).get(`${type}?${parameter}=1`)).status).toBe(400)
      }
    })
  })
}
