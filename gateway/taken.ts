/**
 * What an address may be asked with. A search, `$everything`, `$export`, `$explain`, `$validate` and subscriptions read their own parameters; nothing else takes any, and what is not taken is a
 * 400 that names it, never silence (contract, promise 5): `_elements` or `_summary` on a read that is ignored shows more than was asked.
 */
import type { Call } from './context.ts'
import type { Interaction, Operation } from './logic/access.ts'
import { Problem } from './problem.ts'

/** Said of every answer, and answered by one form only. */
const everywhere = new Set(['_format', '_pretty'])
const readers: ReadonlySet<string> = new Set([
  'search-type',
  'compartment',
  'everything',
  'explain',
  'export',
  'subscription',
  'terminology',
  'validate',
])
const part = ['_summary', '_elements'] as const
const history = [...part, '_count', '_since', '_at', '_sort', '_page'] as const
const own: Readonly<Record<string, readonly string[]>> = {
  read: part,
  vread: part,
  'history-instance': history,
  'history-type': history,
  'history-system': history,
}
/** Without an id in the address, what is asked is criteria, and each is followed or refused (`intake-criteria.ts`). */
const conditional: ReadonlySet<string> = new Set(['update', 'patch', 'delete'])

/** `what`: the interaction or operation of the row, '' for a Bundle. */
export function requireTaken(call: Call, what: Interaction | Operation | ''): void {
  if (call.query.length === 0 && what !== 'summary') return
  const isAny = readers.has(what) || (conditional.has(what) && call.params['id'] === undefined)
  const taken = new Set([...everywhere, ...(own[what] ?? [])])
  const names = [...(isAny ? [] : call.query.map(([name]) => name)), ...namesInBody(call, what)]
  const unknown = [...new Set(names.filter((name) => !taken.has(name)))]
  if (unknown.length === 0 || call.prefer.includes('handling=lenient')) return
  throw new Problem('not-supported', 'unsupported parameter', {
    issues: unknown.map((name) => ({
      id: 'unsupported-parameter',
      diagnostics: `\`${safeName(name)}\` is not taken at this address`,
      expression: safeName(name),
    })),
  })
}

/** Parameters of an operation that takes none in its body. */
function namesInBody({ body }: Call, what: string): readonly string[] {
  if (what !== 'summary' || body.kind !== 'json') return []
  const { value } = body
  if (typeof value !== 'object' || value === null || !('parameter' in value) || !Array.isArray(value.parameter)) return []
  return value.parameter.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string' ? [item.name] : [],
  )
}

function safeName(name: string): string {
  return /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
}
