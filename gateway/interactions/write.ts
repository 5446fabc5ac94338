/**
 * create, update and patch. A system writes its own partition; patients, proxies and officers write consents; parties move Tasks by the
 * transition table. Everything else is refused by the role table before this is reached.
 * Spec: http://hl7.org/fhir/R4/http.html#create, #update, #patch
 */
import type { Consent, RelatedPerson, Task } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { answerReferral } from '../intake-answer.ts'
import { currentConsent, isSignedByProxy, takeConsent } from '../intake-consent.ts'
import { settleConsentReview } from '../intake-consent-review.ts'
import { supersede } from '../intake-supersede.ts'
import { takeRelation } from '../intake-relation.ts'
import { onlyMatch, turnOf } from '../intake-criteria.ts'
import { requireValid, resourceOf, type IntakeResult } from '../intake.ts'
import type { Held } from '../held.ts'
import { ledgerEntry, maskedQuery, whoOf } from '../ledger-entry.ts'
import { notFound, Problem } from '../problem.ts'
import { isPartyTask, isShownRecord, sightFor } from '../judged.ts'
import { releaseWritten, type Released } from '../release.ts'
import { personsOf } from '../search-request.ts'
import { withinTransaction } from '../within.ts'
import { patchOf } from './patch-body.ts'
import { askedOf, criteriaIn, writeOwn } from './write-own.ts'

export async function create(call: Call, context: Context): Promise<Released> {
  const resource = resourceOf(bodyOf(call), call.params['type'] ?? '')
  const isConsent = resource.resourceType === 'Consent' && call.caller.role !== 'system'
  const isRelation = resource.resourceType === 'RelatedPerson' && call.caller.role === 'privacy-officer'
  if (isConsent || isRelation) return byCriteria(call, context, { resource, id: '' })
  requireSystem(call)
  return writeOwn(call, context, { ...askedOf(call), method: 'POST', resource })
}

export async function update(call: Call, context: Context): Promise<Released> {
  const resource = resourceOf(bodyOf(call), call.params['type'] ?? '')
  const id = call.params['id'] ?? ''
  if (id !== '' && resource.id !== id)
    throw new Problem('invalid', 'the id of the body is not the id of the address', {
      id: 'id-mismatch',
      expression: `${resource.resourceType}.id`,
    })
  // A system may keep Tasks of its own under any id; everybody else's Tasks are the network's.
  if (resource.resourceType === 'Task' && (call.caller.role !== 'system' || (await isPartyTask(context, call, id)))) {
    requireId(id)
    return writeTask(call, context, id, () => resource)
  }
  const isConsent = resource.resourceType === 'Consent' && call.caller.role !== 'system'
  const isRelation = resource.resourceType === 'RelatedPerson' && call.caller.role === 'privacy-officer'
  if (isConsent || isRelation) return byCriteria(call, context, { resource, id })
  requireSystem(call)
  return writeOwn(call, context, { ...askedOf(call), method: 'PUT', resource })
}

/** JSON Patch and FHIRPath Patch. What people and coordinators change (Tasks, Consents) needs If-Match; a system patches its own records. */
export async function patch(call: Call, context: Context): Promise<Released> {
  const { type = '', id = '' } = call.params
  const change = patchOf(call.body)
  if (call.caller.role === 'system' && !(type === 'Task' && (await isPartyTask(context, call, id))))
    return writeOwn(call, context, { ...askedOf(call), method: 'PATCH', patch: change })
  requireId(id)
  if (type === 'Task') {
    return writeTask(call, context, id, (current) => {
      const changed = change(current)
      if (changed.resourceType !== 'Task') throw new TypeError('a patch keeps the type')
      return changed
    })
  }
  if (type === 'Consent') {
    const current = await currentConsent(context.store, id)
    if (current === undefined || !(await mayWriteConsent(call, context, current.person))) throw notFound()
    const changed = change({ ...current.consent, id })
    if (changed.resourceType !== 'Consent') throw new TypeError('a patch keeps the type')
    return writeConsent(call, context, { consent: changed, id, isNew: false })
  }
  throw new Problem('not-supported', 'a patch is taken on Task and Consent; send an update instead', { id: 'patch-type' })
}

