/**
 * Published searches of a patient's application: inside one patient compartment, with scopes, and what may and may not come back
 * (microsoft/fhir-server, MIT). Our patients see what is theirs at every institution; the table is docs/smart-cases.md.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeShared, sharedFiles } from '../../fhir-profiles/shared.ts'
import { hasPostgres } from '../../support/databases.ts'
import { askerWith, type TestGateway } from '../../support/gateway-client.ts'
import { startTestGateway } from '../../support/gateway.ts'
import { enginesAtThisScale } from '../../support/proof.ts'
import { patient, type Sent } from '../records.ts'

const table = new URL('../../../docs/smart-cases.md', import.meta.url)

interface Row {
  readonly name: string
  readonly compartment: string | null
  readonly scopes: readonly { readonly type: string; readonly actions: string; readonly actor: string }[]
  readonly searchType: readonly string[]
  readonly params: readonly (readonly [name: string, value: string])[]
  readonly asserts: {
    readonly contains?: readonly string[]
    readonly notContains?: readonly string[]
    readonly exactlyInOrder?: readonly string[]
    readonly count?: number
    readonly empty?: boolean
    readonly notEmpty?: boolean
  }
}

/** The six patients of the fixtures are six seeded people of the clinic. */
const people: Readonly<Record<string, number>> = {
  'smart-patient-A': 1,
  'smart-patient-B': 2,
  'smart-patient-C': 3,
  'smart-patient-D': 4,
  'smart-leak-child': 6,
  'smart-leak-parent': 7,
}

/** Rows that ask for what is not offered, by what their name or shape says; first that fits. */
const notAsked: readonly { readonly fits: (row: Row) => boolean; readonly why: string }[] = [
  { fits: ({ searchType }) => searchType.includes('null'), why: 'searches all types at once, which is not offered' },
  { fits: ({ compartment }) => compartment?.startsWith('Practitioner/') === true, why: 'decision 092: clinicians have no compartment' },
  { fits: ({ compartment }) => compartment === null, why: 'names no patient' },
  { fits: ({ name }) => /Prefix|Granular|Filter/.test(name), why: 'decision 092: scopes with search parameters are refused' },
]

const aboutNobody = 'decision 092: what is about nobody is its institution’s own'

/** Rows answered otherwise, each with what its decision says. */
const readings: Readonly<Record<string, string>> = {
  GivenPatientBScopeReadAll_WhenIncludesPagingCrossesUnauthorizedFocusTarget_ThenAllAuthorizedTargetsAreReturned:
    '`_includesCount` is a parameter of that server alone: 400 by name',
  GivenPatientScopeReadAll_WhenWildcardRevInclude_ThenOnlyCompartmentResourcesReturnedWithoutDuplicates:
    'its count is of one id, which comes once; the others are the ones it names',
  GivenPatientScopeReadAll_WhenIncludeResolvesToUniversalResourceType_ThenUniversalResourceIsReturned: aboutNobody,
  GivenFhirUserClaimPatient_WhenDevicesRequested_ThenOnlyOwnAndUnassignedDevicesReturned: aboutNobody,
  GivenFhirUserClaimPatient_WhenSearchingDevicesWithPatientMissingModifier_ThenOnlyUnassignedDevicesReturned: aboutNobody,
  GivenFhirUserClaimPatient_WhenAllPractitionersRequested_PractitionersReturned: aboutNobody,
  GivenScopesWithReadForObservationAndPatient_WhenChainedSearchWithPatientName_ThenObservationResourceReturned:
    'the same two, newest first: without `_sort` FHIR gives no order',
  GivenScopesWithReadForAllResources_WhenRevChainedSearchWithObservationCode_PatientResourcesReturned:
    'the patient, as its own name says; the published list is empty',
}

const rows = (): readonly Row[] =>
  (sharedFiles('fhir-search/smart-compartment', '.jsonl')[0]?.bytes.toString('utf8') ?? '')
    .trim()
    .split('\n')
    // data of a fixed shape, described in its README
    .map((line) => JSON.parse(line) as Row)

