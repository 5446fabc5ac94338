/** What every refusal has in common. */
import { expect } from '@jest/globals'
import { system } from '../../../fhir-profiles/codes.ts'
import type { Reply } from '../../support/gateway-client.ts'
import { issueIds } from '../records.ts'
import { secret, type Fault } from './faults.ts'

/** The refusal says what it should, and nothing it should not. */
export function expectRefused(reply: Reply, { status, id, at }: Pick<Fault, 'status' | 'id' | 'at'>): void {
  expect({ status: reply.status, type: reply.body.resourceType, ids: issueIds(reply.body) }).toEqual({
    status,
    type: 'OperationOutcome',
    ids: [id],
  })
  expect(reply.body.issue?.[0]).toMatchObject({ severity: 'error', details: { coding: [{ system: system.problem, code: id }] } })
  expect(reply.body.issue?.[0]?.expression).toEqual(at === undefined ? undefined : [at])
  expect(reply.body.issue?.[0]?.diagnostics).toMatch(/^(R4|[`$a-z_])/)
  expect(reply.text).not.toContain(secret)
  expect(reply.text).not.toMatch(/select |insert |from record|syntax error at|node_modules|\.ts\b/i)
  expect(reply.headers.get('content-type')).toContain('application/fhir+json')
}
