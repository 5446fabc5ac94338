/**
 * Decisions that others published, held against ours: IHE PCF's examples and the decision service LEAP. Where we differ on purpose the row
 * is named below and in docs/consent-oracles.md; a row named there that no longer differs fails as well.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { facts } from '../../fhir-profiles/facts.ts'
import { isResource } from '../../fhir-profiles/validate/guards.ts'
import { parseReference, references } from '../../fhir-profiles/reference.ts'
import type { Consent, Resource } from '../../fhir-profiles/r4.ts'
import { compile } from '../../consent/compile.ts'
import { decide } from '../../consent/decide.ts'
import { contentFacts } from '../../consent/record-facts.ts'
import { rankOf } from '../../consent/label-order.ts'
import type { AccessRequest, ActorDirectory, Decision, Environment, Facts, ProvisionRow } from '../../consent/types.ts'
import { matches, view } from '../../consent/view.ts'
import { plainContent } from '../support/plain-facts.ts'

const folder = new URL('../../../shared/cases/consent/', import.meta.url)
const isThere = existsSync(folder)
const when = isThere ? describe : describe.skip
const how = isThere ? '' : ' (skipped: ../shared absent)'

/** Rows on which our law says something else, and why. */
const differing: Readonly<Record<string, string>> = {
  'leap-label-and-class': 'label and class of one provision are both required here; LEAP takes either',
  'leap-root-purpose-some-matching': 'of several purposes each must be permitted; LEAP takes one',
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'))
}

function rowsIn(path: string): readonly unknown[] {
  const lines = isThere ? readFileSync(new URL(path, folder), 'utf8').split('\n') : []
  return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line))
}

function everyIn(path: string): readonly Resource[] {
  if (!isThere) return []
  return readdirSync(new URL(path, folder)).flatMap((name) => {
    const found = read(`${path}${name}`)
    return isResource(found) ? [found] : []
  })
}

const nobody: Environment = { implicit: 'deny' }

/** What decisions read of a resource as an example server holds it. */
function factsOf(resource: Resource, custodian: string): Facts {
  const found = facts(resource)
  const sources = found.authors.flatMap((author) => directory.resolve({ reference: author }) ?? [])
  return {
    id: resource.id ?? '',
    type: resource.resourceType,
    person: 'person',
    custodian,
    sources: [`org:${custodian}`, ...sources],
    classes: found.classes,
    ...contentFacts(found, []),
    relations: references(resource).flatMap((reference) => (reference.kind === 'relative' ? [reference.id] : [])),
  }
}

const prefixes: Readonly<Record<string, string>> = { Organization: 'org', Practitioner: 'practitioner', Group: 'group' }

const directory: ActorDirectory = {
  resolve({ reference }) {
    const parsed = reference === undefined ? undefined : parseReference(reference)
    const prefix = parsed?.kind === 'relative' ? prefixes[parsed.type] : undefined
    return parsed?.kind === 'relative' && prefix !== undefined ? `${prefix}:${parsed.id}` : undefined
  },
}

function requestOf(
  receiver: readonly string[],
  purposes: readonly string[],
  emergency: AccessRequest['basis']['emergency'],
): AccessRequest {
  const none = { kind: 'none' } as const
  const basis = { inHouse: false, patientRequest: none, emergency, statute: none }
  return { action: 'access', purposes, institution: 'asking', receiver, insideReceiver: [], basis }
}

/** Compiled, with every target of `data` read from the example records. */
function compiled(consent: Consent, records: readonly Resource[]): readonly ProvisionRow[] {
  const { rows } = compile(consent, { version: '1', person: 'person', directory, timeZone: 'UTC', signedByGuardian: false })
  return rows.map((row) => ({
    ...row,
    data:
      row.data?.map((target) => {
        const record = records.find((one) => one.id === target.reference)
        const refersTo = references(record ?? { resourceType: 'Basic', code: {} }).flatMap((one) =>
          one.kind === 'relative' ? [one.id] : [],
        )
        return { ...target, found: record === undefined ? ({ kind: 'unknown' } as const) : ({ kind: 'read', refersTo } as const) }
      }) ?? null,
  }))
}

/** The decision; the view must say the same. */
function decided(request: AccessRequest, rows: readonly ProvisionRow[], record: Facts, now: string): Decision {
  const nowMs = Date.parse(now)
  const decision = decide(request, rows, record, nobody, nowMs)
  expect(matches(view(request, new Map([['person', rows]]), nobody, nowMs).condition, record)).toBe(decision.permit)
  return decision
}

interface PcfRow {
  readonly id: string
  readonly consent: string
  readonly now: string
  readonly actor: string
  readonly purposeOfUse: string
  readonly token: 'permit' | 'deny'
  readonly returned?: readonly string[]
}

