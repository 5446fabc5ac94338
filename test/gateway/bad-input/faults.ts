/** Wrong requests as data: what is sent, and the status, catalogue id and place of the refusal. */
import type { Reply, RequestHeaders, TestGateway } from '../../support/gateway-client.ts'
import { observation, transaction } from '../records.ts'

/** Sent in every place a value can stand; it must come back in none. */
export const secret = 'Zq7-secret-value'
export const limits = { maxBodyBytes: 65_536, maxDepth: 20, maxBundleEntries: 10, maxPageSize: 5 }
const json = { 'content-type': 'application/fhir+json' }

export interface Fault {
  readonly title: string
  readonly ask: (gateway: TestGateway) => Promise<Reply>
  readonly status: number
  readonly id: string
  /** the place named; absent = the fault has none */
  readonly at?: string
}

export const clinic = (gateway: TestGateway) => gateway.as('clinic-system')
const put =
  (body: string | Buffer, headers: RequestHeaders = json) =>
  (gateway: TestGateway) =>
    clinic(gateway).send('PUT', 'Observation/bad', headers, body)
const text = (more: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(observation('bad', 'C-0001', more))
const get = (path: string) => (gateway: TestGateway) => clinic(gateway).get(path)
const withHeader = (header: () => string) => (gateway: TestGateway) =>
  gateway.raw('/fhir/R4/Observation', { headers: { authorization: header() } })
const entry = (url: string) => ({ resource: observation('bad', 'C-0001'), request: { method: 'PUT', url } })

export const bodies: readonly Fault[] = [
  { title: 'a body that is too large', ask: put(text({ note: [{ text: 'x'.repeat(70_000) }] })), status: 413, id: 'body-too-large' },
  { title: 'a body nested too deep', ask: put(`{"a":${'['.repeat(30)}${']'.repeat(30)}}`), status: 400, id: 'json-too-deep' },
  { title: 'a body that is not UTF-8', ask: put(Buffer.from([0x7b, 0x22, 0xc7, 0xd1, 0x22, 0x7d])), status: 400, id: 'json-not-utf8' },
  { title: 'half a surrogate pair', ask: put(text().replace('final', '\\ud800')), status: 400, id: 'json-not-utf8' },
  {
    title: 'the same key twice',
    ask: put(`{"resourceType":"Observation","status":"${secret}","status":"final"}`),
    status: 400,
    id: 'json-duplicate-key',
  },
  {
    title: '__proto__ as a key',
    ask: put(`{"resourceType":"Observation","__proto__":{"${secret}":true}}`),
    status: 400,
    id: 'json-syntax',
  },
  { title: 'truncated JSON', ask: put(text().slice(0, -9)), status: 400, id: 'json-syntax' },
  { title: 'no JSON at all', ask: put(`<Observation value="${secret}"/>`), status: 400, id: 'json-syntax' },
  { title: 'a zero byte in a text', ask: put(text({ language: '\u0000' })), status: 400, id: 'json-syntax' },
  { title: 'no body', ask: put(''), status: 400, id: 'body-required' },
  { title: 'a list instead of a resource', ask: put('[]'), status: 400, id: 'not-a-resource', at: 'resourceType' },
  { title: 'a wrong content type', ask: put(text(), { 'content-type': 'text/csv' }), status: 415, id: 'media-type' },
  { title: 'a compressed body', ask: put(text(), { ...json, 'content-encoding': 'gzip' }), status: 415, id: 'content-encoding' },
  {
    title: 'a resource type that R4 does not have',
    ask: put(text({ resourceType: `Z${secret}` })),
    status: 400,
    id: 'unknown-type',
    at: 'resourceType',
  },
  {
    title: 'an element that R4 does not have',
    ask: put(text({ bloodColour: secret })),
    status: 400,
    id: 'unknown-element',
    at: 'Observation.bloodColour',
  },
  {
    title: 'a code that the element does not allow',
    ask: put(text({ status: secret })),
    status: 400,
    id: 'code-not-in-value-set',
    at: 'Observation.status',
  },
  {
    title: 'a date that is none',
    ask: put(text({ effectiveDateTime: secret })),
    status: 400,
    id: 'wrong-format',
    at: 'Observation.effective.ofType(dateTime)',
  },
  { title: 'a missing element', ask: put(text({ code: undefined })), status: 400, id: 'missing-element', at: 'Observation' },
  {
    title: 'a text where an object is due',
    ask: put(text({ subject: secret })),
    status: 400,
    id: 'not-an-object',
    at: 'Observation.subject',
  },
  {
    title: 'an address of another server',
    ask: put(text({ encounter: { reference: `https://${secret}.example/Encounter/1` } })),
    status: 422,
    id: 'foreign-reference',
    at: 'Observation.encounter.reference',
  },
]

export const addresses: readonly Fault[] = [
  { title: 'a resource type nobody knows', ask: get(`Zq/${secret}`), status: 404, id: 'unknown-type' },
  { title: 'an operation nobody knows', ask: get(`Patient/C-0001/$${secret}`), status: 404, id: 'not-found' },
  { title: 'an address outside the FHIR base', ask: (gateway) => gateway.raw(`/admin/${secret}`), status: 404, id: 'unknown-address' },
  { title: 'percent signs that encode nothing', ask: get('Observation/%E0%A4%A'), status: 400, id: 'bad-address' },
  { title: 'an id that no record can have', ask: get(`Observation/${encodeURIComponent("1' or '1'='1")}`), status: 404, id: 'not-found' },
  {
    title: 'a search parameter nobody knows',
    ask: get(`Observation?colour=${secret}`),
    status: 400,
    id: 'unsupported-parameter',
    at: 'Observation.colour',
  },
  {
    title: 'a parameter name that is an attack',
    ask: get(`Observation?${encodeURIComponent(`a'; drop table record; --${secret}`)}=1`),
    status: 400,
    id: 'unsupported-parameter',
    at: 'Observation.unreadable name',
  },
  { title: 'a date nobody can read', ask: get(`Observation?date=${secret}`), status: 400, id: 'bad-date', at: 'date' },
  { title: 'a count that is no number', ask: get(`Observation?_count=${secret}`), status: 400, id: 'bad-count', at: '_count' },
  { title: 'a count beyond all measure', ask: get('Observation?_count=99999999'), status: 400, id: 'bad-count', at: '_count' },
  {
    title: 'a page link that was edited',
    ask: get('Observation?_page=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
    status: 400,
    id: 'page-link',
  },
  { title: 'a page link that is none', ask: get(`Observation?_page=${secret}`), status: 400, id: 'page-link' },
]

export const bundles: readonly Fault[] = [
  {
    title: 'a Bundle with more entries than are taken',
    ask: (gateway) => clinic(gateway).post('', transaction(Array.from({ length: 11 }, (_, at) => observation(`b-${at}`, 'C-0001')))),
    status: 413,
    id: 'too-many-entries',
    at: 'Bundle.entry',
  },
  {
    title: 'an entry whose address is not that of its resource',
    ask: (gateway) => clinic(gateway).post('', { resourceType: 'Bundle', type: 'transaction', entry: [entry('Observation/good')] }),
    status: 400,
    id: 'entry-url',
    at: 'Bundle.entry[0].request.url',
  },
  {
    title: 'an entry whose criteria say nothing',
    ask: (gateway) =>
      clinic(gateway).post('', { resourceType: 'Bundle', type: 'transaction', entry: [entry(`Observation?_count=${secret}`)] }),
    status: 400,
    id: 'criteria',
    at: 'Bundle.entry[0].request',
  },
  {
    title: 'a Bundle of a type that is not posted',
    ask: (gateway) => clinic(gateway).post('', { resourceType: 'Bundle', type: 'collection' }),
    status: 400,
    id: 'bundle-type',
    at: 'Bundle.type',
  },
  {
    title: 'a resource that is no Bundle',
    ask: (gateway) => clinic(gateway).post('', observation('bad', 'C-0001')),
    status: 400,
    id: 'not-a-bundle',
  },
  {
    title: 'a fault deep in an entry',
    ask: (gateway) =>
      clinic(gateway).post('', transaction([observation('ok', 'C-0001'), observation('bad', 'C-0001', { status: secret })])),
    status: 400,
    id: 'code-not-in-value-set',
    at: 'Bundle.entry[1].resource.status',
  },
  {
    title: 'a Bundle from a doctor that is no referral',
    ask: (gateway) => gateway.as('clinic-doctor').post('', transaction([observation('bad', 'C-0001')])),
    status: 403,
    id: 'role',
  },
]

export const credentials: readonly Fault[] = [
  { title: 'no token', ask: (gateway) => gateway.raw('/fhir/R4/Observation'), status: 401, id: 'token-missing' },
  {
    title: 'another kind of credentials',
    ask: withHeader(() => `Basic ${Buffer.from(`a:${secret}`).toString('base64')}`),
    status: 401,
    id: 'token-malformed',
  },
  { title: 'a token that is no JWT', ask: withHeader(() => `Bearer ${secret}`), status: 401, id: 'token-malformed' },
]
