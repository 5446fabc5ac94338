/**
 * Published resources and requests, sent as they are: R4's own examples come back as they were sent, wrong input is answered with the status
 * its source states. Where we read the standard otherwise, the row is named here and in docs/decisions/081 and 082.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import canonicalize from 'canonicalize'
import { parseJson, stringifyExact } from '../../fhir-profiles/json.ts'
import { marked } from '../../fhir-profiles/json-marks.ts'
import { references } from '../../fhir-profiles/reference.ts'
import { withoutResidentNumbers } from '../../fhir-profiles/resident-identifier.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import { knownTypes, mayTouch } from '../../gateway/logic/access.ts'
import { describeShared, sharedFiles } from '../fhir-profiles/shared.ts'
import { hasPostgres } from '../support/databases.ts'
import type { Asker, Reply, TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { enginesAtThisScale } from '../support/proof.ts'
import { runScript, type ScriptWorld } from '../support/test-script.ts'
import { feed, patient } from './records.ts'

const limits = { maxDepth: 100, maxBytes: 20_000_000 }

interface Example {
  readonly name: string
  readonly text: string
  readonly type: string
  readonly id: string
  /** what a system gets for it, and why */
  readonly reading: Reading
}

/** docs/decisions/081-what-is-not-stored.md */
type Reading =
  | { readonly status: 201 }
  | { readonly status: 422; readonly because: 'it refers to another server' }
  | { readonly status: 403; readonly because: 'governance is not fed' }
  | { readonly status: 404; readonly because: 'it is no stored type' }

function exampleOf({ name, bytes }: { name: string; bytes: Buffer }): Example {
  const parsed = parseJson(bytes, limits)
  if (!parsed.ok || !isResource(parsed.value)) throw new Error(`${name} is no resource`)
  const { resourceType: type, id = '' } = parsed.value
  return { name, text: stringifyExact(parsed.value), type, id, reading: readingOf(parsed.value) }
}

function readingOf(resource: { readonly resourceType: string }): Reading {
  const { resourceType: type } = resource
  if (!knownTypes.includes(type)) return { status: 404, because: 'it is no stored type' }
  if (!mayTouch('system', type, 'update')) return { status: 403, because: 'governance is not fed' }
  const isForeign = references(resource).some(({ kind }) => kind === 'absolute')
  return isForeign ? { status: 422, because: 'it refers to another server' } : { status: 201 }
}

/** Canonical text without the `meta` that the gateway sets, and without the numbers of persons that the law keeps out. */
function canonical(text: string): string {
  const parsed = parseJson(text, limits)
  // a resource is an object; what is not one would not be canonical text either
  const value = withoutResidentNumbers((parsed.ok ? marked(parsed.value) : {}) as { meta?: Record<string, unknown> }).resource
  const { versionId: _, lastUpdated: __, source: ___, ...meta } = value.meta ?? {}
  const { meta: ____, ...rest } = value
  return canonicalize(Object.keys(meta).length === 0 ? rest : { ...rest, meta }) ?? ''
}

interface Row {
  readonly file: string
  readonly request: string
  readonly status: number | readonly number[] | null
}

/** Rows whose source answers otherwise than we read the standard: docs/decisions/082-readings-of-published-requests.md */
const ours: Readonly<Record<string, number>> = {
  'Bundle-TransactionWithConditionalUpdateAndReference.json': 400,
  'Bundle-TransactionWithConditionalReferenceInResourceBody.json': 412,
  'Bundle-TransactionWithMetaHistory.json': 400,
}

/** Asserts of published scripts that hold otherwise here: docs/decisions/082-readings-of-published-requests.md */
const otherwise: Readonly<Record<string, readonly string[]>> = {
  // a record that was deleted comes into being again: 201, as the history script of the same suite wants it
  'TestScripts__general_testscript.json': ['01-ConfirmResponse201'],
  // the fixture has dates that are none
  'TestScripts__history_testscript.json': ['01-Response200'],
  'spec__examples__testscript__update_testscript_autocreate.json': ['Confirm that the returned HTTP status is 200'],
  // R4 ids may contain capitals
  'TestScripts__read_testscript.json': ['01-Response400'],
  'TestScript-testscript-example-readtest.json': ['Confirm that the returned HTTP status is 400'],
  // named to fail
  'spec__examples__testscript__TestScript-sample-minimumId-symmetric-expectFailure.json': ['Assert_minimumId_not_symmetric_fail'],
  // the fixtures are not in the set, or not whole
  'spec__examples__testscript__profile_validate_testscript.json': ['Confirm that the Patient', 'Confirm that the Patient'],
  'spec__examples__testscript__testscript_fhirpath_test.json': ['Confirm Bundle.total'],
}

const engines = enginesAtThisScale(hasPostgres)

