/**
 * An institution merges two of its own patient numbers (`Patient.link` replaced-by, as ADT^A40 says it). In its own partition that holds at once:
 * the record given up is inactive and linked, and stays so whatever is fed later. That two *persons* of the network become one is more: it would
 * put one's records under the other's consent. So it happens by itself only where nobody's consent, and nobody else's records, change hands;
 * anything else waits for a person, and until then each is under the refusals of both.
 */
import { compact, type Patient, type Resource, type Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { open } from './held.ts'
import { patientOf, reviewTask } from './identify.ts'
import type { IntakeInput } from './intake.ts'
import type { Placed } from './intake-place.ts'
import { compare, demographics, type Comparison } from './logic/match.ts'
import type { IdentityRow, MergedRow } from './store/identities.ts'
import type { Tables } from './store/store.ts'

/** The local id of the Patient this one lives on in; undefined for one that was not given up. */
export function replacedBy(resource: Resource): string | undefined {
  if (resource.resourceType !== 'Patient') return undefined
  const [type, id] = resource.link?.find((link) => link.type === 'replaced-by')?.other.reference?.split('/') ?? []
  return type === 'Patient' ? id : undefined
}

/** The Patients of a feed with what the institution has merged: now in this request, or before it. */
export async function withMerges(tables: Tables, context: Context, input: IntakeInput): Promise<IntakeInput> {
  const ids = input.entries.flatMap(({ resource }) =>
    resource.resourceType === 'Patient' && resource.id !== undefined ? [resource.id] : [],
  )
  if (input.space !== 'local' || ids.length === 0) return input
  const declared = declaredIn(input.entries.map(({ resource }) => resource))
  for (const { localId, into } of declared)
    await tables.identities.declareMerge(input.institution, { localId, into }, context.now().getTime())
  const known = await tables.identities.mergesOf(input.institution, ids)
  if (known.length === 0) return input
  const entries = await Promise.all(
    input.entries.map(async (entry) => {
      if (entry.resource.resourceType !== 'Patient') return entry
      const { resource } = entry
      // A merge says little of the patients themselves: what was known of them stays.
      const before = declared.length === 0 ? undefined : await storedPatient(tables, input.institution, resource.id ?? '')
      return { ...entry, resource: linked(compact<Patient>({ ...before, ...resource }), known) }
    }),
  )
  return { ...input, entries }
}

function declaredIn(resources: readonly Resource[]): readonly MergedRow[] {
  return resources.flatMap((resource) => {
    const into = replacedBy(resource)
    return into === undefined || resource.id === undefined || into === resource.id ? [] : [{ localId: resource.id, into }]
  })
}

async function storedPatient(tables: Tables, institution: string, localId: string): Promise<Patient | undefined> {
  const held = await tables.records.byKey({ institution, type: 'Patient', localId })
  return held === undefined ? undefined : patientOf(open(held).text)
}

function linked(patient: Patient, known: readonly MergedRow[]): Patient {
  const into = known.find(({ localId }) => localId === patient.id)?.into
  const others = (patient.link ?? []).filter(({ type }) => type !== 'replaced-by' && type !== 'replaces')
  const link: NonNullable<Patient['link']> = [
    ...others,
    ...(into === undefined ? [] : [{ other: { reference: `Patient/${into}` }, type: 'replaced-by' as const }]),
    ...known
      .filter((row) => row.into === patient.id)
      .map(({ localId }) => ({ other: { reference: `Patient/${localId}` }, type: 'replaces' as const })),
  ]
  const { link: _link, active, ...rest } = patient
  // Whoever was given up before and is now the one who stays lives again.
  const isActive = into === undefined ? (active === false && patient.link !== undefined ? undefined : active) : false
  return compact<Patient>({ ...rest, active: isActive, link: link.length === 0 ? undefined : link })
}

export interface MergeReview {
  readonly task: Task
  readonly parties: readonly string[]
  readonly id: string
}

/** After the records are stored: joins the persons where that is safe, and answers the reviews to open for the others. */
export async function settleMerges(
  tables: Tables,
  context: Context,
  { institution, space }: IntakeInput,
  placed: readonly Placed[],
): Promise<readonly MergeReview[]> {
  if (space !== 'local') return []
  const fresh = new Set(placed.filter(({ isNew }) => isNew).map(({ localId }) => localId))
  const reviews: MergeReview[] = []
  for (const { localId, into } of declaredIn(placed.map(({ resource }) => resource))) {
    const rows = await tables.identities.byLocal(institution, [localId, into])
    const [merged, survivor] = [rows.find((row) => row.localId === localId), rows.find((row) => row.localId === into)]
    if (merged === undefined || survivor === undefined || merged.person === survivor.person) continue
    const review = await settle(tables, context, { merged, survivor, isFresh: fresh.has(localId) })
    if (review !== undefined) reviews.push(review)
  }
  return reviews
}

interface Pair {
  readonly merged: IdentityRow
  readonly survivor: IdentityRow
  /** the institution had never sent the number that is given up: nothing of it can be shown to anybody */
  readonly isFresh: boolean
}

async function settle(tables: Tables, context: Context, pair: Pair): Promise<MergeReview | undefined> {
  const { merged, survivor } = pair
  const nowMs = context.now().getTime()
  const [a, b] = [await standing(tables, merged), await standing(tables, survivor)]
  const comparison = await compareRecords(tables, merged, survivor)
  if (isSafe(pair, a, b, comparison)) {
    const [from, to] = a.isBare ? [merged, survivor] : [survivor, merged]
    await tables.identities.merge(from.person, to.person, nowMs)
    await tables.identities.setGrade([to.person], a.isElsewhere || b.isElsewhere ? 'certain' : 'single')
    return undefined
  }
  const id = `review-merge-${merged.record}`
  if ((await tables.records.byIds([id])).length > 0) return undefined
  await tables.identities.leaveUndecided(merged.person, survivor.person)
  const { fields, score01 } = comparison
  const outcome = { grade: 'possible' as const, candidates: [{ person: survivor.person, fields, score01 }] }
  const task = reviewTask(
    { institution: merged.institution, record: merged.record, person: merged.person, outcome },
    context.now().toISOString(),
  )
  return { task, parties: [merged.institution], id }
}

interface Standing {
  readonly hasConsent: boolean
  /** other institutions hold records of this person */
  readonly isElsewhere: boolean
  readonly isBare: boolean
}

async function standing(tables: Tables, row: IdentityRow): Promise<Standing> {
  const hasConsent = (await tables.consents.provisionsOf([row.person])).length > 0
  const isElsewhere = (await tables.identities.ofPersons([row.person])).some(({ institution }) => institution !== row.institution)
  return { hasConsent, isElsewhere, isBare: !hasConsent && !isElsewhere }
}

/** One side has nothing to lose or to gain, and what is known of both does not speak against it. */
function isSafe({ isFresh }: Pair, a: Standing, b: Standing, { fields }: Comparison): boolean {
  if (!a.isBare && !b.isBare) return false
  if (fields.name === 'disagree' || fields.birthDate === 'disagree' || fields.gender === 'disagree') return false
  return isFresh || (a.isBare && b.isBare) || (fields.name === 'agree' && fields.birthDate === 'agree')
}

async function compareRecords(tables: Tables, merged: IdentityRow, survivor: IdentityRow): Promise<Comparison> {
  const held = await tables.records.byIds([merged.record, survivor.record])
  const read = (record: string): Patient => {
    const found = held.map(open).find(({ facts }) => facts.id === record)
    return (found === undefined ? undefined : patientOf(found.text)) ?? { resourceType: 'Patient' }
  }
  // The two numbers are of one issuer and differ by definition: that says nothing here.
  const bare = (patient: Patient): Patient => compact<Patient>({ ...patient, identifier: undefined })
  return compare(demographics(bare(read(merged.record))), demographics(bare(read(survivor.record))))
}
