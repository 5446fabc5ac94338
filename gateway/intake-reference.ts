/**
 * References within one request: to other entries by their fullUrl, and by criteria (`Type?…`), also to what the same request writes.
 * Spec: http://hl7.org/fhir/R4/bundle.html#references, http://hl7.org/fhir/R4/http.html#trules
 */
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import type { Call, Context } from './context.ts'
import { criteriaOf, matching, matchingIdentifiers, type Criteria } from './intake-criteria.ts'
import type { Storing } from './intake-writes.ts'
import type { IntakeEntry } from './intake.ts'
import { Problem } from './problem.ts'

export interface ReferenceWriter {
  /** what is stored first, and what can be stored only then: references by criteria may lead to what is stored first */
  readonly phases: readonly (readonly Storing[])[]
  entries(phase: readonly Storing[]): Promise<readonly IntakeEntry[]>
}

export async function referenceWriter(context: Context, call: Call, items: readonly Storing[]): Promise<ReferenceWriter> {
  const byUrl = new Map(
    items.flatMap(({ fullUrl, write, localId }) => (fullUrl === '' ? [] : [[fullUrl, `${write.type}/${localId}`] as const])),
  )
  const byCriteria = new Map<string, string>()
  /** Answers those that lead nowhere yet. */
  const resolve = async (values: readonly string[], isLast: boolean): Promise<readonly string[]> => {
    const asked = [...new Set(values)]
      .filter((value) => !byCriteria.has(value))
      .map((value) => ({ value, criteria: criteriaOfReference(value) }))
    const together = await matchingIdentifiers(
      context,
      call,
      asked.map(({ criteria }) => criteria),
    )
    const left: string[] = []
    for (const { value, criteria } of asked) {
      const ids = together.get(criteria) ?? (await matching(context, call, criteria)).map(({ localId }) => localId)
      const [only, second] = ids
      if (only !== undefined && second === undefined) byCriteria.set(value, `${criteria.type}/${only}`)
      else if (isLast || second !== undefined) throw unresolved()
      else left.push(value)
    }
    return left
  }
  const waiting = new Set(await resolve(items.flatMap(criteriaIn), false))
  const isWaiting = (item: Storing): boolean => criteriaIn(item).some((value) => waiting.has(value))
  const targets = new Set([...waiting].map((value) => value.split('?')[0]))
  const first = waiting.size === 0 ? items : items.filter((item) => targets.has(item.write.type) && !isWaiting(item))
  const rest = items.filter((item) => !first.includes(item))
  return {
    phases: [first, rest].filter((phase) => phase.length > 0),
    async entries(phase) {
      await resolve(phase.flatMap(criteriaIn), true)
      return phase.map(({ entry, fullUrl }) => {
        const base = baseOf(fullUrl)
        const target = (value: string): string | undefined =>
          byUrl.get(value) ?? byCriteria.get(value) ?? (base === '' ? undefined : byUrl.get(`${base}${value}`))
        return { ...entry, resource: rewriteReferences(entry.resource, target) }
      })
    },
  }
}

function criteriaOfReference(value: string): Criteria {
  const [type = '', query = ''] = value.split(/\?(.*)/s)
  return criteriaOf(type, query, '')
}

function criteriaIn({ entry }: Storing): readonly string[] {
  return references(entry.resource).flatMap((found) => (found.kind === 'conditional' ? [found.value] : []))
}

/** What a relative reference stands on: the fullUrl of its own entry without type and id. */
function baseOf(fullUrl: string): string {
  return /^(https?:\/\/.*\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1] ?? ''
}

/** None and several are one answer: it tells nothing of what is there. */
function unresolved(): Problem {
  return new Problem('precondition', 'a conditional reference must match exactly one own record', { id: 'conditional-reference' })
}
