/** Searches that are not of the store of records: the directory of institutions, and the ledger. */
import { normaliseText } from '../../fhir-profiles/search-parameters.ts'
import type { Call, Context } from '../context.ts'
import { Problem } from '../problem.ts'
import { publish, releaseLedger } from '../release-public.ts'
import type { Released } from '../release.ts'
import { parseSearch, personsOf, scopeOf, type SearchRequest, type Test } from '../search-request.ts'
import { linkOf } from './search-page.ts'

export function searchDirectory(context: Context, asked: SearchRequest): Released {
  const isServed = (clause: SearchRequest['clauses'][number]): boolean =>
    clause.on === 'id' ||
    (clause.on === 'row' && clause.not !== true && ['name', 'identifier'].includes(clause.param) && !isExact(clause.test))
  if (!asked.clauses.every(isServed) || asked.includes.length > 0) {
    throw new Problem('not-supported', 'the directory is searched by `_id`, `name` and `identifier`', {
      id: 'unsupported-parameter',
      expression: 'Organization',
    })
  }
  const ids = asked.clauses.flatMap((clause) => (clause.on === 'id' ? clause.anyOf : []))
  const names = asked.clauses.flatMap((clause) =>
    clause.on === 'row' && clause.param === 'name' && clause.test.kind === 'string' ? clause.test.anyOf : [],
  )
  const organizations = context.directory.organizations().filter((organization) => {
    const isNamed = names.length === 0 || names.some((name) => normaliseText(organization.name ?? '').includes(name))
    const hasNumber =
      asked.identifiers.length === 0 ||
      asked.identifiers.some(({ system: numberSystem, code }) =>
        organization.identifier?.some(
          (item) => (numberSystem === undefined || item.system === numberSystem) && (code === undefined || item.value === code),
        ),
      )
    return isNamed && hasNumber && (ids.length === 0 || ids.includes(organization.id ?? ''))
  })
  return publish({ resourceType: 'Bundle', organizations, self: `${context.config.publicUrl}/fhir/R4/Organization` })
}

function isExact(test: Test): boolean {
  return test.kind === 'string' && test.match === 'exact'
}

export async function searchAudit(call: Call, context: Context): Promise<Released> {
  const { caller } = call
  const isOwnOnly = caller.role === 'patient' || caller.role === 'proxy'
  const scope = scopeOf('AuditEvent')
  const asked = await parseSearch(context, call, scope)
  const offset = Number(asked.place?.[0] ?? 0)
  const { fromMs, untilMs } = windowOf(asked)
  const own = isOwnOnly ? await personsOf(context, call, [caller.person]) : []
  const asksPersons = asked.clauses.some((clause) => clause.on === 'person')
  const wanted = asksPersons ? asked.persons.filter((person) => !isOwnOnly || own.includes(person)) : own
  // Entries from before a merge name the person by the id of that day.
  const persons = asksPersons || isOwnOnly ? await context.store.identities.idsOf(wanted) : undefined
  const found = await context.store.ledger.find({
    ...(persons === undefined ? {} : { persons }),
    fromMs,
    untilMs,
    limit: asked.limit,
    offset,
  })
  const nextOffset = offset + asked.limit
  return releaseLedger(context, call, {
    bodies: found.bodies,
    total: found.total,
    isRead: false,
    about: isOwnOnly ? await context.store.identities.idsOf(own) : undefined,
    self: linkOf(call, context, { scope, request: asked }),
    next: asked.limit > 0 && nextOffset < found.total ? linkOf(call, context, { scope, request: asked }, [nextOffset]) : undefined,
  })
}

/** The time asked for, inclusive. The ledger is searched by person and one stretch of time; whatever else is a 400. */
function windowOf(asked: SearchRequest): { readonly fromMs: number; readonly untilMs: number } {
  let [fromMs, untilMs] = [0, 8.64e15]
  for (const clause of asked.clauses) {
    if (clause.on === 'person') continue
    const [range, second] = clause.on === 'row' && clause.test.kind === 'date' ? clause.test.anyOf : []
    if (range === undefined || second !== undefined || range.prefix === 'ne' || range.prefix === 'ap') {
      throw new Problem('not-supported', 'AuditEvent is searched by `patient` and by one stretch of `date`', {
        id: 'unsupported-parameter',
        expression: 'AuditEvent',
      })
    }
    const after = { eq: range.fromMs, ge: range.fromMs, gt: range.untilMs + 1, sa: range.untilMs + 1, le: 0, lt: 0, eb: 0 }
    const before = {
      eq: range.untilMs,
      le: range.untilMs,
      lt: range.fromMs - 1,
      eb: range.fromMs - 1,
      ge: 8.64e15,
      gt: 8.64e15,
      sa: 8.64e15,
    }
    fromMs = Math.max(fromMs, after[range.prefix])
    untilMs = Math.min(untilMs, before[range.prefix])
  }
  return { fromMs, untilMs }
}
