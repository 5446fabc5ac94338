/** Released, in the form that was asked for: fewer elements, readable lines, or nothing where the caller has it already. */
import { parseJson, stringifyExact } from '../fhir-profiles/json.ts'
import { subset, type SubsetAsk } from '../fhir-profiles/subset.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Call } from './context.ts'
import { isKnown } from './known.ts'
import { Problem } from './problem.ts'
import { mint, type Released } from './released.ts'

/** What `_summary` and `_elements` ask of one resource; undefined = all of it. Spec: http://hl7.org/fhir/R4/search.html#summary */
export function subsetAsked(call: Call): SubsetAsk | undefined {
  const summary = call.query.find(([name]) => name === '_summary')?.[1] ?? 'false'
  const elements = call.query.flatMap(([name, value]) => (name === '_elements' ? value.split(',').map((each) => each.trim()) : []))
  if (!['true', 'text', 'data', 'false'].includes(summary))
    throw new Problem('invalid', '`_summary` is true, text, data or false here', { id: 'bad-summary', expression: '_summary' })
  if (elements.some((element) => !/^([A-Z][A-Za-z]+\.)?[a-z][A-Za-z]*$/.test(element)))
    throw new Problem('invalid', '`_elements` lists elements of the resource by name', { id: 'bad-elements', expression: '_elements' })
  if (summary !== 'false' && elements.length > 0)
    throw new Problem('invalid', '`_summary` and `_elements` are not asked for together', { id: 'bad-elements', expression: '_elements' })
  if (elements.length > 0) return { elements }
  return summary === 'true' || summary === 'text' || summary === 'data' ? { summary } : undefined
}

/** The resource, or each resource of the Bundle, with fewer elements. */
export function shaped(released: Released, ask: SubsetAsk | undefined): Released {
  if (ask === undefined || released.body.size === 0) return released
  const value = valueOf(released.text)
  if (!isResource(value)) return released
  const left =
    value.resourceType === 'Bundle'
      ? {
          ...value,
          entry: value.entry?.map((entry) =>
            // what is said beside the matches is said whole
            entry.resource === undefined || entry.resource.resourceType === 'OperationOutcome'
              ? entry
              : { ...entry, resource: subset(entry.resource, ask) },
          ),
        }
      : subset(value, ask)
  return mint(released.status, released.headers, stringifyExact(left))
}

/** `_pretty=true`: for people who read JSON. */
export function pretty(released: Released): Released {
  return released.body.size === 0 ? released : mint(released.status, released.headers, JSON.stringify(valueOf(released.text), null, 2))
}

/** An entry's answer: 304 and no body where the version that was asked about is the one there is. */
export function unlessKnown(call: Call, released: Released): Released {
  return isKnown(released, call) ? mint(304, released.headers, '') : released
}

function valueOf(text: string): unknown {
  // Our own text, bounded when it was made.
  const parsed = parseJson(text, { maxDepth: 250, maxBytes: text.length * 4 + 1 })
  if (!parsed.ok) throw new TypeError('what was released is not JSON')
  return parsed.value
}
