/**
 * create, update and patch. A system writes its own partition; patients, proxies and officers write consents; parties move Tasks by the
 * transition table. Everything else is refused by the role table before this is reached.
 * Spec: http://hl7.org/fhir/R4/http.html#create, #update, #patch
 */
import type { Consent, RelatedPerson, Resource, Task } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { answerReferral } from '../intake-answer.ts'
import { currentConsent, isSignedByProxy, takeConsent } from '../intake-consent.ts'
import { settleConsentReview } from '../intake-consent-review.ts'
import { supersede } from '../intake-supersede.ts'
import { takeRelation } from '../intake-relation.ts'
import { requireValid, resourceOf, takeRecords, type IntakeResult } from '../intake.ts'
import { requireVersion } from '../intake-place.ts'
import type { Held } from '../held.ts'
import { ledgerEntry, maskedQuery, whoOf } from '../ledger-entry.ts'
import { notFound, Problem } from '../problem.ts'
import { isPartyTask, isShownRecord, sightFor } from '../judged.ts'
import { releaseWritten, type Released } from '../release.ts'
import { personsOf } from '../search-request.ts'
import { applyOperations, isOperation, type Operation } from './json-patch.ts'

export async function create(call: Call, context: Context): Promise<Released> {
  const resource = resourceOf(bodyOf(call), call.params['type'] ?? '')
  if (call.ifNoneExist !== '')
    throw new Problem('not-supported', 'conditional create is not supported yet; send the resource by PUT with an id of your own', {
      id: 'conditional',
    })
  if (resource.resourceType === 'Consent' && call.caller.role !== 'system')
    return writeConsent(call, context, { consent: resource, id: context.newId(), isNew: true })
  if (resource.resourceType === 'RelatedPerson' && call.caller.role === 'privacy-officer')
    return writeRelation(call, context, { relation: resource, id: context.newId(), isNew: true })
  requireSystem(call)
  return writeOwn(call, context, resource, 'POST')
}

export async function update(call: Call, context: Context): Promise<Released> {
  const resource = resourceOf(bodyOf(call), call.params['type'] ?? '')
  const id = call.params['id'] ?? ''
  if (resource.id !== id)
    throw new Problem('invalid', 'the id of the body is not the id of the address', {
      id: 'id-mismatch',
      expression: `${resource.resourceType}.id`,
    })
  // A system may keep Tasks of its own under any id; everybody else's Tasks are the network's.
  if (resource.resourceType === 'Task' && (call.caller.role !== 'system' || (await isPartyTask(context, call, id))))
    return writeTask(call, context, id, () => resource)
  if (resource.resourceType === 'Consent' && call.caller.role !== 'system')
    return writeConsent(call, context, { consent: resource, id, isNew: false })
  if (resource.resourceType === 'RelatedPerson' && call.caller.role === 'privacy-officer')
    return writeRelation(call, context, { relation: resource, id, isNew: false })
  requireSystem(call)
  return writeOwn(call, context, resource, 'PUT')
}

/** JSON Patch (RFC 6902) on Tasks and Consents: what people and coordinators change. Each needs If-Match. */
export async function patch(call: Call, context: Context): Promise<Released> {
  const type = call.params['type'] ?? ''
  const id = call.params['id'] ?? ''
  const operations = operationsOf(call)
  if (type === 'Task') {
    return writeTask(call, context, id, (current) => {
      const changed = patched(current, operations)
      if (changed.resourceType !== 'Task') throw new Problem('unprocessable', 'a patch cannot change the resource type', { id: 'patch' })
      return changed
    })
  }
  if (type === 'Consent' && call.caller.role !== 'system') {
    const current = await currentConsent(context.store, id)
    if (current === undefined || !(await mayWriteConsent(call, context, current.person))) throw notFound()
    const changed = patched(current.consent, operations)
    if (changed.resourceType !== 'Consent') throw new Problem('unprocessable', 'a patch cannot change the resource type', { id: 'patch' })
    return writeConsent(call, context, { consent: changed, id, isNew: false })
  }
  throw new Problem('not-supported', 'JSON Patch is supported on Task and Consent; send an update instead', { id: 'patch-type' })
}