describeShared('published REST cases', () => {
  describe.each(engines)('on %s', (engine) => {
    let running: TestGateway | undefined
    const system = (): Asker => {
      if (running === undefined) throw new Error('the gateway has not started')
      return running.as('clinic-system')
    }
    beforeAll(async () => {
      running = await startTestGateway(engine)
      await feed(running, 'clinic', [patient('clinic', 1)])
    }, 120_000)
    afterAll(async () => running?.close())

    describe('R4’s own examples', () => {
      const examples = sharedFiles('fhir-resources/r4-examples').map(exampleOf)
      const written = new Map<string, string>()
      const read = new Map<string, string>()

      beforeAll(async () => {
        for (let from = 0; from < examples.length; from += 60) {
          const some = examples.slice(from, from + 60)
          const put = await system().post(
            '',
            batchOf(some.map(({ type, id, text }) => `{"resource":${text},"request":{"method":"PUT","url":"${type}/${id}"}}`)),
          )
          for (const [at, { name }] of some.entries()) written.set(name, statusAt(put, at))
          const stored = some.filter(({ name }) => written.get(name)?.startsWith('20') === true)
          const got = await system().post('', batchOf(stored.map(({ type, id }) => `{"request":{"method":"GET","url":"${type}/${id}"}}`)))
          for (const [at, text] of resourceTexts(got.text).entries()) read.set(stored[at]?.name ?? '', text)
        }
      }, 300_000)

      test.each(examples.map((example) => ({ ...example, title: `${example.name} (${example.reading.status})` })))(
        '$title',
        ({ name, text, reading }) => {
          expect(written.get(name)).toBe(String(reading.status))
          if (reading.status === 201) expect(canonical(read.get(name) ?? '')).toBe(canonical(text))
          else expect(canonical(text)).not.toBe('')
        },
      )
    })

    describe('published TestScripts', () => {
      const scripts = ['testscripts', 'r4-testscript-examples'].flatMap((folder) => sharedFiles(`rest-suites/${folder}`))
      const fixtures = new Map(sharedFiles('rest-suites/testscripts/fixtures').map(({ name, bytes }) => [name, bytes]))
      const alike: Readonly<Record<string, string>> = {
        'Patient/example': 'Patient__example.json',
        'Patient/pat1': 'Patient__example_min.json',
        'fixtures/example_patient.json': 'subtest__testscript__fixtures__example_patient.json',
      }
      const world = (): ScriptWorld => ({
        fixture(reference) {
          const plain = reference.replace(/^fixtures\//, '').replaceAll('/', '__')
          const bytes =
            fixtures.get(alike[reference] ?? '') ??
            fixtures.get(plain) ??
            fixtures.get(`testscript__${plain}`) ??
            fixtures.get(`testscript__fixtures__${plain}`)
          return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
        },
        async send(method, path, headers, body) {
          const { status, headers: got, body: parsed } = await system().send(method, encodeURI(path), headers, body)
          return { status, headers: got, body: parsed }
        },
        variables: {
          KnownPatientResourceId: 'C-0001',
          Dest1PatientResourceId: 'C-0001',
          Dest2PatientResourceId: 'C-0001',
          PatientSearchFamilyName: 'Chalmers',
          PatientSearchGivenName: 'Peter',
          checkValue: 'Chalmers',
        },
      })

      test.each(scripts)('$name', async ({ name, bytes }) => {
        const verdicts = await runScript(JSON.parse(bytes.toString('utf8')), world())
        const failed = verdicts.filter(({ ok }) => !ok).map(({ label, why }) => `${label} | ${why}`)
        expect(failed).toEqual((otherwise[name] ?? []).map((label) => expect.stringContaining(label)))
      })
    })

    describe('requests that are stated right or wrong', () => {
      const files = new Map(
        [...sharedFiles('fhir-resources/ms-fhir-server/Normative'), ...sharedFiles('fhir-resources/ms-fhir-server/R4')].map(
          ({ name, bytes }) => [name, bytes],
        ),
      )
      const rows = sharedFiles('fhir-resources/ms-fhir-server', '.jsonl')
        .flatMap(({ bytes }) => bytes.toString('utf8').split('\n'))
        .filter((line) => line.trim() !== '')
        // the shape is said in the folder's own README
        .map((line) => JSON.parse(line) as Row)
        .map((row) => ({ ...row, name: row.file.split('/').at(-1) ?? '' }))

      test.each(rows.filter(({ status }) => status !== null))('$request: $name', async ({ name, request, status }) => {
        const body = (files.get(name) ?? Buffer.alloc(0)).toString('utf8')
        const [method = 'POST', address = 'base'] = request.split(/\s+/)
        const path = address === 'base' ? '' : address
        const headers = { 'content-type': 'application/fhir+json' }
        const send = (): Promise<Reply | undefined> =>
          request.includes('without credentials')
            ? Promise.resolve(running?.raw('/fhir/R4', { method, headers, body }))
            : system().send(method, path, headers, body)
        const replies = request.includes('twice') ? [await send(), await send()] : [await send()]
        const wanted = name in ours ? [ours[name]] : [status].flat()
        for (const reply of replies)
          expect([wanted, reply?.status, reply?.text.slice(0, 300)]).toEqual([
            expect.arrayContaining([reply?.status]),
            expect.anything(),
            expect.anything(),
          ])
      })
    })
  })
})

const batchOf = (entries: readonly string[]): string => `{"resourceType":"Bundle","type":"batch","entry":[${entries.join(',')}]}`

function statusAt(reply: Reply, at: number): string {
  const response = reply.body.entry?.[at]?.response
  const status = response?.status.split(' ')[0] ?? String(reply.status)
  return status === '201' || status === '200' || status === '403' || status === '404' || status === '422'
    ? status
    : `${status} ${JSON.stringify(response?.outcome?.issue?.[0] ?? reply.body.issue)}`
}

/** With the digits they were sent with. */
function resourceTexts(text: string): readonly string[] {
  const parsed = parseJson(text, limits)
  const value = parsed.ok ? parsed.value : undefined
  if (!isResource(value) || value.resourceType !== 'Bundle') return []
  return (value.entry ?? []).map(({ resource }) => stringifyExact(resource ?? {}))
}
