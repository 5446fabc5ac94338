/**
 * A small runner of FHIR TestScripts: fixtures, variables, operations and asserts of one script against one server. XML is asked for as
 * JSON, since that is what the server writes; XPath asserts, all of them plain paths, are read as FHIRPath.
 * Spec: http://hl7.org/fhir/R4/testscript.html
 */
import fhirpath from 'fhirpath'
import model from 'fhirpath/fhir-context/r4/index.js'
import { validate } from '../../fhir-profiles/validate/validate.ts'

type Json = Readonly<Record<string, unknown>>

export interface ScriptReply {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface ScriptWorld {
  send(method: string, path: string, headers: Readonly<Record<string, string>>, body: string | undefined): Promise<ScriptReply>
  /** a fixture's resource by its reference; undefined when it is not at hand */
  fixture(reference: string): unknown
  /** values of variables the script leaves to who runs it */
  readonly variables: Readonly<Record<string, string>>
}

export interface Verdict {
  readonly label: string
  readonly ok: boolean
  readonly why: string
}

interface State {
  readonly script: Json
  readonly world: ScriptWorld
  readonly sources: Map<string, unknown>
  readonly replies: Map<string, ScriptReply>
  /** what a script has created from a source: later operations that name the source mean it */
  readonly targets: Map<string, unknown>
  /** answer to the last fixture the script has created beforehand */
  created: ScriptReply | undefined
  last:
    | { readonly request: { method: string; url: string; headers: Readonly<Record<string, string>> }; readonly reply: ScriptReply }
    | undefined
}

/** One verdict per assert that is more than a warning, in order. */
export async function runScript(script: Json, world: ScriptWorld): Promise<readonly Verdict[]> {
  const state: State = { script, world, sources: new Map(), replies: new Map(), targets: new Map(), created: undefined, last: undefined }
  for (const fixture of list(script['fixture'])) {
    const resource = world.fixture(text(at(fixture, 'resource')['reference']))
    state.sources.set(text(fixture['id']), resource)
    if (fixture['autocreate'] === true && isJson(resource)) await createFixture(state, text(fixture['id']), resource)
  }
  const actions = [at(script, 'setup'), ...list(script['test']), at(script, 'teardown')].flatMap((part) => list(part['action']))
  const verdicts: Verdict[] = []
  for (const action of actions) {
    if (isJson(action['operation'])) await operate(state, action['operation'])
    if (isJson(action['assert']) && action['assert']['warningOnly'] !== true && !isEmpty(action['assert']))
      verdicts.push(judge(state, action['assert']))
  }
  return verdicts
}

async function createFixture(state: State, id: string, resource: Json): Promise<void> {
  const reply = await state.world.send('POST', text(resource['resourceType']), jsonHeaders, JSON.stringify(resource))
  state.sources.set(id, reply.body)
  state.created = reply
}

const jsonHeaders = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' } as const
const methods: Readonly<Record<string, string>> = {
  read: 'GET',
  search: 'GET',
  history: 'GET',
  create: 'POST',
  update: 'PUT',
  delete: 'DELETE',
  vread: 'GET',
}

async function operate(state: State, operation: Json): Promise<void> {
  const code = text(at(operation, 'type')['code'])
  const method = methods[code] ?? text(operation['method']).toUpperCase()
  // examples of the format name no interaction: there is nothing to ask
  if (method === '') return
  const params = filled(state, text(operation['params']))
  const targetId = text(operation['targetId'])
  const target = state.targets.get(targetId) ?? state.sources.get(targetId)
  const own = isJson(target) && operation['targetId'] !== undefined ? `/${text(target['id'])}` : ''
  const url =
    filled(state, text(operation['url'])) ||
    `${text(operation['resource'])}${params === '' ? own : params}${code === 'history' ? '/_history' : ''}`
  const source = state.sources.get(text(operation['sourceId']))
  const asked = Object.fromEntries(
    list(operation['requestHeader']).map((header) => [text(header['field']).toLowerCase(), text(header['value'])]),
  )
  const given = { accept: mime(operation['accept']), ...asked }
  const path = url.replace(/^.*\/fhir\/R4\//, '').replace(/^\//, '')
  const reply = await state.world.send(method, path, { ...jsonHeaders, ...asked }, bodyOf(code, source, path))
  if (code === 'create' && isJson(reply.body)) state.targets.set(text(operation['sourceId']), reply.body)
  state.last = { request: { method, url: path, headers: given }, reply }
  const responseId = text(operation['responseId'])
  if (responseId !== '') {
    state.sources.set(responseId, reply.body)
    state.replies.set(responseId, reply)
  }
}

/** An update is of the record that is addressed, whichever fixture it takes its content from. */
function bodyOf(code: string, source: unknown, path: string): string | undefined {
  if (code === 'create') return JSON.stringify(source)
  return code === 'update' && isJson(source) ? JSON.stringify({ ...source, id: path.split('/')[1] }) : undefined
}

function mime(format: unknown): string {
  return typeof format === 'string' ? `application/fhir+${format}` : 'application/fhir+json'
}

/** `${name}` by the world's value, the script's source, or its default. */
function filled(state: State, template: string): string {
  return template.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    const own = state.world.variables[name]
    if (own !== undefined) return own
    const variable = list(state.script['variable']).find((each) => each['name'] === name) ?? {}
    const id = text(variable['sourceId'])
    if (variable['headerField'] !== undefined)
      return (state.replies.get(id) ?? state.created)?.headers.get(text(variable['headerField'])) ?? ''
    const path = text(variable['expression']) || xpath(text(variable['path']))
    const found = path === '' ? undefined : evaluate(state.sources.get(id), path)[0]
    return found === undefined ? text(variable['defaultValue']) : shown([found])
  })
}