export async function remove(call: Call, context: Context): Promise<Released> {
  requireSystem(call)
  const type = call.params['type'] ?? ''
  const id = call.params['id'] ?? ''
  const { caller } = call
  const written = await context.store.transaction(async (tables) => {
    requireVersion(call.ifMatch, await tables.records.lockVersion({ institution: caller.institution, type, localId: id }))
    const done = await tables.records.markDeleted({ institution: caller.institution, type, localId: id }, context.now().getTime())
    await tables.ledger.append([
      ledgerEntry(
        context,
        whoOf(caller, call.address),
        { requestId: call.requestId, query: maskedQuery(call) },
        {
          action: 'D',
          interaction: 'delete',
          outcome: 'success',
          persons: done?.person === undefined || done.person === null ? [] : [done.person],
          entities: done === undefined ? [] : [{ type, id: done.id, version: String(done.version) }],
          consents: [],
          note: '',
        },
      ),
    ])
    return done
  })
  const sight = await sightFor(context.store, context, call, { type, persons: [] })
  const entry = { status: 204 as const, type, id, version: String(written?.version ?? 0), updatedMs: context.now().getTime() }
  return releaseWritten(context, call, { written: entry, held: undefined, sight })
}

function bodyOf(call: Call): unknown {
  if (call.body.kind !== 'json') throw new Problem('invalid', 'a JSON body is required', { id: 'body-required' })
  return call.body.value
}

function requireSystem(call: Call): void {
  if (call.caller.role !== 'system') throw new Problem('forbidden', 'this role does not write this type', { id: 'role' })
}

async function writeOwn(call: Call, context: Context, resource: Resource, method: 'PUT' | 'POST'): Promise<Released> {
  const { caller } = call
  const result = await context.store.transaction(async (tables) => {
    const input = {
      institution: caller.institution,
      space: 'local' as const,
      entries: [{ method, resource, fullUrl: '', ifMatch: call.ifMatch, parties: [] }],
    }
    const [one] = await takeRecords(tables, context, input, (results) =>
      results.map((result) => written(context, call, method === 'POST' || result.status === 201 ? 'C' : 'U', result)),
    )
    if (one === undefined) throw new TypeError('one entry gives one result')
    return one
  })
  return answerWritten(call, context, { ...result, id: result.localId, networkId: result.id })
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
  result: { status: 200 | 201; type: string; id: string; networkId: string; version: string; updatedMs: number; held?: Held | undefined },
): Promise<Released> {
  const isSystem = call.caller.role === 'system'
  // What a system wrote it reads back as it is; whoever else writes is judged by what the record has become, labels and all.
  const held = (isSystem ? result.held : undefined) ?? (await context.store.records.byId(result.type, result.networkId))
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

function operationsOf(call: Call): Operation[] {
  if (call.body.kind !== 'patch') {
    throw new Problem('unsupported-media', 'send a JSON Patch: a list of operations as `application/json-patch+json`', { id: 'patch-body' })
  }
  if (!Array.isArray(call.body.value)) throw new Problem('invalid', 'a JSON Patch is a list of operations', { id: 'patch-body' })
  return call.body.value.map((item: unknown, at) => {
    if (!isOperation(item)) throw new Problem('invalid', `operation ${at} is not a JSON Patch operation`, { id: 'patch-body' })
    return item
  })
}

function patched(current: Resource, operations: Operation[]): Resource {
  const copy: Resource = structuredClone(current)
  const failed = applyOperations(copy, operations)
  if (failed !== undefined) throw new Problem('unprocessable', `operation ${failed} of the patch does not apply`, { id: 'patch' })
  return resourceOf(copy, current.resourceType)
}
