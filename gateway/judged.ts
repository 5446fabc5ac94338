/** Held → Part: judged under the consents in force now and written in the caller's ids. What release, delivery and party reads share. */
import type { Action, ConsentVersion } from '../consent/types.ts'
import { guardedTypes } from '../fhir-profiles/logical-reference.ts'
import type { Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Call, Context } from './context.ts'
import { networkId } from './directory.ts'
import { open, type Held, type HeldContent } from './held.ts'
import { actionOf } from './logic/action-of.ts'
import { deliverySight, isByConsent, isVisible, policyAsk, policyOnce, sightOf, type Sight } from './judge.ts'
import { emrAddress, ledgerEntry, whoIsNetwork } from './ledger-entry.ts'
import { liveEncounterOf } from './live.ts'
import { noOctets, valueOf, type Octets } from '../fhir-profiles/octets.ts'
import { isShown as isShownBy, personsIn, pointingTo } from './pointing.ts'
import { notFound } from './problem.ts'
import { redacted } from './redaction.ts'
import { everyHouse, inIdsOf, type Spelling } from './spelling.ts'
import type { PersonRead } from './store/person-reads.ts'
import type { Policy, Standing } from './store/policy.ts'
import type { Views } from './store/search.ts'
import type { Tables } from './store/store.ts'
import { inSpan } from './trace.ts'

/** A judged record: what passed, in the caller's own ids. */
export interface Part {
  readonly type: string
  readonly id: string
  /** whatever the caller's ids are: what the ledger knows it by */
  readonly networkId: string
  readonly version: string
  readonly updatedMs: number
  readonly custodian: string
  readonly person: string
  readonly text: Octets
}

/** What one caller may see of these persons, with relation asked of the own live server where the store shows none. */
export async function sightFor(
  tables: Tables,
  context: Context,
  call: Call,
  about: { type: string; persons: readonly string[]; action?: Action; policy?: Policy },
): Promise<Sight> {
  const { caller } = call
  const isLiveHome = context.adapters.get(caller.institution)?.description.mode === 'live'
  const liveRelated: string[] = []
  // Asked outside any transaction: a client is never held while the network is awaited.
  if (isLiveHome && about.persons.length === 1) {
    for (const person of about.persons) if (await liveEncounterOf(context, call, person)) liveRelated.push(person)
  }
  const { type, persons, action = actionOf.read, policy } = about
  return sightOf(tables, context, caller, {
    type,
    persons,
    action,
    liveRelated,
    ...(policy === undefined ? {} : { policy: () => Promise.resolve(policy) }),
  })
}

/** Whom an id stands for, with what decides about them and every Patient record of them, in one snapshot. */
export async function readPersonOf(context: Context, call: Call, id: string): Promise<PersonRead> {
  return context.store.persons.read({ ...policyAsk(context, call.caller, { persons: [], action: actionOf.read }), id, nobody })
}

/** What a search may look at, type by type. `sight`: of the type searched. */
export async function viewsFor(
  context: Context,
  call: Call,
  about: { type: string; persons: readonly string[]; sight: Sight },
): Promise<Views> {
  const { persons, sight } = about
  if (call.caller.role === 'system') {
    const { condition, party, onlyParty } = sight
    return { guarded: [], isSystem: true, groups: [{ of: { but: [] }, condition, party, onlyParty }] }
  }
  const own = groupOf(about.type)
  const views = []
  const read = sight.policy
  const policy =
    read === undefined ? policyOnce(context.store, context, call.caller, { persons, action: actionOf.read }) : () => Promise.resolve(read)
  for (const group of groups) {
    const ask = { type: group, persons, action: actionOf.read, liveRelated: sight.related, policy } as const
    const isAlike = group === own || (isByConsent(call.caller, group) && isByConsent(call.caller, own))
    const { condition, party, onlyParty } = isAlike ? sight : await sightOf(context.store, context, call.caller, ask)
    const of = group === 'Patient' ? { but: groups.filter((each) => each !== 'Patient') } : { types: [group] }
    views.push({ of, condition, party, onlyParty })
  }
  return { guarded: guardedTypes, isSystem: false, groups: views }
}

/** A Task for deciding what its party may do: workflow only, visible to its parties by contract. Nobody else learns that it exists. */
export async function readTaskAsParty(context: Context, call: Call, id: string): Promise<Task> {
  const held = await context.store.records.byId('Task', id)
  const content = held === undefined ? undefined : open(held)
  const sight = await sightFor(context.store, context, call, { type: 'Task', persons: [] })
  const value: unknown = content === undefined || !isVisible(sight, content) ? undefined : valueOf(content.text)
  if (!isResource(value) || value.resourceType !== 'Task') throw notFound()
  return value
}