const codes: Readonly<Record<string, number>> = {
  okay: 200,
  created: 201,
  noContent: 204,
  notModified: 304,
  bad: 400,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  gone: 410,
  preconditionFailed: 412,
  unprocessable: 422,
}

function judge(state: State, assert: Json): Verdict {
  const label = text(assert['label']) || text(assert['description']).slice(0, 60)
  const [actual, wanted] = measured(state, assert)
  const operator = text(assert['operator']) || 'equals'
  const found = assert['path'] === undefined ? [actual] : listed(actual)
  const ok = found.some((each) => compare(operator, each, filled(state, wanted))) || actual === wanted
  return { label, ok, why: ok ? '' : `${Object.keys(assert).join(' ')}: ${operator} ${wanted}, got ${actual.slice(0, 200)}` }
}

/** Examples of the format hold asserts that say nothing of what they look at. */
function isEmpty(assert: Json): boolean {
  return Object.keys(assert).every((key) => ['id', 'label', 'description', 'warningOnly', 'direction'].includes(key))
}

/** A path of XPath that finds several is equal to what one of them is. */
function listed(actual: string): readonly string[] {
  const values: unknown = actual.startsWith('[') ? JSON.parse(actual) : [actual]
  return Array.isArray(values) ? values.map(String) : [actual]
}

/** What an assert looks at and what it wants there. */
function measured(state: State, assert: Json): [actual: string, wanted: string] {
  const { last } = state
  const value = text(assert['value'])
  const own = assert['sourceId'] === undefined ? last?.reply.body : state.sources.get(text(assert['sourceId']))
  if (assert['response'] !== undefined) return [String(last?.reply.status), String(codes[text(assert['response'])])]
  if (assert['responseCode'] !== undefined) return [String(last?.reply.status), text(assert['responseCode'])]
  if (assert['requestURL'] !== undefined) return [last?.request.url ?? '', text(assert['requestURL'])]
  if (assert['requestMethod'] !== undefined) return [last?.request.method.toLowerCase() ?? '', text(assert['requestMethod'])]
  if (assert['headerField'] !== undefined) {
    const field = text(assert['headerField']).toLowerCase()
    return [(assert['direction'] === 'request' ? last?.request.headers[field] : last?.reply.headers.get(field)) ?? '', value]
  }
  if (assert['contentType'] !== undefined) return [last?.reply.headers.get('content-type')?.split(';')[0] ?? '', 'application/fhir+json']
  if (assert['resource'] !== undefined) return [isJson(own) ? text(own['resourceType']) : '', text(assert['resource'])]
  if (assert['navigationLinks'] !== undefined) return [String(evaluate(own, "Bundle.link.where(relation = 'self').exists()")[0]), 'true']
  if (assert['validateProfileId'] !== undefined)
    return [
      validate(own)
        .filter(({ severity }) => severity === 'error')
        .map(({ id }) => id)
        .join(' '),
      '',
    ]
  if (assert['minimumId'] !== undefined) return [String(holds(own, state.sources.get(text(assert['minimumId'])))), 'true']
  const path = text(assert['expression']) || xpath(text(assert['path'])) || text(assert['compareToSourceExpression'])
  const other = assert['compareToSourceId'] === undefined ? undefined : state.sources.get(text(assert['compareToSourceId']))
  const otherPath = text(assert['compareToSourceExpression']) || xpath(text(assert['compareToSourcePath'])) || path
  const actual = path === '' ? (JSON.stringify(own) ?? '') : shown(evaluate(own, path))
  return [actual, other === undefined ? (assert['value'] === undefined && path !== '' ? 'true' : value) : shown(evaluate(other, otherPath))]
}

function compare(operator: string, actual: string, wanted: string): boolean {
  switch (operator) {
    case 'equals':
      return actual === wanted
    case 'in':
      return wanted.split(',').includes(actual)
    case 'notEmpty':
      return actual !== ''
    case 'contains':
      return actual.includes(wanted)
    case 'greaterThan':
      return Number(actual) > Number(wanted)
    default:
      throw new Error(`an operator this runner does not know: ${operator}`)
  }
}

/** `fhir:Patient/fhir:name/fhir:family/@value` → `Patient.name.family` */
function xpath(path: string): string {
  return path
    .replaceAll('fhir:', '')
    .replace(/\/@value$/, '')
    .replaceAll('/', '.')
}

function evaluate(resource: unknown, path: string): readonly unknown[] {
  const { score: _, ...r4 } = model
  // The engine marks what it looks at, so it gets a copy.
  const found: unknown = isJson(resource) ? fhirpath.evaluate(structuredClone(resource), path, {}, r4) : []
  return Array.isArray(found) ? found : []
}

function shown(values: readonly unknown[]): string {
  const [only] = values
  const isOne = values.length === 1 && (typeof only === 'string' || typeof only === 'number' || typeof only === 'boolean')
  return isOne ? String(only) : JSON.stringify(values)
}

/** Whether everything of `minimum` is in `whole`. */
function holds(whole: unknown, minimum: unknown): boolean {
  if (Array.isArray(minimum)) return Array.isArray(whole) && minimum.every((item) => whole.some((other) => holds(other, item)))
  if (!isJson(minimum)) return whole === minimum
  return isJson(whole) && Object.entries(minimum).every(([key, value]) => holds(whole[key], value))
}

function at(value: Json, key: string): Json {
  const inner = value[key]
  return isJson(inner) ? inner : {}
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
