/** The officer's command prints what $explain answers, and with an edited consent what would change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { explainConsents, type ExplainOptions } from '../../bin/consent.ts'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { feed, patient, personId, writeConsent, type Elements } from '../gateway/records.ts'

let gateway: TestGateway
const folder = mkdtempSync(join(tmpdir(), 'explain-'))
beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite')
  await feed(gateway, 'clinic', [patient('clinic', 4)])
})
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

async function printed(more: Partial<ExplainOptions>): Promise<readonly string[]> {
  const lines: string[] = []
  const token = await gateway.as('privacy-officer').token()
  const asked = {
    url: gateway.url,
    person: await personId(gateway, 4),
    institution: 'tertiary',
    date: '2026-03-02',
    language: 'ko',
    env: {},
  } as const
  await explainConsents({ ...asked, token, print: (line) => lines.push(line), ...more })
  return lines
}

test('consents with what became of them, the question, the cells and the limits, in the language asked for', async () => {
  const consent = await writeConsent(gateway, 4)
  const lines = await printed({})
  expect(lines[0]).toBe(`Consent/${consent.body.id}/_history/1 [enforced]`)
  expect(lines).toContain('2026년 3월 2일, 진료 목적, 누리대학교병원 의사:')
  expect(lines).toContain(
    '  + 한빛종합병원의 내과 기록 (모든 종류): 환자의 동의에 근거하여 제공합니다. ' +
      `(Consent/${consent.body.id}/_history/1 Consent.provision)`,
  )
  expect(lines).toContain(
    '  - 한빛종합병원의 정신건강의학과 기록 (모든 종류): 환자가 거부하여 제공하지 않습니다. ' +
      `(Consent/${consent.body.id}/_history/1 Consent.provision.provision[0])`,
  )
  expect(
    (await printed({ language: 'en' })).some((line) =>
      line.includes('Records from psychiatry of 한빛종합병원 (all types): Not released because the patient refused.'),
    ),
  ).toBe(true)
  const file = join(folder, 'edited.json')
  const { provision: _, ...root } = consent.body['provision'] as Elements
  writeFileSync(file, JSON.stringify({ ...consent.body, provision: root }))
  const changes = (await printed({ consent: file })).filter((line) => /^ {2}(→ )?[+-]/.test(line))
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.every((line) => line.includes('정신건강의학과'))).toBe(true)
  expect(changes.filter((line) => line.startsWith('  → + ')).length).toBe(changes.length / 2)
})

test('what the gateway refuses is said, and a token is asked for', async () => {
  await expect(printed({ institution: 'nowhere' })).rejects.toThrow('the gateway answered 422: not an institution of the directory')
  await expect(printed({ token: '' })).rejects.toThrow('an access token is needed')
})
