/** References as a caller writes them → the network ids they stand for. An id nobody may see and an id nobody has are the same. */
import type { Call, Context } from './context.ts'
import { knownTypes } from './logic/access.ts'
import type { Test } from './store/search-clause.ts'

export interface Asked {
  readonly test: Test
  /** whom it names */
  readonly persons: readonly string[]
  /** every value names a person */
  readonly isPersons: boolean
  /** persons among whose records alone it can be met; undefined = anybody's. It narrows what is looked through, not what is found */
  readonly among: readonly string[] | undefined
}

export interface ReferenceAsk {
  readonly values: readonly string[]
  /** the modifier; '' = none */
  readonly type: string
  readonly targets: readonly string[]
  /** where every value names a person, the persons are all that is wanted: the test is not made */
  readonly mayBePersons?: boolean
}

interface Wanted {
  /** '' = whatever the parameter may point at */
  readonly type: string
  readonly id: string
}

/** A patient parameter accepts a person id, or the own institution's record id; a system's are its own ids only. */
export async function referenceTest(context: Context, call: Call, ask: ReferenceAsk): Promise<Asked> {
  const wanted = ask.values.map((value) => wantedOf(context, value, ask.type))
  if (call.caller.role === 'system') return ownTargets(context, call, ask.targets, wanted)
  const mayBePatient = ask.targets.length === 0 || ask.targets.includes('Patient')
  const named = wanted.filter(({ type }) => type === 'Patient' || (type === '' && mayBePatient))
  const persons = await personsOf(
    context,
    call,
    named.map(({ id }) => id),
  )
  const isPersons = named.length === wanted.length
  if (isPersons && ask.mayBePersons === true && persons.length > 0) return { test: nothing, persons, isPersons, among: undefined }
  const records = (await context.store.identities.ofPersons(persons)).map((row) => row.record)
  const anyOf = [
    ...(named.length === 0 ? [] : [{ type: 'Patient', ids: [...new Set([...records, ...persons, ...named.map(({ id }) => id)])] }]),
    ...wanted.filter(({ type }) => type !== 'Patient').map(({ type, id }) => ({ type, ids: [id] })),
  ]
  return { test: { kind: 'reference', anyOf }, persons, isPersons, among: undefined }
}

const nothing: Test = { kind: 'reference', anyOf: [] }

/** `id`, `Type/id`, an address on this server, or any other address, which is compared as it is. */
function wantedOf(context: Context, given: string, modifier: string): Wanted {
  const base = `${context.config.publicUrl}/fhir/R4/`
  const value = given.startsWith(base) ? given.slice(base.length) : given
  const found = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(value)
  if (found === null) return { type: modifier, id: value }
  const [, type = '', id = ''] = found
  // another type than the modifier's is nothing it could find
  return modifier === '' || modifier === type ? { type, id } : { type: modifier, id: '' }
}

/** A system names its own records; a patient of its own is known to the network's records by the person. */
async function ownTargets(context: Context, call: Call, targets: readonly string[], wanted: readonly Wanted[]): Promise<Asked> {
  const { institution } = call.caller
  const anyOf: { type: string; ids: readonly string[] }[] = []
  const among: string[] = []
  for (const { type, id } of wanted) {
    const types = type === '' ? (targets.length === 0 ? knownTypes : targets) : [type]
    const mayBePatient = type === 'Patient' || type === ''
    const { found, persons } = await context.store.names.ofLocal({ institution, types, localId: id })
    for (const each of found) anyOf.push({ type: each.type, ids: [each.id] })
    if (mayBePatient) anyOf.push({ type: 'Patient', ids: persons })
    if (mayBePatient) among.push(...persons)
    // an address elsewhere is nobody's id
    if (type === '') anyOf.push({ type: '', ids: id.includes(':') ? [id] : [] })
  }
  const isPatients = anyOf.every(({ type, ids }) => type === 'Patient' || ids.length === 0)
  return { test: { kind: 'reference', anyOf }, persons: [], isPersons: false, among: isPatients ? [...new Set(among)] : undefined }
}

/** Person ids as given, after merges; a record id of the own institution counts as its person. */
export async function personsOf(context: Context, call: Call, ids: readonly string[]): Promise<readonly string[]> {
  return context.store.identities.personsNamed(ids, call.caller.institution)
}
