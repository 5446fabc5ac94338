/**
 * What a visible record says of one that is not: nothing. A reference to a record the caller is refused leaves the record before it is written
 * in the caller's ids, with its words and the narrative, whatever stands in older versions included.
 */
import { parseJson, stringifyExact } from '../fhir-profiles/json.ts'
import { open, type HeldContent } from './held.ts'
import { isVisible, type Sight } from './judge.ts'
import { idsNamedIn, withoutReferences } from './logic/without-references.ts'
import type { Tables } from './store/store.ts'

const limits = { maxBytes: 64 * 1024 * 1024, maxDepth: 200 }

/** Tasks and consents follow the role, and their parties read them whole (contract, Referral). */
const whole = new Set(['Task', 'Consent'])

/**
 * @param passed what was judged visible; older versions of it may stand here more than once
 * @param failed what the same release refused: known without being asked for again
 * @param sightsOf every view the target must pass, by its type
 */
export async function withoutHidden(
  tables: Tables,
  passed: readonly HeldContent[],
  failed: readonly HeldContent[],
  sightsOf: (type: string, persons: readonly string[]) => Promise<readonly Sight[]>,
): Promise<readonly HeldContent[]> {
  const shown = new Set(passed.map(({ facts }) => facts.id))
  const named = new Set(passed.flatMap((content) => (whole.has(content.facts.type) ? [] : idsNamedIn(content.peopleText))))
  const asked = [...named].filter((id) => !shown.has(id))
  if (asked.length === 0) return passed
  const targets = new Map(failed.map((content) => [content.facts.id, content]))
  for (const held of await tables.records.named(asked.filter((id) => !targets.has(id)))) {
    const content = open(held)
    targets.set(content.facts.id, content)
  }
  const refused = new Map<string, HeldContent>()
  const views = new Map<string, readonly Sight[]>()
  for (const id of asked) {
    const target = targets.get(id)
    // what is about nobody is its custodian's own matter, and an id that nobody holds is as good as any
    if (target === undefined || target.facts.person === '') continue
    const group = whole.has(target.facts.type) ? target.facts.type : 'Patient'
    const sights =
      views.get(group) ??
      (await sightsOf(
        group,
        [...new Set(passed.map(({ facts }) => facts.person))].filter((person) => person !== ''),
      ))
    views.set(group, sights)
    // deleted or not: what its last version would be refused for
    if (!sights.every((sight) => isVisible(sight, { ...target, deleted: false }))) refused.set(id, target)
  }
  return refused.size === 0 ? passed : passed.map((content) => withoutRefused(content, refused))
}

function withoutRefused(content: HeldContent, refused: ReadonlyMap<string, HeldContent>): HeldContent {
  if (whole.has(content.facts.type)) return content
  const isRefused = (id: string): boolean => {
    const target = refused.get(id)
    // whose record it is, is known to whoever sees the record: a reference to the patient is written as the person
    return target !== undefined && !(target.facts.type === 'Patient' && target.facts.person === content.facts.person)
  }
  if (!idsNamedIn(content.peopleText).some(isRefused)) return content
  const parsed = parseJson(content.peopleText, limits)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) throw new TypeError('a stored record is a JSON object')
  return { ...content, peopleText: stringifyExact(withoutReferences(parsed.value, isRefused)) }
}

/** For what is shown under one view alone. */
export function always(...sights: readonly Sight[]): () => Promise<readonly Sight[]> {
  return () => Promise.resolve(sights)
}