/** Whether the network keeps a Task of this id that the caller's institution is party to. Somebody else's is as absent as none. */
export async function isPartyTask(context: Context, call: Call, id: string): Promise<boolean> {
  const held = await context.store.records.byId('Task', id)
  const content = held === undefined ? undefined : open(held)
  return content?.facts.custodian === networkId && content.parties.includes(call.caller.institution)
}

/** Whether a record is there for who has this sight: one that is hidden may not be written over, and is as absent as none. */
export async function isShownRecord(tables: Tables, sight: Sight, type: string, id: string): Promise<boolean> {
  const held = await tables.records.byId(type, id)
  return held !== undefined && isVisible(sight, open(held))
}

/** Parts for an institution's EMR, re-judged at the moment of sending; the ledger row is in the caller's transaction. */
export async function releaseDelivery(
  tables: Tables,
  context: Context,
  input: { held: readonly Held[]; receiver: string; person: string; always: readonly string[] },
): Promise<{ parts: readonly Part[]; withheld: number; consents: readonly ConsentVersion[] }> {
  const sight = await deliverySight(tables, context, { receiver: input.receiver, person: input.person })
  const spelling: Spelling = { kind: 'people', house: input.receiver }
  const contents = input.held.map(open)
  const isSent = (content: HeldContent): boolean =>
    !content.deleted && (input.always.includes(content.facts.id) || isVisible(sight, content))
  const passed = contents.filter(isSent)
  // The receiver knows the records of its own referral: a Task goes on naming them.
  const isNamed = (content: HeldContent): boolean => isSent(content) || content.parties.includes(input.receiver)
  const texts = await inIdsOf(tables, spelling, await redacted(tables, passed, { isNamed, isShown: isSent }))
  await tables.ledger.append([
    ledgerEntry(
      context,
      { ...whoIsNetwork, institution: input.receiver },
      { requestId: '', query: '' },
      {
        action: 'R',
        interaction: 'delivery',
        outcome: passed.length === contents.length ? 'success' : 'refused',
        persons: [input.person],
        entities: passed.map(entityOf),
        consents: sight.consulted,
        note: '',
        recipient: { institution: input.receiver, address: emrAddress(context, input.receiver) },
      },
    ),
  ])
  return {
    parts: passed.map((content, at) => partOf(content, texts[at] ?? noOctets)),
    withheld: contents.length - passed.length,
    consents: sight.consulted,
  }
}

/** Judged twice: by the snapshot the data came from, and by the consents in force now, before the first byte. */
export async function judge(context: Context, call: Call, before: Sight, contents: readonly HeldContent[]): Promise<readonly Part[]> {
  return (await inSpan('consent.decide', {}, () => judged(context, call, before, { contents, isRested: false }))).parts
}

/** What passed, and the rules it rests on: `undefined` where none decided. */
export interface Rested {
  readonly parts: readonly Part[]
  readonly standing: Standing | undefined
}

/**
 * The same for what is entered in the ledger at once: the second time is the entry's own, which is not written unless the rules are the same
 * (`record`). What was read longer ago is read anew all the same, since who has to do with whom is no part of the rules.
 */
export async function judgeRested(context: Context, call: Call, before: Sight, contents: readonly HeldContent[]): Promise<Rested> {
  return inSpan('consent.decide', {}, () => judged(context, call, before, { contents, isRested: true }))
}

const freshForMs = 250

function isFresh({ standing, askedAtMs }: Policy, persons: readonly string[]): boolean {
  return performance.now() - askedAtMs < freshForMs && persons.every((person) => standing.has(person))
}

