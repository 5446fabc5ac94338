/**
 * A Binary says nothing of whose it is, so it is judged by the records that point to it, each of them: whoever may not see one of them does
 * not see it, and one that nothing points to is shown to its own system alone. Spec: http://hl7.org/fhir/R4/binary.html#security
 */
import type { Held, HeldContent } from './held.ts'
import { open } from './held.ts'
import { isVisible, type Sight } from './judge.ts'
import type { Tables } from './store/store.ts'

/** Per Binary among these, by its network id, the records of the same custodian that point to it. */
export type Pointing = ReadonlyMap<string, readonly HeldContent[]>

const noPointing: Pointing = new Map()

export async function pointingTo(tables: Tables, contents: readonly HeldContent[]): Promise<Pointing> {
  const binaries = contents.filter(({ facts }) => facts.type === 'Binary')
  if (binaries.length === 0) return noPointing
  const all: (readonly [string, readonly HeldContent[]])[] = []
  for (const { facts } of binaries) {
    const held = await tables.records.pointingTo(facts.id, facts.custodian)
    all.push([facts.id, held.map(open)])
  }
  return new Map(all)
}

/** Persons whose consents decide about a record: its own, or of a Binary those of what points to it. */
export async function personsAbout(tables: Tables, held: Held | undefined): Promise<readonly string[]> {
  const content = held === undefined ? undefined : open(held)
  if (content?.facts.type !== 'Binary') return []
  return personsIn([...(await pointingTo(tables, [content])).values()].flat())
}

/** Whom a record is about, by its own word; empty when it is about nobody or is not there. */
export function personsOfHeld(held: Held | undefined): readonly string[] {
  return held === undefined ? [] : personsIn([open(held)])
}

export function personsIn(contents: readonly HeldContent[]): readonly string[] {
  return [...new Set(contents.flatMap(({ facts }) => (facts.person === '' ? [] : [facts.person])))]
}

/** Whether a record may be shown, a Binary by what points to it. */
export function isShown(sight: Sight, content: HeldContent, pointing: Pointing): boolean {
  const parents = pointing.get(content.facts.id)
  if (parents === undefined || sight.isOwnSystem) return isVisible(sight, content)
  return !content.deleted && parents.length > 0 && parents.every((parent) => isVisible(sight, parent))
}
