/** The search parameters of every R4 type, those KR Core adds, and the patient compartment, in our own compact form. */
import { krCoreParameters } from './kr-core-search.mjs'

const common = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag']
const simple = new Set(['token', 'string', 'date', 'reference', 'uri', 'number', 'quantity'])

/**
 * type → name → `[type, expression, targets]`, or of a composite `['composite', expression of the groups, 'type:relative expression' …]`.
 * `%resource.` at the head of a component's expression starts at the resource instead of the group.
 */
export function buildSearchParameters({ searchParameters }, types) {
  const byUrl = new Map(searchParameters.map((parameter) => [parameter.url, parameter]))
  const result = {
    Resource: tableOf(
      'Resource',
      searchParameters.filter(({ code }) => common.includes(code)),
      byUrl,
    ),
  }
  for (const type of types.toSorted(bytewise)) {
    result[type] = tableOf(type, searchParameters, byUrl)
    Object.assign(result[type], krCoreParameters[type])
    result[type] = Object.fromEntries(Object.entries(result[type]).toSorted(([a], [b]) => bytewise(a, b)))
  }
  return result
}

function tableOf(type, searchParameters, byUrl) {
  const mine = searchParameters
    .filter(({ base, expression }) => base.includes(type) && expression !== undefined)
    .toSorted((a, b) => bytewise(a.code, b.code))
  return Object.fromEntries(
    mine.flatMap((parameter) => {
      if (simple.has(parameter.type)) return [[parameter.code, [parameter.type, expressionFor(parameter, type), ...targets(parameter)]]]
      return parameter.type === 'composite' ? [[parameter.code, composite(parameter, type, byUrl)]] : []
    }),
  )
}

function composite(parameter, type, byUrl) {
  const parts = parameter.component.map(({ definition, expression }) => {
    const of = byUrl.get(definition)
    // `DateTime` is the publication's slip for `dateTime`.
    return `${of.type}:${expression.replaceAll('ofType(DateTime)', 'ofType(dateTime)')}`
  })
  return ['composite', expressionFor(parameter, type), ...parts]
}

/** One published expression serves many types (`A.x | B.x`): the alternatives of one type. */
function expressionFor({ code, expression }, type) {
  const parts = alternatives(expression)
  // published once without the name of the type it is of
  const whole = parts.map((part) => (/^[a-z]\w*$/.test(part) ? `${type}.${part}` : part))
  const mine = whole
    .map((alternative) => (/^\([^()]*(?:\([^()]*\))?[^()]*\)$/.test(alternative) ? alternative.slice(1, -1) : alternative))
    .filter((alternative) => new RegExp(`^\\(?${type}(?:\\.|$)`).test(alternative))
  if (mine.length === 0) throw new Error(`no expression of ${type} in search parameter ${code}`)
  return mine.join(' | ')
}

function alternatives(expression) {
  const parts = ['']
  let depth = 0
  for (const sign of expression) {
    if (sign === '(') depth += 1
    if (sign === ')') depth -= 1
    if (sign === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += sign
  }
  return parts.map((part) => part.trim())
}

/** A parameter that may point at anything lists every type there is; that says nothing, so it is left out. */
function targets({ type, target = [] }) {
  return type === 'reference' && target.length > 0 && target.length < 100 ? [target.toSorted(bytewise).join(',')] : []
}

function bytewise(a, b) {
  return a < b ? -1 : 1
}

/** type → names of the search parameters by which a resource belongs to a patient's compartment. */
export function buildCompartment({ compartment }) {
  return Object.fromEntries(compartment.resource.filter((row) => row.param !== undefined).map((row) => [row.code, row.param]))
}
