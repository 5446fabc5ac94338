/** What records have from the encounter they belong to: its department, and the labels that come with it. */
import type { Places } from '../consent/places.ts'
import { departmentsIn, raisedBy } from '../consent/record-facts.ts'
import { facts } from '../fhir-profiles/facts.ts'
import { open } from './held.ts'
import type { Placed } from './intake-place.ts'
import type { Prepared } from './prepare.ts'
import type { Tables } from './store/store.ts'

/** The department of a record is often only on its encounter: in the same request, or stored before. */
export async function encounterSources(tables: Tables, placed: readonly Placed[]) {
  const here = new Map<string, readonly string[]>()
  for (const item of placed) {
    if (item.resource.resourceType !== 'Encounter') continue
    here.set(
      item.id,
      facts(item.resource).departments.flatMap((code) => [`dept:${code}`]),
    )
  }
  const elsewhere = new Set<string>()
  for (const item of placed) {
    const id = encounterId(facts(item.resource).encounter, item.networkIdOf)
    if (id !== undefined && !here.has(id)) elsewhere.add(id)
  }
  for (const held of await tables.records.byIds([...elsewhere])) {
    const { facts: known } = open(held)
    here.set(known.id, known.sources)
  }
  return (reference: string | undefined, networkIdOf: Placed['networkIdOf']): readonly string[] => {
    const id = encounterId(reference, networkIdOf)
    return id === undefined ? [] : (here.get(id) ?? [])
  }
}

function encounterId(reference: string | undefined, networkIdOf: Placed['networkIdOf']): string | undefined {
  const [type, id] = reference?.split('/') ?? []
  return type === 'Encounter' && id !== undefined ? (networkIdOf(type, id) ?? id) : undefined
}

/** An encounter that arrives late or moves department moves what belongs to it. */
export async function refreshEncounters(tables: Tables, prepared: readonly Prepared[], places: Places): Promise<void> {
  const written = new Set(prepared.map(({ row }) => row.id))
  for (const { row } of prepared) {
    // nobody can have named one whose id was made just now but who came along with it
    if (row.type !== 'Encounter' || row.isFresh === true) continue
    const departments = row.sources.filter((key) => key.startsWith('dept:'))
    const bases = places.of(row.institution, departmentsIn(departments))
    for (const held of await tables.records.withEncounter(row.id, 5_000)) {
      const { facts: known } = open(held)
      // Only adds: a department denied before stays denied when the encounter moves.
      if (!written.has(known.id)) await tables.raised.record(known.id, raisedBy(known, departments, bases))
    }
  }
}
