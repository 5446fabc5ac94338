/**
 * Whom a request asks about, in its own words: ids, numbers, demographics as they were sent. Nothing is looked up, so that who exists, is
 * hidden or is invented counts the same. One person asked for under two numbers is counted twice, which errs on the side of the record.
 */
import { references } from '../../fhir-profiles/reference.ts'
import { searchParametersOf } from '../../fhir-profiles/search-parameters.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'

export interface Asked {
  /** the row of the route table, e.g. `Patient/:id/$summary` */
  readonly method: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, value: string])[]
  /** parsed JSON; undefined for none */
  readonly body: unknown
}

/** One text for each person asked about; each says how it was asked, so that texts of different kinds never meet. */
export function lookupsOf(asked: Asked): readonly string[] {
  const type = asked.params['type'] ?? ''
  const id = asked.params['id']
  const isAboutOne = type === 'Patient' || asked.path.startsWith('Patient/')
  const own = isAboutOne && id !== undefined ? [byId(id)] : []
  return [...new Set([...own, ...searched(asked, type), ...written(asked)])]
}

const byId = (id: string): string => `id ${id}`

function searched({ method, path, query }: Asked, type: string): readonly string[] {
  const isSearch = method !== 'POST' || path.endsWith('/_search')
  if (!isSearch || query.length === 0) return []
  // `Consent/$explain` by GET: its other words are about who looks, not about whom
  if (isExplain(path)) return query.flatMap(([name, value]) => (name === 'person' ? patientIn(value) : []))
  const found: string[] = []
  const words: string[] = []
  for (const [name, value] of query) {
    const parts = value.split(',')
    const [plain = ''] = name.split(':')
    if (plain === 'identifier' && type === 'Patient') found.push(...parts.map((part) => `number ${part}`))
    else if (plain === '_id' && type === 'Patient') found.push(...parts.map(byId))
    else if (isAboutPatients(type, plain)) found.push(...parts.flatMap(patientIn))
    else if (isThroughPatients(type, name)) words.push(`${name}=${value}`)
    // a further page is of a search that was counted when it began
    else if (type === 'Patient' && !plain.startsWith('_')) words.push(`${name}=${value}`)
  }
  return words.length === 0 ? found : [...found, `words ${words.sort().join('&')}`]
}

/** A chain, or `_has`, may ask about people by anything: whatever it says of them counts as asking about somebody. */
function isThroughPatients(type: string, name: string): boolean {
  return name.includes('.') || (name.startsWith('_has:') && type === 'Patient')
}

function isAboutPatients(type: string, name: string): boolean {
  const parameter = searchParametersOf(type).get(name)
  return parameter?.type === 'reference' && (parameter.targets.length === 0 || parameter.targets.includes('Patient'))
}

/** `Patient/x` wherever it stands in an address, or a bare id; references to anything else are about no patient in particular. */
function patientIn(reference: string): readonly string[] {
  if (!reference.includes('/')) return [byId(reference)]
  return [...reference.matchAll(/(?<![^/])Patient\/([^/?]*)/g)].map(([, id = '']) => byId(id))
}

const isExplain = (path: string): boolean => path.startsWith('Consent/') && path.endsWith('$explain')

/** Demographics to match, whom an operation is asked about, and the patients a Bundle or resource names. The entries of a batch come one by one. */
function written({ path, body }: Asked): readonly string[] {
  if (typeof body !== 'object' || body === null) return []
  if (path === 'Patient/$match') return [`words ${JSON.stringify(body)}`]
  if (path === 'patient-consent-consult') return consulted(body)
  if ('type' in body && body.type === 'batch') return []
  return [...(isExplain(path) ? explained(body) : []), ...named(body)]
}

function named(body: object): readonly string[] {
  return references(body).flatMap(({ type, id }) => (type === 'Patient' && id !== undefined ? [byId(id)] : []))
}

/** Parameters `person` in every form that `$explain` reads. */
function explained(body: object): readonly string[] {
  return listIn(body, 'parameter').flatMap((item) => {
    if (!isRecord(item) || item['name'] !== 'person') return []
    const values = Object.entries(item).flatMap(([name, value]) => (name.startsWith('value') ? [value] : []))
    const words = values.flatMap((value) => (isRecord(value) ? [value['reference'], value['code'], value['value']] : [value]))
    return words.flatMap((word) => (typeof word === 'string' ? patientIn(word) : []))
  })
}

/** The identifiers of a CDS hook. What it sends along as content is the caller's own: nobody is looked up by it. */
function consulted(body: object): readonly string[] {
  const asked = isRecord(body) ? body['context'] : undefined
  return listIn(asked, 'patientId').flatMap((each) => (isRecord(each) ? [`number ${text(each['system'])}|${text(each['value'])}`] : []))
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function listIn(value: unknown, name: string): readonly unknown[] {
  const list: unknown = isRecord(value) ? value[name] : undefined
  return Array.isArray(list) ? list : []
}