export async function remove(call: Call, context: Context): Promise<Released> {
  requireSystem(call)
  return writeOwn(call, context, { ...askedOf(call), method: 'DELETE' })
}

/** People write by id, or by criteria under their own view: who asks the same at the same moment takes turns. */
async function byCriteria(call: Call, context: Context, input: { resource: Consent | RelatedPerson; id: string }): Promise<Released> {
  const { resource, id } = input
  const write = (inner: Context, at: { id: string; isNew: boolean }): Promise<Released> =>
    resource.resourceType === 'Consent'
      ? writeConsent(call, inner, { consent: resource, ...at })
      : writeRelation(call, inner, { relation: resource, ...at })
  const criteria = criteriaIn(call, resource.resourceType, id)
  if (criteria === undefined) return write(context, id === '' ? { id: context.newId(), isNew: true } : { id, isNew: false })
  return withinTransaction(context, [turnOf(call, criteria)], async (inner) => {
    const found = await onlyMatch(inner, call, criteria)
    if (found === undefined) return write(inner, { id: inner.newId(), isNew: true })
    if (call.method !== 'POST') return write(inner, { id: found.networkId, isNew: false })
    const { networkId, version, updatedMs } = found
    return answerWritten(call, inner, {
      status: 200,
      type: resource.resourceType,
      id: networkId,
      networkId,
      version: String(version),
      updatedMs,
    })
  })
}

function requireId(id: string): void {
  if (id !== '') return
  throw new Problem('not-supported', 'this is changed by its id and the version that was read, not by criteria', { id: 'conditional' })
}

function bodyOf(call: Call): unknown {
  if (call.body.kind === 'patch')
    throw new Problem('unsupported-media', 'a patch is sent by PATCH; send the resource as application/fhir+json', { id: 'media-type' })
  if (call.body.kind !== 'json') throw new Problem('invalid', 'a JSON body is required', { id: 'body-required' })
  return call.body.value
}

function requireSystem(call: Call): void {
  if (call.caller.role !== 'system') throw new Problem('forbidden', 'this role does not write this type', { id: 'role' })
}

function written(context: Context, call: Call, action: 'C' | 'U', result: IntakeResult, more: readonly IntakeResult[] = []) {
  return ledgerEntry(
    context,
    whoOf(call.caller, call.address),
    { requestId: call.requestId, query: maskedQuery(call) },
    {
      action,
      interaction: action === 'C' ? 'create' : call.method === 'PATCH' ? 'patch' : 'update',
      outcome: 'success',
      persons: result.person === null ? [] : [result.person],
      entities: [result, ...more].map(({ type, id, version }) => ({ type, id, version })),
      consents: [],
      note: '',
    },
  )
}

async function answerWritten(
  call: Call,
  context: Context,
  result: {
    status: 200 | 201
    type: string
    id: string
    networkId: string
    version: string
    updatedMs: number
    held?: () => Held | undefined
  },
): Promise<Released> {
  const isSystem = call.caller.role === 'system'
  // What a system wrote it reads back as it is; whoever else writes is judged by what the record has become, labels and all.
  const held = (isSystem ? result.held?.() : undefined) ?? (await context.store.records.byId(result.type, result.networkId))
  const persons = isSystem ? [] : await context.store.identities.personsOfRecord(result.networkId)
  const sight = await sightFor(context.store, context, call, { type: result.type, persons })
  return releaseWritten(context, call, { written: result, held, sight })
}