describeShared('published searches of a patient’s application', () => {
  describe.each(enginesAtThisScale(hasPostgres))('on %s', (engine) => {
    let gateway: TestGateway
    /** ids of the network by the ids of the fixtures, and back */
    const ours = new Map<string, string>()
    const theirs = new Map<string, string>()
    const refused: string[] = []

    beforeAll(async () => {
      gateway = await startTestGateway(engine, { rateLimits: { requestsPerMinute: { system: 0, people: 0 } } })
      const resources = sharedFiles('fhir-search/smart-compartment/data').flatMap(({ bytes }) => {
        // Bundles of whole resources, as their README says
        const bundle = JSON.parse(renamed(bytes.toString('utf8'))) as { readonly entry: readonly { readonly resource: Sent }[] }
        return bundle.entry.map(({ resource }) => {
          const complete = completed[resource.resourceType]
          return complete === undefined ? resource : (JSON.parse(complete(JSON.stringify(resource))) as Sent)
        })
      })
      for (const sent of resources) {
        const number = Object.values(people).find((each) => sent.id === `C-000${each}`)
        const { resourceType, id, ...rest } = sent
        const known = number === undefined || resourceType !== 'Patient' ? {} : patient('clinic', number)
        const reply = await gateway
          .as('clinic-system')
          .put(`${resourceType}/${id}`, { ...known, ...rest, resourceType, id, ...identifiedBy(known) })
        if (reply.status >= 300) refused.push(`${resourceType}/${id} ${reply.status}`)
        const [key] = [{ institution: 'clinic', type: resourceType, localId: id }]
        const ids = await gateway.context.store.transaction((tables) => tables.records.networkIds([key], randomUUID))
        for (const network of ids.values()) {
          ours.set(id, network)
          theirs.set(network, id)
        }
      }
      for (const [name, number] of Object.entries(people)) {
        const local = `C-000${number}`
        const person = (await gateway.context.store.identities.byLocal('clinic', [local]))[0]?.person ?? ''
        ours.set(name, person)
        theirs.set(person, name)
      }
    }, 120_000)
    afterAll(async () => gateway.close())

    test('every row that can be asked is answered as published, or differs by a decision', async () => {
      const lines: string[] = []
      const differing: string[] = []
      for (const row of rows()) {
        const left = notAsked.find(({ fits }) => fits(row))
        const faults = left === undefined ? await faultsOf(row) : []
        const reading = readings[row.name]
        if (faults.length > 0 && reading === undefined) differing.push(`${row.name}: ${faults.join('; ')}`)
        const result = left?.why ?? (faults.length === 0 ? 'as published' : `differs: ${reading}`)
        lines.push(`| ${row.name.replaceAll('_', ' ')} | ${left === undefined ? result : `not asked: ${result}`} |`)
      }
      // its `request` is an address of another server
      expect(refused).toEqual(['PaymentNotice/smart-paymentnotice-PA1 422'])
      expect(differing).toEqual([])
      if (process.env['WRITE_TABLES'] === '1') writeFileSync(table, page(lines))
      expect(readFileSync(table, 'utf8')).toBe(page(lines))
    }, 120_000)

    async function faultsOf({ compartment, scopes, searchType, params, asserts }: Row): Promise<readonly string[]> {
      const number = people[compartment?.split('/')[1] ?? ''] ?? 0
      const scope = scopes.map(({ type, actions }) => `patient/${/^all$/i.test(type) ? '*' : type}.${actions === 'Search' ? 's' : 'rs'}`)
      const asker = askerWith(gateway.url, () => gateway.token(`patient-${number}`, { scope: scope.join(' ') }))
      const query = params.map(([name, value]) => `${name}=${encodeURIComponent(ours.get(value) ?? value)}`).join('&')
      const reply = await asker.get(`${searchType[0]}?${query}`)
      // every resource but an outcome has an id
      const body = JSON.parse(reply.text) as { readonly entry?: readonly { readonly resource: Sent }[] }
      const found = (body.entry ?? []).flatMap(({ resource }) => (resource.resourceType === 'OperationOutcome' ? [] : resource))
      const names = found.map(({ id }) => theirs.get(id) ?? id)
      const types = found.map(({ resourceType }) => resourceType)
      const isThere = (name: string): boolean => names.includes(name) || types.includes(name)
      const inOrder = asserts.exactlyInOrder?.map((name, at) => name === names[at] || name === types[at])
      const shown = `${reply.status} ${names.join(' ')}`
      return [
        ...(asserts.contains ?? []).filter((name) => !isThere(name)).map((name) => `lacks ${name} (${shown})`),
        ...(asserts.notContains ?? []).filter(isThere).map((name) => `shows ${name}`),
        ...(inOrder === undefined || (inOrder.every(Boolean) && inOrder.length === names.length)
          ? []
          : [`wanted ${asserts.exactlyInOrder?.join(' ')}: ${shown}`]),
        ...(asserts.count === undefined || asserts.count === names.length ? [] : [`wanted ${asserts.count}: ${shown}`]),
        ...(asserts.empty === true && names.length > 0 ? [`wanted nothing: ${shown}`] : []),
        ...(asserts.notEmpty === true && names.length === 0 ? [`wanted something: ${shown}`] : []),
      ]
    }
  })
})

/** What R4 requires and two fixtures lack. */
const completed: Readonly<Record<string, (text: string) => string>> = {
  Appointment: (text) => text.replaceAll('"participant":[{', '"participant":[{"status":"accepted",'),
  ImagingStudy: (text) =>
    text
      .replaceAll('"series":[{', '"series":[{"modality":{"code":"MR"},')
      .replaceAll('"instance":[{', '"instance":[{"sopClass":{"code":"urn:oid:1.2.840.10008.5.1.4.1.1.4"},'),
}

function renamed(text: string): string {
  return Object.entries(people).reduce(
    (all, [name, number]) => all.replaceAll(`"${name}"`, `"C-000${number}"`).replaceAll(`Patient/${name}"`, `Patient/C-000${number}"`),
    text,
  )
}

/** The seeded number and birth date stay, so that the person has a token; the rest is the fixture's. */
function identifiedBy(known: Readonly<Record<string, unknown>>): object {
  return 'identifier' in known ? { identifier: known['identifier'], birthDate: known['birthDate'] } : {}
}

function page(lines: readonly string[]): string {
  return `# Published searches of a patient's application

Rows of \`../shared/cases/fhir-search/smart-compartment\` (microsoft/fhir-server, MIT): a token of one patient with the row's scopes, asked over HTTP.
The fixtures' patients are people of the clinic; \`_id\` is the network's id. Made by
\`WRITE_TABLES=1 npm run jest -- test/gateway/search/smart.test.ts\`; the test compares it.

| case | found |
|---|---|
${lines.join('\n')}
`
}
