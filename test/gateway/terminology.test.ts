/** The terminology service over HTTP, and what a sender wrote as people read it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { terminologyAdd, terminologyList, terminologyRemove } from '../../bin/terminology.ts'
import { outsideTerms } from '../../gateway/outside-terms.ts'
import { installedReleases } from '../../gateway/store/terminology-releases.ts'
import type { Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { hasPostgres } from '../support/databases.ts'
import { condition, feed, patient } from './records.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
})
afterAll(async () => gateway.close())

const gender = 'http://hl7.org/fhir/administrative-gender'
const genderSet = 'http://hl7.org/fhir/ValueSet/administrative-gender'
const get = async (path: string): Promise<Reply> => gateway.as('integrator').get(path)
const parameter = ({ body }: Reply, name: string): unknown => {
  const list = Array.isArray(body['parameter']) ? body['parameter'] : []
  const found: unknown = list.find((each: { name?: string }) => each.name === name)
  return found
}
const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

describe('the terminology service', () => {
  test('says whether a code is right, asked by GET and by Parameters, of a type and of one resource', async () => {
    const asked = [
      await get(`CodeSystem/$validate-code?url=${gender}&code=male&display=Male`),
      await gateway
        .as('clinic-doctor')
        .post('CodeSystem/$validate-code', parameters({ name: 'coding', valueCoding: { system: gender, code: 'male' } })),
      await get('CodeSystem/administrative-gender/$validate-code?code=male'),
      await get(`ValueSet/$validate-code?url=${genderSet}&code=male&system=${gender}`),
      await get('ValueSet/administrative-gender/$validate-code?code=male'),
    ]
    expect(asked.map((reply) => [reply.status, parameter(reply, 'result')])).toEqual(
      asked.map(() => [200, { name: 'result', valueBoolean: true }]),
    )
    const wrong = await get(`CodeSystem/$validate-code?url=${gender}&code=M`)
    expect(parameter(wrong, 'result')).toEqual({ name: 'result', valueBoolean: false })
    const name = await get(`CodeSystem/$validate-code?url=${gender}&code=male&display=Frau`)
    expect([parameter(name, 'result'), parameter(name, 'display')]).toEqual([
      { name: 'result', valueBoolean: false },
      { name: 'display', valueString: 'Male' },
    ])
  })

  test('looks up, compares, lists and translates', async () => {
    const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
    expect(parameter(await get(`CodeSystem/$lookup?system=${actCode}&code=IMP`), 'display')).toMatchObject({
      valueString: 'inpatient encounter',
    })
    expect(parameter(await get(`CodeSystem/$subsumes?system=${actCode}&codeA=IMP&codeB=ACUTE`), 'outcome')).toMatchObject({
      valueCode: 'subsumes',
    })
    const page = await get(
      'ValueSet/$expand?url=http://www.hl7korea.or.kr/fhir/krcore/ValueSet/krcore-medicaldepartment-codes&filter=내과&count=2',
    )
    expect(page.body['expansion']).toMatchObject({ offset: 0, contains: [{ code: '01', display: '내과' }, expect.anything()] })
    const translated = await get(
      `ConceptMap/$translate?url=http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v3&system=${gender}&code=male`,
    )
    expect(parameter(translated, 'match')).toMatchObject({ part: [{}, { valueCoding: { code: 'M' } }, {}] })
    const given = parameters({
      name: 'valueSet',
      resource: { resourceType: 'ValueSet', status: 'draft', compose: { include: [{ system: gender }] } },
    })
    const own = await gateway.as('integrator').post('ValueSet/$expand', given)
    expect(own.body['expansion']).toMatchObject({ total: 4 })
    const filter = [{ property: 'code', op: 'regex', value: '(a+)+$' }]
    const slow = { resourceType: 'ValueSet', status: 'draft', compose: { include: [{ system: gender, filter }] } }
    expect((await gateway.as('integrator').post('ValueSet/$expand', parameters({ name: 'valueSet', resource: slow }))).status).toBe(400)
  })

  test.each([
    ['CodeSystem/$lookup?system=http://snomed.info/sct&code=1', 404, 'terminology-not-held'],
    [`CodeSystem/$lookup?system=${gender}&code=x`, 404, 'unknown-code'],
    ['CodeSystem/$lookup?code=x', 400, 'terminology-input'],
    [`CodeSystem/$lookup?system=${gender}&code=male&colour=red`, 400, 'unsupported-parameter'],
    [`CodeSystem/$lookup?system=${gender}&code=male&version=9`, 404, 'terminology-version'],
    ['CodeSystem/no-such-list/$validate-code?code=x', 404, 'not-found'],
    ['ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/condition-code', 404, 'terminology-not-held'],
    ['ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender&count=many', 400, 'terminology-input'],
    ['ConceptMap/$translate?url=urn:none&system=urn:x&code=y', 404, 'terminology-not-held'],
    ['ValueSet?colour=red', 400, 'unsupported-parameter'],
    ['ValueSet/nowhere', 404, 'not-found'],
    ['ValueSet/administrative-gender?colour=red', 400, 'unsupported-parameter'],
    ['StructureDefinition/nowhere', 404, 'not-found'],
    ['StructureDefinition?_summary=most', 400, 'bad-summary'],
    [`CodeSystem/$lookup?system=${gender}&code=male&displayLanguage=english!`, 400, 'terminology-input'],
  ])('%s is refused with %d and %s', async (path, status, id) => {
    const reply = await get(path)
    expect([reply.status, reply.body.resourceType, reply.body.issue?.[0]?.details?.coding?.[0]?.code]).toEqual([
      status,
      'OperationOutcome',
      id,
    ])
  })

  test('tells the properties and the language that are asked for, and says the list’s own name where it has none', async () => {
    const animals = 'CodeSystem/$lookup?system=http://hl7.org/fhir/animal-genderstatus&code=neutered'
    const names = ({ body }: Reply) =>
      Array.isArray(body['parameter']) ? body['parameter'].map((each: { name: string }) => each.name) : []
    expect(parameter(await get(`${animals}&displayLanguage=nl-BE`), 'display')).toMatchObject({ valueString: 'gesteriliseerd' })
    expect(parameter(await get(`${animals}&displayLanguage=ko`), 'display')).toMatchObject({ valueString: 'Neutered' })
    expect(names(await get(animals))).toEqual(['name', 'version', 'display', 'definition', 'designation'])
    expect(names(await get(`${animals}&property=definition`))).toEqual(['name', 'version', 'display', 'definition'])
    expect(names(await get(`${animals}&property=lang.nl`))).toEqual(['name', 'version', 'display', 'designation'])
    const act = await get(
      'CodeSystem/$lookup?system=http://terminology.hl7.org/CodeSystem/v3-ActCode&code=IMP&property=parent&property=name',
    )
    expect(names(act)).toEqual(['name', 'version', 'display', 'property'])
    expect(parameter(act, 'property')).toMatchObject({ part: [{ valueCode: 'parent' }, { valueCode: '_ActEncounterCode' }] })
  })

  test('reads and finds the definitions records are judged by: for every role, and nobody writes them', async () => {
    const url = 'https://care-network.kr/fhir/StructureDefinition/care-referral-task'
    for (const name of ['clinic-system', 'clinic-doctor', 'privacy-officer', 'auditor', 'integrator'] as const) {
      const { body } = await gateway.as(name).get(`StructureDefinition?url=${url}`)
      expect(body).toMatchObject({ total: 1, entry: [{ resource: { resourceType: 'StructureDefinition', url, type: 'Task' } }] })
    }
    const read = await get('StructureDefinition/care-referral-task')
    expect(read.body).toMatchObject({ id: 'care-referral-task', snapshot: { element: expect.anything() } })
    const korean = await get('StructureDefinition?type=Patient&derivation=constraint&_summary=true')
    expect(korean.body.entry?.map(({ resource }) => [resource?.['name'], resource?.['snapshot']])).toEqual([
      ['KRCore_Patient', undefined],
      ['CarePatient', undefined],
    ])
    expect(
      (await get('StructureDefinition?base=http://hl7.org/fhir/StructureDefinition/Task&kind=resource')).body['total'],
    ).toBeGreaterThan(1)
    const write = { resourceType: 'StructureDefinition', url, name: 'X', status: 'draft', kind: 'resource', abstract: false, type: 'Task' }
    expect((await gateway.as('clinic-system').post('StructureDefinition', write)).status).toBe(405)
    expect((await gateway.raw('/fhir/R4/StructureDefinition')).status).toBe(401)
  })

  test('shows as much of a list as is asked for', async () => {
    const all = await get('CodeSystem/administrative-gender')
    const short = await get('CodeSystem/administrative-gender?_summary=true')
    expect([all.body['concept'] === undefined, short.body['concept'], short.body['url']]).toEqual([false, undefined, gender])
    expect(short.body['meta']).toMatchObject({ tag: [{ code: 'SUBSETTED' }] })
    const page = await get('ValueSet?name:contains=gender&_elements=url&_count=1')
    expect(Object.keys(page.body.entry?.[0]?.resource ?? {}).toSorted()).toEqual(['id', 'meta', 'resourceType', 'status', 'url'])
    expect(page.body.link?.find(({ relation }) => relation === 'next')?.url).toContain('_elements=url')
    const counted = await get('ValueSet?_summary=count')
    expect([counted.body['total'], counted.body.entry]).toEqual([expect.any(Number), undefined])
  })

  test('nobody writes the lists, and nobody without a token reads them', async () => {
    expect((await gateway.as('clinic-system').post('ValueSet', { resourceType: 'ValueSet', status: 'draft' })).status).toBe(405)
    expect((await gateway.raw('/fhir/R4/ValueSet')).status).toBe(401)
  })

  test('finds and reads what is held, by the page', async () => {
    const found = await get(`CodeSystem?url=${gender}`)
    expect(found.body).toMatchObject({
      total: 1,
      entry: [{ resource: { resourceType: 'CodeSystem', id: 'administrative-gender', content: 'complete' } }],
    })
    const many = await get('ValueSet?name:contains=gender&_count=1')
    const next = many.body.link?.find(({ relation }) => relation === 'next')?.url ?? ''
    expect(many.body.entry).toHaveLength(1)
    expect((await get(next.slice(next.indexOf('ValueSet')))).body.entry).toHaveLength(1)
    expect((await get('ConceptMap/cm-administrative-gender-v3')).body).toMatchObject({
      resourceType: 'ConceptMap',
      group: [{ element: expect.anything() }],
    })
    const { body } = await gateway.raw('/fhir/R4/metadata')
    expect(JSON.stringify(body)).toContain('"type":"ValueSet"')
  })
})

test('people read a diagnosis as its list prints it, find it by both spellings, and its sender reads back what it sent', async () => {
  const kcd = 'http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8'
  const sent = condition('spelt', 'C-0001', 'I10', { code: { coding: [{ system: '1.2.410.100110.40.2.3.2', code: 'R05.' }] } })
  await feed(gateway, 'clinic', [patient('clinic', 1), sent])
  const doctor = gateway.as('clinic-doctor')
  const search = async (code: string) => (await doctor.get(`Condition?code=${encodeURIComponent(code)}`)).body.entry?.[0]?.resource
  const read = await search(`${kcd}|R05`)
  expect(read?.['code']).toMatchObject({
    coding: [{ system: kcd, code: 'R05', extension: [{ extension: [{ valueUri: '1.2.410.100110.40.2.3.2' }, { valueString: 'R05.' }] }] }],
  })
  expect(read?.['contained']).toMatchObject([
    { resourceType: 'Provenance', target: [{ reference: '#' }], agent: [{ who: { display: 'care-network' } }] },
  ])
  expect(await search('1.2.410.100110.40.2.3.2|R05.')).toEqual(read)
  const own = await gateway.as('clinic-system').get('Condition/spelt')
  expect(own.body['code']).toEqual({ coding: [{ system: '1.2.410.100110.40.2.3.2', code: 'R05.' }] })
  expect(own.body['contained']).toBeUndefined()
})

test('a release is put in, asked, listed and taken out with the command line', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'terms-'))
  const said: string[] = []
  const options = { env: { CARENET_DATA_DIR: dataDir }, print: (line: string) => void said.push(line) }
  try {
    const file = join(dataDir, 'kcd.csv')
    // 코드,한글명 / 기침 in the code page of Korean Windows
    writeFileSync(
      file,
      Buffer.concat([
        Buffer.from('c4dab5e52cc7d1b1dbb8ed', 'hex'),
        Buffer.from('\r\nR05,'),
        Buffer.from('b1e2c4a7', 'hex'),
        Buffer.from('\r\n'),
      ]),
    )
    await terminologyAdd({ ...options, kind: 'kcd', files: [file], release: '8' })
    await terminologyList(options)
    expect(said.at(-1)).toBe('kcd\thttp://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8\t8\t1 codes')
    const table = installedReleases(dataDir).system('http://www.hl7korea.or.kr/CodeSystem/kostat-kcd-8')
    expect(table?.displayAt(table.indexOf('R05'))).toBe('기침')
    expect(await terminologyRemove({ ...options, kind: 'kcd' })).toBe(true)
    expect(await terminologyRemove({ ...options, kind: 'kcd' })).toBe(false)
    await expect(terminologyAdd({ ...options, kind: 'icd', files: [file], release: '' })).rejects.toThrow('no kind `icd`')
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})

describe('an outside terminology server', () => {
  const asked = { system: 'urn:allowed', code: 'x', display: '' }
  function server(answer: () => Response) {
    const calls: string[] = []
    let nowMs = 0
    const terms = outsideTerms({
      url: 'http://terms.example/r4',
      systems: ['urn:allowed'],
      deadlineMs: 100,
      fetch: (url) => {
        calls.push(url)
        return Promise.resolve(answer())
      },
      now: () => nowMs,
      log: () => undefined,
    })
    return { terms, calls, later: (ms: number) => (nowMs += ms) }
  }
  const yes = () => new Response(JSON.stringify(parameters({ name: 'result', valueBoolean: true }, { name: 'display', valueString: 'X' })))

  test('is asked once for a code of an allowed system, and never for another', async () => {
    const { terms, calls } = server(yes)
    expect(await terms.validate('', asked)).toEqual({ result: true, message: '', display: 'X' })
    await terms.validate('', asked)
    expect(await terms.validate('', { ...asked, system: 'urn:other' })).toBeUndefined()
    expect(calls).toEqual(['http://terms.example/r4/CodeSystem/$validate-code?url=urn%3Aallowed&code=x'])
  })

  test('that is broken is left alone for a while, and what it does not know is no answer', async () => {
    const broken = server(() => new Response('', { status: 503 }))
    expect(await broken.terms.validate('', asked)).toBeUndefined()
    expect(await broken.terms.lookup(asked)).toBeUndefined()
    expect(broken.calls).toHaveLength(1)
    broken.later(11_000)
    await broken.terms.validate('', asked)
    expect(broken.calls).toHaveLength(2)
    expect(await server(() => new Response('{}', { status: 404 })).terms.lookup(asked)).toBeUndefined()
    expect(await server(() => new Response('[]')).terms.validate('', asked)).toBeUndefined()
  })
})