async function writeTask(call: Call, context: Context, id: string, change: (current: Task) => Task): Promise<Released> {
  const checked = (current: Task): Task => {
    const wanted = change(current)
    requireValid([{ value: wanted, at: '' }])
    return wanted
  }
  if (call.ifMatch === '')
    throw new Problem('invalid', 'a Task changes only with If-Match: read it first, then send the version you saw', {
      id: 'if-match-required',
    })
  const { caller } = call
  if (caller.role === 'privacy-officer') {
    const who = whoOf(caller, call.address)
    const request = { requestId: call.requestId, query: maskedQuery(call) }
    const settled = await settleConsentReview(context, { who, request, task: id, change: checked, ifMatch: call.ifMatch })
    return answerWritten(call, context, { ...settled, networkId: settled.id })
  }
  const answered = await answerReferral(context, {
    institution: caller.institution,
    who: whoOf(caller, call.address),
    request: { requestId: call.requestId, query: maskedQuery(call) },
    task: id,
    change: checked,
    ifMatch: call.ifMatch,
    space: caller.role === 'system' ? 'local' : 'network',
    entries: [],
    once: { id: '', sha256: '' },
  })
  const { status, type, version, updatedMs } = answered.task
  return answerWritten(call, context, { status: status === 201 ? 201 : 200, type, id, networkId: id, version, updatedMs })
}

async function writeConsent(call: Call, context: Context, input: { consent: Consent; id: string; isNew: boolean }): Promise<Released> {
  if (!input.isNew && call.ifMatch === '') {
    throw new Problem('invalid', 'a consent changes only with If-Match: read it first, then send the version you saw', {
      id: 'if-match-required',
    })
  }
  const before = input.isNew ? undefined : await currentConsent(context.store, input.id)
  const [person] = await personsOf(context, call, [input.consent.patient?.reference?.split('/')[1] ?? ''])
  if (!input.isNew && (before === undefined || !(await mayWriteConsent(call, context, before.person)))) throw notFound()
  if (person === undefined || !(await mayWriteConsent(call, context, person)) || (before !== undefined && before.person !== person)) {
    throw new Problem('unprocessable', 'the patient is not known to this caller; use the person id the network gave', {
      id: 'unknown-patient',
      expression: 'Consent.patient',
    })
  }
  const { caller } = call
  const consent: Consent = { ...input.consent, patient: { ...input.consent.patient, reference: `Patient/${person}` } }
  const result = await context.store.transaction(async (tables) => {
    const taken = await takeConsent(tables, context, {
      consent,
      person,
      id: input.id,
      isNew: input.isNew,
      ifMatch: call.ifMatch,
      from: before?.consent.status,
      signedByProxy: isSignedByProxy(consent, caller.role === 'proxy'),
      parties: before?.parties ?? [],
    })
    const who = whoOf(caller, call.address)
    const replaced = await supersede(tables, context, { consent, id: input.id, person, before: before?.consent, who })
    await tables.ledger.append([written(context, call, input.isNew ? 'C' : 'U', taken, replaced)])
    return taken
  })
  context.wakeDelivery()
  return answerWritten(call, context, { ...result, networkId: result.id })
}

/** Who acts for whom is the officer's to verify; it changes by what was read, never over a hidden record of an EMR. */
async function writeRelation(
  call: Call,
  context: Context,
  input: { relation: RelatedPerson; id: string; isNew: boolean },
): Promise<Released> {
  const sight = await sightFor(context.store, context, call, { type: 'RelatedPerson', persons: [] })
  if (!input.isNew && !(await isShownRecord(context.store, sight, 'RelatedPerson', input.id))) throw notFound()
  if (!input.isNew && call.ifMatch === '')
    throw new Problem('invalid', 'a relation changes only with If-Match: read it first, then send the version you saw', {
      id: 'if-match-required',
    })
  const [person] = await personsOf(context, call, [input.relation.patient.reference?.split('/')[1] ?? ''])
  if (person === undefined)
    throw new Problem('unprocessable', 'the patient is not known to this caller; use the person id the network gave', {
      id: 'unknown-patient',
      expression: 'RelatedPerson.patient',
    })
  const result = await context.store.transaction(async (tables) => {
    const taken = await takeRelation(tables, context, { ...input, person, ifMatch: call.ifMatch })
    await tables.ledger.append([written(context, call, input.isNew ? 'C' : 'U', taken)])
    return taken
  })
  return answerWritten(call, context, { ...result, networkId: result.id })
}

async function mayWriteConsent(call: Call, context: Context, person: string): Promise<boolean> {
  if (call.caller.role === 'privacy-officer') return true
  return (
    (call.caller.role === 'patient' || call.caller.role === 'proxy') &&
    (await context.store.identities.person(call.caller.person)) === person
  )
}
