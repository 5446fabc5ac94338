/** Type search of the sandbox EMR: the parameters KR Core asks for, on the resources of one type. Pure. */
import type { Resource } from '../../../fhir-profiles/r4.ts'

export type Found = { readonly ok: true; readonly matches: readonly Resource[] } | { readonly ok: false; readonly fault: string }

type Test = (resource: Tree, value: string) => boolean
type Tree = Readonly<Record<string, unknown>>

const tests: Readonly<Record<string, Test>> = {
  _id: (resource, value) => resource['id'] === value,
  _lastUpdated: (resource, value) => compare(Date.parse(String(at(resource, 'meta', 'lastUpdated')[0])), value),
  identifier: (resource, value) => at(resource, 'identifier').some((each) => isToken(each, 'value', value)),
  patient: (resource, value) => patients(resource).includes(value.replace(/^(Patient\/)?/, 'Patient/')),
  subject: (resource, value) => patients(resource).includes(value),
  birthdate: (resource, value) => at(resource, 'birthDate').some((date) => String(date).startsWith(value.replace(/^eq/, ''))),
  name: (resource, value) =>
    [...at(resource, 'name', 'text'), ...at(resource, 'name', 'family'), ...at(resource, 'name', 'given')].some((name) =>
      String(name).startsWith(value),
    ),
  status: (resource, value) => resource['status'] === value,
  code: (resource, value) =>
    ['code', 'vaccineCode', 'medicationCodeableConcept'].some((element) =>
      at(resource, element, 'coding').some((each) => isToken(each, 'code', value)),
    ),
  category: (resource, value) => at(resource, 'category', 'coding').some((each) => isToken(each, 'code', value)),
}

/** Repeats of a parameter are AND, commas within it OR; a parameter this EMR does not know is a fault. */
export function search(resources: readonly Resource[], params: URLSearchParams): Found {
  const conditions: ((resource: Resource) => boolean)[] = []
  for (const [name, value] of params) {
    if (['_sort', '_count', '_offset'].includes(name)) continue
    const test = tests[name]
    if (test === undefined) return { ok: false, fault: `search parameter \`${name}\` is not supported` }
    conditions.push((resource) => value.split(',').some((option) => test(treeOf(resource), option)))
  }
  const sort = params.get('_sort') ?? '_lastUpdated'
  if (!['_lastUpdated', '-_lastUpdated'].includes(sort)) return { ok: false, fault: '`_sort` takes _lastUpdated only' }
  const matches = resources.filter((resource) => conditions.every((condition) => condition(resource))).sort(byLastUpdated)
  return { ok: true, matches: sort.startsWith('-') ? matches.toReversed() : matches }
}

function byLastUpdated(a: Resource, b: Resource): number {
  return (a.meta?.lastUpdated ?? '').localeCompare(b.meta?.lastUpdated ?? '') || (a.id ?? '').localeCompare(b.id ?? '')
}

function patients(resource: Tree): readonly unknown[] {
  const own = resource['resourceType'] === 'Patient' ? [`Patient/${String(resource['id'])}`] : []
  return [...own, ...['subject', 'patient', 'for'].flatMap((element) => at(resource, element, 'reference'))]
}

function isToken(value: unknown, part: 'value' | 'code', asked: string): boolean {
  const [system, text] = asked.includes('|')
    ? [asked.slice(0, asked.lastIndexOf('|')), asked.slice(asked.lastIndexOf('|') + 1)]
    : [undefined, asked]
  const tree = treeOf(value)
  return (system === undefined || tree['system'] === system) && (text === '' || tree[part] === text)
}

function compare(valueMs: number, asked: string): boolean {
  const prefix = /^(eq|ge|gt|le|lt)/.exec(asked)?.[0] ?? 'eq'
  const boundMs = Date.parse(asked.replace(/^[a-z]{2}/, ''))
  if (prefix === 'ge') return valueMs >= boundMs
  if (prefix === 'gt') return valueMs > boundMs
  if (prefix === 'le') return valueMs <= boundMs
  return prefix === 'lt' ? valueMs < boundMs : valueMs === boundMs
}

/** Every value at a path, arrays flattened. */
function at(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const [first, ...rest] = path
  if (Array.isArray(value)) return value.flatMap((each) => at(each, ...path))
  if (first === undefined) return value === undefined ? [] : [value]
  return at(treeOf(value)[first], ...rest)
}

function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
