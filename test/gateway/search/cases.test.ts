/** Published search cases against the gateway over HTTP, by an institution's own system, in UTC; the table is docs/search-cases.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeShared } from '../../fhir-profiles/shared.ts'
import { hasPostgres } from '../../support/databases.ts'
import type { TestGateway } from '../../support/gateway-client.ts'
import { startTestGateway } from '../../support/gateway.ts'
import { enginesAtThisScale } from '../../support/proof.ts'
import { markOf, readCases, readFixtures, type Case, type Stored } from './cases.ts'
import { find, index } from './indexed.ts'

const table = new URL('../../../docs/search-cases.md', import.meta.url)

/** Rows we read otherwise, each with its decision. */
const readings: Readonly<Record<string, string>> = {
  'date-3591ccf7': 'decision 075',
  'date-e0c3594a': 'decision 075',
  'composite-d8ee3069': 'decision 076',
}

describeShared('published search cases', () => {
  describe.each(enginesAtThisScale(hasPostgres))('on %s', (engine) => {
    let gateway: TestGateway
    const refused = new Set<string>()
    beforeAll(async () => {
      gateway = await startTestGateway(engine, { timeZone: 'UTC', rateLimits: { requestsPerMinute: { system: 0, people: 0 } } })
      for (const [set, resources] of readFixtures()) {
        for (const [name, resource] of resources) if (!(await store(gateway, idOf(set, name), resource))) refused.add(idOf(set, name))
      }
    }, 120_000)
    afterAll(async () => gateway.close())

    test('every row is found as published, or differs by a decision', async () => {
      const rows: string[] = []
      const differing: string[] = []
      for (const each of readCases()) {
        const wanted = (each.expectContainment ?? each.expect ?? [])
          .map((name) => idOf(each.fixture, String(name)))
          .filter((id) => !refused.has(id))
        const found = await ask(gateway, each)
        const holds = JSON.stringify(found.toSorted()) === JSON.stringify(wanted.toSorted())
        const reading = readings[each.id]
        if (!holds && reading === undefined)
          differing.push(`${each.id} ${each.query.slice(0, 90)} wanted ${wanted.join(' ')} found ${found.join(' ')}`)
        rows.push(
          `| \`${each.id}\` | ${each.type} | \`${each.query.replaceAll('|', '¦').slice(0, 90)}\` | ${holds ? 'as published' : `differs: ${reading}`} |`,
        )
      }
      expect(differing).toEqual([])
      if (process.env['WRITE_TABLES'] === '1') writeFileSync(table, page(rows))
      expect(readFileSync(table, 'utf8')).toBe(page(rows))
    }, 120_000)
  })
})

function idOf(set: string, name: string): string {
  return `${set}-${name}`.slice(0, 64)
}

/** ValueSet is no type of the network: its rows are about the store. */
async function store(gateway: TestGateway, id: string, resource: Stored): Promise<boolean> {
  if (resource.resourceType === 'ValueSet') {
    await index(gateway.context, [{ ...resource, id }])
    return true
  }
  const reply = await gateway.as('clinic-system').put(`${resource.resourceType}/${id}`, { ...resource, id })
  return reply.status === 201
}

async function ask(gateway: TestGateway, { fixture, type, query, urlencode }: Case): Promise<readonly string[]> {
  const pairs = query
    .replaceAll('FIXTURE', markOf(fixture))
    .split('&')
    .map((pair) => pair.split(/=(.*)/s).slice(0, 2))
  if (type === 'ValueSet')
    return find(
      gateway.context,
      type,
      pairs.map(([name = '', value = '']) => [name, value] as const),
    )
  expect(urlencode).not.toBe(true)
  const reply = await gateway
    .as('clinic-system')
    .get(`${type}?${pairs.map(([name = '', value = '']) => `${name}=${encodeURIComponent(value)}`).join('&')}`)
  expect([query, reply.status]).toEqual([query, 200])
  return (reply.body.entry ?? []).map(({ resource }) => resource?.id ?? '')
}

function page(rows: readonly string[]): string {
  return `# Published search cases

Rows of \`../shared/cases/fhir-search/cases\` (microsoft/fhir-server, MIT), asked over HTTP by an institution's own system in UTC; ValueSet, which is no
type of the network, of the store. Made by \`WRITE_TABLES=1 npm run jest -- test/gateway/search/cases.test.ts\`; the test compares it. Where the
source publishes two readings of a date, ours is containment (docs/decisions/075).

| case | type | query (\`¦\` for a bar) | found |
|---|---|---|---|
${rows.join('\n')}
`
}
