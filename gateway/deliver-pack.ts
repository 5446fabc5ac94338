/** What a parcel may hold when it leaves: judged now, for its receiver, with the receiver's own number of the patient. */
import type { Parcel } from '../adapters/contract.ts'
import { system } from '../fhir-profiles/codes.ts'
import { compact, type Identifier, type Patient, type Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { bundleOf, withNames } from './deliver-bundle.ts'
import { packRecall, rememberCopies } from './deliver-recall.ts'
import { open, type Held } from './held.ts'
import { deliverySight, isVisible } from './judge.ts'
import { releaseDelivery, type Part } from './judged.ts'
import { composePerson } from './logic/person.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { loadTask, lockTask, type LoadedTask } from './referral-step.ts'
import type { ParcelRow } from './store/parcels.ts'
import type { Tables } from './store/store.ts'

export type Packed =
  | { readonly kind: 'send'; readonly parcel: Parcel }
  /** it waits; what is due has been settled */
  | { readonly kind: 'withheld' }
  /** the referral is no more */
  | { readonly kind: 'gone' }
  /** consent refuses now */
  | { readonly kind: 'refused'; readonly task: LoadedTask }

/** Judged now, under the consents in force now, and entered in the ledger before a byte leaves. */
export async function pack(tables: Tables, context: Context, row: ParcelRow, liveNumbers: readonly Identifier[]): Promise<Packed> {
  if (row.kind === 'recall') return packRecall(tables, context, row)
  await takeTurn(tables, row)
  const task = await lockTask(tables, row.task)
  if (task === undefined) return { kind: 'gone' }
  const told = await toldBy(tables, row, task)
  const content = await contentOf(tables, row, { ...task, task: told })
  const isByReferral = row.kind === 'referral-response' && (await isReferralPermitted(tables, context, task))
  const always = isByReferral ? content.held.map((item) => open(item).facts.id) : [row.task]
  const released = await releaseDelivery(tables, context, { held: content.held, receiver: row.receiver, person: task.person, always })
  const parts = new Map(released.parts.map((part) => [part.id, part]))
  const focus = task.task.focus?.reference?.split('/')[1] ?? ''
  if (row.kind === 'referral-request' && !parts.has(focus)) return { kind: 'refused', task }
  const quoted = await quotedBy(tables, row, task)
  const patient = await patientFor(tables, context, { person: task.person, receiver: row.receiver, parts: released.parts, liveNumbers })
  const passed = content.held.map(open).filter(({ facts }) => parts.has(facts.id))
  await rememberCopies(tables, context, {
    row,
    task,
    facts: passed.map(({ facts }) => facts),
    isByReferral,
    patient: patient.identifier?.[0],
  })
  return {
    kind: 'send',
    parcel: {
      id: row.id,
      kind: row.kind,
      bundle: bundleOf(row.id, {
        task: { ...withNames(context, told), identifier: [...(told.identifier ?? []), ...quoted] },
        parts: released.parts,
        patient,
      }),
      gaps: [],
    },
  }
}

/** Before the Task is locked, as a change of consent does it. */
async function takeTurn(tables: Tables, row: ParcelRow): Promise<void> {
  const task = await loadTask(tables, row.task)
  if (task !== undefined) await tables.deliveries.takeTurn(task.person)
}

/** An answer tells of the step it was queued for, also when the next one was taken before it could be sent. */
async function toldBy(tables: Tables, row: ParcelRow, { task }: LoadedTask): Promise<Task> {
  if (row.version === 0) return task
  const text = (await tables.versions.textsOf(row.task, 100)).find(({ version }) => version === row.version)?.text
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  return isResource(value) && value.resourceType === 'Task' ? value : task
}

/** What the requester tells (that it takes the referral back) quotes the delivery by which the receiver knows it. */
async function quotedBy(tables: Tables, row: ParcelRow, { task }: LoadedTask): Promise<readonly Identifier[]> {
  if (row.kind !== 'referral-response' || task.requester?.reference !== `Organization/${row.sender}`) return []
  const value = await tables.parcels.requestOf(row.task)
  return value === undefined ? [] : [{ system: system.parcel, value }]
}

/** The reply goes to the referrer under the consent that let the referral itself go out (consent.md, Delivery), as long as that holds. */
export async function isReferralPermitted(tables: Tables, context: Context, task: LoadedTask): Promise<boolean> {
  const owner = task.task.owner?.reference?.split('/')[1] ?? ''
  const focus = await tables.records.byIds([task.task.focus?.reference?.split('/')[1] ?? ''])
  const sight = await deliverySight(tables, context, { receiver: owner, person: task.person })
  return focus.length > 0 && focus.every((held) => isVisible(sight, open(held)))
}

/** A request carries its ServiceRequest, what that refers to, and the sender's Patient; an answer carries its reports. */
async function contentOf(tables: Tables, row: ParcelRow, task: LoadedTask): Promise<{ held: readonly Held[] }> {
  const named = (references: readonly (string | undefined)[]): string[] => references.flatMap((reference) => reference?.split('/')[1] ?? [])
  if (row.kind === 'referral-response') {
    return {
      held: [task.held, ...(await tables.records.byIds(named((task.task.output ?? []).map((output) => output.valueReference?.reference))))],
    }
  }
  const focus = named([task.task.focus?.reference])
  const inputs = named((task.task.input ?? []).map((input) => input.valueReference?.reference))
  const outgoing = [...(await tables.consents.outgoing(focus)).values()].flat()
  const held = await tables.records.byIds([...new Set([...focus, ...inputs, ...outgoing])])
  return { held: [task.held, ...held.filter((item) => open(item).facts.person === task.person && open(item).facts.id !== row.task)] }
}

/** The receiver needs to know whom it is about: its own number where it has one, and the demographics it may see. */
async function patientFor(
  tables: Tables,
  context: Context,
  input: { person: string; receiver: string; parts: readonly Part[]; liveNumbers: readonly Identifier[] },
): Promise<Patient> {
  const patients = input.parts.flatMap((part) => {
    const value: unknown = part.type === 'Patient' ? valueOf(part.text) : undefined
    return isResource(value) && value.resourceType === 'Patient'
      ? [{ patient: value, custodian: part.custodian, updatedMs: part.updatedMs }]
      : []
  })
  const composed = composePerson(input.person, patients).patient
  const own = (await tables.identities.ofPersons([input.person])).filter((row) => row.institution === input.receiver)
  const ownRecords = await tables.records.byIds(own.map((row) => row.record))
  const numbers = ownRecords.flatMap((held) => {
    const value: unknown = valueOf(open(held).text)
    return isResource(value) && value.resourceType === 'Patient' ? (value.identifier ?? []) : []
  })
  const ownName = context.directory.institution(input.receiver)?.number ?? ''
  const mine = [...input.liveNumbers, ...numbers.filter((identifier) => identifier.system?.endsWith(`.${ownName}`) === true)]
  return compact<Patient>({
    ...composed,
    identifier: [...mine, ...(composed.identifier ?? []).filter((identifier) => !mine.includes(identifier))],
  })
}