// As their README states.
const pcfRows = rowsIn('pcf/decisions.jsonl') as readonly PcfRow[]

when(`the examples of IHE PCF${how}`, () => {
  const data = everyIn('pcf/data/')
  const observations = data.filter((resource) => resource.resourceType === 'Observation')
  const groups = data.flatMap((resource) => (resource.resourceType === 'Group' ? [resource] : []))

  test.each(pcfRows.map((row) => [row.id, row] as const))('%s', (_id, row) => {
    // Cases written by others, whose shape their README states; so below.
    const rows = compiled(read(row.consent) as Consent, data)
    const memberOf = groups.filter((group) => (group.member ?? []).some(({ entity }) => entity.reference === row.actor))
    const receiver = [row.actor, ...memberOf.map(({ id }) => `Group/${id}`)].flatMap((reference) => directory.resolve({ reference }) ?? [])
    const purpose = row.purposeOfUse.replace('http://terminology.hl7.org/CodeSystem/v3-ActReason|', '')
    // Break-glass is declared by those entitled to it, and comes on top of treatment.
    const isDeclared = purpose === 'BTG' && memberOf.length > 0
    const purposes = isDeclared ? ['TREAT', purpose] : [purpose]
    const request = requestOf(receiver, purposes, isDeclared ? { kind: 'person', person: 'person' } : { kind: 'none' })
    const seen = observations.filter((one) => decided(request, rows, factsOf(one, 'ex-organization'), row.now).permit)
    const expected = row.token === 'deny' ? [] : (row.returned ?? [])
    expect(seen.map(({ id }) => `Observation/${id}`).sort()).toEqual([...expected].sort())
  })
})

interface LeapRow {
  readonly id: string
  readonly consent: string
  readonly now: string
  readonly purposeOfUse: string | readonly string[]
  readonly actor: readonly { readonly system: string; readonly value: string }[]
  readonly decision: 'CONSENT_PERMIT' | 'CONSENT_DENY' | 'NO_CONSENT'
  readonly redact?: readonly { readonly system: string; readonly code: string }[]
  readonly class?: readonly string[]
}

// As their README states.
const leapRows = rowsIn('leap/decisions.jsonl') as readonly LeapRow[]

when(`the decisions of LEAP${how}`, () => {
  const data = everyIn('leap/data/')

  test.each(leapRows.map((row) => [row.id, row] as const))('%s', (id, row) => {
    const written = read(row.consent) as Consent & { readonly category: readonly [Consent['scope']] }
    // Written before R4 made scope an element of its own; their custodian is taken for the network.
    const consent = { ...written, scope: written.category[0], organization: [{ reference: 'Organization/network' }] }
    const receiver = row.actor.flatMap(({ system, value }) => keysOf(data, system, value))
    const purposes = typeof row.purposeOfUse === 'string' ? [row.purposeOfUse] : row.purposeOfUse
    const isDeclared = purposes.includes('ETREAT')
    const request = requestOf(receiver, purposes, isDeclared ? { kind: 'person', person: 'person' } : { kind: 'none' })
    const plain: Facts = {
      ...plainContent,
      id: 'r',
      type: 'Observation',
      person: 'person',
      custodian: 'holder',
      sources: ['org:holder'],
      classes: ['Observation'],
    }
    const rows = compiled(consent, data)
    const answer = decided(request, rows, plain, row.now)
    const word = answer.permit
      ? 'CONSENT_PERMIT'
      : answer.because.some(({ rule }) => rule === 'implicit-deny')
        ? 'NO_CONSENT'
        : 'CONSENT_DENY'
    const redacted = (row.redact ?? []).filter((code) => !decided(request, rows, marked(plain, code), row.now).permit)
    const isSame = word === row.decision && redacted.length === (row.redact ?? []).length
    expect({ isSame, because: differing[id] }).toEqual({ isSame: !(id in differing), because: differing[id] })
  })
})

function keysOf(data: readonly Resource[], system: string, value: string): readonly string[] {
  return data.flatMap((resource) =>
    (resource.resourceType === 'Organization' || resource.resourceType === 'Practitioner') &&
    (resource.identifier ?? []).some((identifier) => identifier.system === system && identifier.value === value)
      ? // the one practitioner of the fixtures has no id in its file; the consents call it 001
        (directory.resolve({ reference: `${resource.resourceType}/${resource.id ?? '001'}` }) ?? [])
      : [],
  )
}

/** The record with the label or of the type that a LEAP obligation removes. */
function marked(plain: Facts, code: { readonly system: string; readonly code: string }): Facts {
  const confidentiality = rankOf(code)
  return confidentiality === undefined ? { ...plain, type: code.code, classes: [code.code] } : { ...plain, confidentiality }
}
