/** One word for a whole request, held against the decisions that LEAP published for its hook. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { consult } from '../../consent/consult.ts'
import type { ActorDirectory, ProvisionRow } from '../../consent/types.ts'
import type { Consent } from '../../fhir-profiles/r4.ts'
import { system } from '../../fhir-profiles/codes.ts'
import {
  consent,
  department,
  input,
  networkConsent,
  now,
  organization,
  purposes,
  receiver,
  request,
  sandbox,
  source,
  types,
} from './support/builders.ts'

const folder = new URL('../../../shared/cases/consent/', import.meta.url)
const isThere = existsSync(folder)
const when = isThere ? describe : describe.skip
const how = isThere ? '' : ' (skipped: ../shared absent)'

interface LeapRow {
  readonly id: string
  readonly consent: string
  readonly now: string
  readonly purposeOfUse: string | readonly string[]
  readonly actor: readonly { readonly system: string; readonly value: string }[]
  readonly decision: string
}

// As their README states.
const rows = (isThere ? readFileSync(new URL('leap/decisions.jsonl', folder), 'utf8').split('\n') : [])
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as LeapRow)

/** docs/consent-oracles.md says why */
const differing: readonly string[] = ['leap-root-purpose-some-matching']

const directory: ActorDirectory = {
  resolve({ reference }) {
    const [type, id] = reference?.split('/') ?? []
    return type === 'Organization' ? `org:${id}` : type === 'Practitioner' ? `practitioner:${id}` : undefined
  },
}

/** Organizations and practitioners of their fixtures by identifier; the one practitioner has no id there and is 001. */
function actorsIn(): readonly { readonly key: string; readonly identifier: readonly { system: string; value: string }[] }[] {
  const list = ['Organization-good-health.json', 'Organization-hl7.json', 'Practitioner-dr-bob.json']
  return list.flatMap((name) => {
    const file = new URL(`leap/data/${name}`, folder)
    if (!existsSync(file)) return []
    // As above.
    const found = JSON.parse(readFileSync(file, 'utf8')) as {
      resourceType: string
      id?: string
      identifier: { system: string; value: string }[]
    }
    return [{ key: `${found.resourceType === 'Organization' ? 'org' : 'practitioner'}:${found.id ?? '001'}`, identifier: found.identifier }]
  })
}

when(`the hook’s decisions as LEAP published them${how}`, () => {
  test.each(rows.map((row) => [row.id, row] as const))('%s', (id, row) => {
    // As above.
    const written = JSON.parse(readFileSync(new URL(row.consent, folder), 'utf8')) as Consent & {
      readonly category: readonly [Consent['scope']]
    }
    const one = { ...written, id: 'leap', scope: written.category[0], organization: [organization('network')] }
    const { rows: compiled } = compile(one, input({ directory }))
    const keys = row.actor.flatMap((asked) =>
      actorsIn().flatMap(({ key, identifier }) =>
        identifier.some((each) => each.system === asked.system && each.value === asked.value) ? [key] : [],
      ),
    )
    const asking = request('tertiary', {
      purposes: typeof row.purposeOfUse === 'string' ? [row.purposeOfUse] : row.purposeOfUse,
      receiver: keys,
      insideReceiver: [],
    })
    const scene = { request: asking, rows: compiled, environment: { implicit: 'deny' }, nowMs: Date.parse(row.now) } as const
    const { decision } = consult(scene, [{ id: 'holder', keys: ['org:holder'], departments: [] }], {
      person: 'person-1',
      classes: ['Observation'],
    })
    expect({ decision, isSame: decision === row.decision }).toEqual({ decision, isSame: !differing.includes(id) })
  })
})

const others = ['clinic', 'hospital'].map((id) => ({ id, keys: [`org:${id}`, 'org:network'], departments: ['01'] }))

function asked(one: Consent | undefined, classes: readonly string[] = []) {
  const compiled: readonly ProvisionRow[] = one === undefined ? [] : compile(one, input()).rows
  const scene = { request: request('tertiary'), rows: compiled, environment: sandbox, nowMs: now }
  return consult(scene, others, { person: 'person-1', classes })
}

describe('one word', () => {
  test('a permit, what is left out of it, and on what it rests', () => {
    const one = networkConsent(
      { type: 'deny', class: types('DocumentReference') },
      { type: 'deny', securityLabel: [{ system: system.actCode, code: 'PSY' }] },
    )
    expect(asked(one)).toEqual({
      decision: 'CONSENT_PERMIT',
      redacted: [
        { system: system.resourceTypes, code: 'DocumentReference' },
        { system: system.actCode, code: 'GDIS' },
        { system: system.actCode, code: 'PSY' },
      ],
      basedOn: [{ id: 'consent-1', version: '1' }],
    })
    expect(asked(one, ['DocumentReference']).decision).toBe('CONSENT_DENY')
  })

  test('no consent, a refusal, and a consent that does not reach', () => {
    expect(asked(undefined)).toEqual({ decision: 'NO_CONSENT', redacted: [], basedOn: [] })
    expect(asked(networkConsent({ type: 'deny', actor: [receiver(organization('tertiary'))] })).decision).toBe('CONSENT_DENY')
    expect(asked(networkConsent({ type: 'deny', actor: [source(department('03'))] })).decision).toBe('CONSENT_PERMIT')
    expect(asked(consent({ purpose: purposes('HRESCH') })).decision).toBe('NO_CONSENT')
  })

  test('a directed consent permits what it names', () => {
    const directed = consent({
      actor: [receiver(organization('tertiary'))],
      data: [{ meaning: 'related', reference: { reference: 'ServiceRequest/r' } }],
    })
    expect(asked(directed)).toEqual({ decision: 'CONSENT_PERMIT', redacted: [], basedOn: [{ id: 'consent-1', version: '1' }] })
  })
})