async function judged(
  context: Context,
  call: Call,
  before: Sight,
  { contents, isRested }: { readonly contents: readonly HeldContent[]; readonly isRested: boolean },
): Promise<Rested> {
  const spelling = spellingOf(call)
  // whose a record is decides alone, and that rests on no rules
  if (spelling.kind === 'system') {
    const own = contents.filter((content) => isVisible(before, content))
    return { parts: partsOf(own, await inIdsOf(context.store, spelling, own), spelling), standing: undefined }
  }
  const pointing = await pointingTo(context.store, contents)
  const persons = personsIn([...contents, ...[...pointing.values()].flat()])
  const sights = new Map<string, Sight>()
  const known = before.policy
  // Read anew, once for all groups: what is in force now decides, whatever it was when the data was read.
  const isKnown = isRested && known !== undefined && isFresh(known, persons)
  const liveRelated = isKnown ? [] : persons.filter((person) => before.related.includes(person))
  const policy = isKnown
    ? () => Promise.resolve(known)
    : policyOnce(context.store, context, call.caller, { persons, action: actionOf.read })
  const sightOfGroup = async (type: string): Promise<void> => {
    const ask = { type, persons, action: actionOf.read, liveRelated, policy } as const
    sights.set(type, isKnown && isByConsent(call.caller, type) ? before : await sightOf(context.store, context, call.caller, ask))
  }
  for (const group of new Set(contents.map(({ facts }) => groupOf(facts.type)))) await sightOfGroup(group)
  const nowOf = (content: HeldContent): Sight | undefined => sights.get(groupOf(content.facts.type))
  const isNamed = (content: HeldContent): boolean => {
    const now = nowOf(content)
    return now !== undefined && isShownBy(now, content, pointing)
  }
  const isShown = (content: HeldContent): boolean => isNamed(content) && (nowOf(content) === before || isShownBy(before, content, pointing))
  const passed = contents.filter(isShown)
  // What a record refers to may be of any group; its own is judged by what is in force now.
  if (passed.some(({ facts }) => facts.relations.length > 0)) for (const group of groups) if (!sights.has(group)) await sightOfGroup(group)
  const identities = policyIn(sights)?.identities
  const shown = await redacted(context.store, passed, { isNamed, isShown, patients: identities?.map(({ record }) => record) ?? [] })
  return restedOn(sights, partsOf(passed, await inIdsOf(context.store, spelling, shown, identities), spelling))
}

function restedOn(sights: ReadonlyMap<string, Sight>, parts: readonly Part[]): Rested {
  return { parts, standing: policyIn(sights)?.standing }
}

function policyIn(sights: ReadonlyMap<string, Sight>): Policy | undefined {
  return [...sights.values()].find((sight) => sight.policy !== undefined)?.policy
}

/** Stands for whom nobody knows, so that what is missing is looked at as long as what is hidden: the same questions, one answer. */
export const nobody = 'nobody'

/** Judges a record that is not there, as if it were: its answer takes the same time as that of a hidden one. */
export async function judgeNothing(context: Context, call: Call, type: string): Promise<void> {
  await sightOf(context.store, context, call.caller, { type: groupOf(type), persons: [nobody], action: actionOf.read, liveRelated: [] })
}

/** The same, as `judgeRested` would judge it. */
export async function judgeNothingRested(context: Context, call: Call, { policy }: Sight, type: string): Promise<Rested> {
  if (policy === undefined || !isFresh(policy, [])) await judgeNothing(context, call, type)
  return { parts: [], standing: policy?.standing }
}

const groups = ['Patient', 'Task', 'Consent', 'Provenance', 'RelatedPerson'] as const

function partsOf(contents: readonly HeldContent[], texts: readonly Octets[], spelling: Spelling): readonly Part[] {
  return contents.map((content, at) => partOf(content, texts[at] ?? noOctets, spelling))
}

/** Where all lies that is in sight when nobody is named: at one institution, with one person, or anywhere. No permit, only where to look. */
export function reachOf({ caller }: Call, type: string): { readonly institution: string | undefined; readonly person: string | undefined } {
  const isOwn = caller.role === 'system' || isByConsent(caller, type)
  const isPatient = caller.role === 'patient' || caller.role === 'proxy'
  return { institution: isOwn ? caller.institution : undefined, person: isPatient ? caller.person : undefined }
}

/** Tasks and consents follow the role, and for the officer some Provenance and the relations verified; everything else follows consent. */
export function groupOf(type: string): (typeof groups)[number] {
  return groups.find((group) => group === type) ?? 'Patient'
}

export function spellingOf({ caller }: Call): Spelling {
  if (caller.role === 'system') return { kind: 'system', institution: caller.institution }
  return { kind: 'people', house: caller.role === 'patient' || caller.role === 'proxy' ? everyHouse : caller.institution }
}

function partOf(content: HeldContent, text: Octets, spelling: Spelling = { kind: 'people', house: everyHouse }): Part {
  const isOwn = spelling.kind === 'system' && content.facts.custodian === spelling.institution
  return {
    type: content.facts.type,
    id: isOwn ? content.localId : content.facts.id,
    networkId: content.facts.id,
    version: content.version,
    updatedMs: content.updatedMs,
    custodian: content.facts.custodian,
    person: content.facts.person,
    text,
  }
}

function entityOf(content: HeldContent): { type: string; id: string; version: string } {
  return { type: content.facts.type, id: content.facts.id, version: content.version }
}
