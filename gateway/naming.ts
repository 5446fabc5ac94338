/**
 * A sensitive place may be named by way of a record of the institution's own directory: `serviceProvider` leads to its Organization, which
 * has the number. Looked up only where the network has such a place at all.
 */
import type { LabelBasis } from '../consent/label.ts'
import type { Places } from '../consent/places.ts'
import { directoryTypes } from '../fhir-profiles/logical-reference.ts'
import { references } from '../fhir-profiles/reference.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { isRecord } from '../fhir-profiles/validate/guards.ts'
import { open } from './held.ts'
import type { Placed } from './intake-place.ts'
import type { Prepared } from './prepare.ts'
import type { Tables } from './store/store.ts'

const basis = 'names a place by way of its directory'

type Labels = ReadonlyMap<string, readonly LabelBasis[]>

/** The places as one record names them: by itself, and through the directory records it refers to, of its request or stored before. */
export async function placesNamed(tables: Tables, placed: readonly Placed[], places: Places): Promise<(item: Placed) => Places> {
  if (places.isEmpty) return () => places
  const idOf =
    ({ networkIdOf }: Placed): IdOf =>
    (type, id) =>
      networkIdOf(type, id) ?? id
  const known = new Map(
    await labelsOf(
      tables,
      placed.flatMap((item) => directoryIds(item.resource, idOf(item))),
    ),
  )
  const through = (item: Placed): Places => placesThrough(places, known, idOf(item))
  const here = placed.filter(({ resource }) => directoryTypes.has(resource.resourceType))
  // one of them may lead to another of the same request
  for (let before = -1; before !== known.size;) {
    before = known.size
    for (const item of here) {
      const named = through(item).named(item.resource)
      if (named.length > 0) known.set(item.id, based(named.map(({ sensitivity }) => sensitivity)))
    }
  }
  return through
}

/** The same of one version: as its custodian wrote it, and in network ids, by which a directory record is looked up. */
export interface Spelled {
  readonly own: Resource
  readonly people: Resource
}

/** The places as each of these names them. */
export async function placesNamedIn(tables: Tables, versions: readonly Spelled[], places: Places): Promise<(version: Spelled) => Places> {
  if (places.isEmpty) return () => places
  const labels = await labelsOf(
    tables,
    versions.flatMap(({ people }) => directoryIds(people, (_type, id) => id)),
  )
  return (version) => {
    // the same references in the same order
    const people = references(version.people)
    const ids = new Map(references(version.own).map(({ value }, at) => [value, people[at]?.id]))
    return placesThrough(places, labels, (type, id) => ids.get(`${type}/${id}`) ?? id)
  }
}

type IdOf = (type: string, id: string) => string

function placesThrough(places: Places, labels: Labels, idOf: IdOf): Places {
  return { ...places, named: (value) => [...places.named(value), ...directoryIds(value, idOf).flatMap((id) => labels.get(id) ?? [])] }
}

/** What stored directory records carry: a label of theirs says that they name a place. */
async function labelsOf(tables: Tables, ids: readonly string[]): Promise<Labels> {
  const found = ids.length === 0 ? [] : await tables.records.targets([...new Set(ids)])
  return new Map(
    found.flatMap(({ id, held }) => {
      const sensitivities = held === undefined ? [] : open(held).facts.sensitivities
      return sensitivities.length === 0 ? [] : [[id, based(sensitivities)] as const]
    }),
  )
}

function based(sensitivities: readonly string[]): readonly LabelBasis[] {
  return [...new Set(sensitivities)].map((sensitivity) => ({ sensitivity, basis }))
}

function directoryIds(value: unknown, idOf: IdOf): readonly string[] {
  if (!isRecord(value)) return []
  return references(value).flatMap((found) =>
    found.kind === 'relative' && directoryTypes.has(found.type) ? [idOf(found.type, found.id)] : [],
  )
}

/** A directory record that names a sensitive place labels what refers to it already. */
export async function raiseNaming(tables: Tables, prepared: readonly Prepared[], { isEmpty }: Places): Promise<void> {
  if (isEmpty) return
  const naming = prepared.flatMap(({ row }) => (directoryTypes.has(row.type) && row.sensitivities.length > 0 ? [row.id] : []))
  await tables.raised.naming(naming)
}
