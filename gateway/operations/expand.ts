/** ValueSet/$expand. Spec: http://hl7.org/fhir/R4/valueset-operation-expand.html */
import { expand, maxWhole, type Contained, type Expansion } from '../../fhir-profiles/terminology/expand.ts'
import { definitionOf, type SetDefinition } from '../../fhir-profiles/terminology/definition.ts'
import { packSet } from '../../fhir-profiles/terminology/pack.ts'
import { valueSetOf } from '../../fhir-profiles/terminology/published.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../context.ts'
import { Problem } from '../problem.ts'
import { publishTerms } from '../release-terms.ts'
import type { Released } from '../released.ts'
import { invalid, termInput, type TermInput } from './terminology-input.ts'
import { addressed, refuseNotHeld, requireVersion } from './terminology.ts'

/** largest page */
const maxCount = 5_000

export async function expandSet(call: Call, context: Context): Promise<Released> {
  const input = termInput(call, ['url', 'valueSet', 'valueSetVersion', 'filter', 'count', 'offset', 'activeOnly', 'excludeNested'])
  const set = setAsked(call, context, input)
  const offset = input.number('offset') ?? 0
  const count = input.number('count')
  const expansion = expand(context.terminology, set, {
    filter: input.text('filter').slice(0, 200),
    offset,
    count: count === undefined ? undefined : Math.min(count, maxCount),
    activeOnly: input.flag('activeOnly'),
  })
  if ('fault' in expansion) {
    if (expansion.fault === 'not-held') return refuseNotHeld(expansion)
    throw new Problem(
      'too-costly',
      `the expansion has more than ${maxWhole} codes; ask for a page (\`count\`, \`offset\`) or with a \`filter\``,
      {
        id: 'too-costly',
      },
    )
  }
  return publishTerms(expanded(context, set, { expansion, offset, id: context.newId() }))
}

function setAsked(call: Call, context: Context, input: TermInput): SetDefinition {
  const head = addressed(call, context, 'ValueSet')
  const given = input.resource('valueSet')
  if (given !== undefined) {
    if (!isResource(given) || given.resourceType !== 'ValueSet') throw invalid('valueSet', 'is not a ValueSet')
    return ownSet(definitionOf(packSet(given)))
  }
  const canonical = head?.[0] ?? input.text('url')
  if (canonical === '') throw invalid('url', 'is missing; name a value set')
  const [url = '', version = ''] = canonical.split('|')
  const set = context.terminology.valueSet(url)
  if (set === undefined) return refuseNotHeld({ url })
  requireVersion(set.head, input.text('valueSetVersion') || version)
  return set
}

/** parts of a set that a caller brings */
const maxParts = 50

/** What a stranger writes must not keep the gateway busy: an expression can take for ever, and so can a thousand parts. */
function ownSet(set: SetDefinition): SetDefinition {
  const parts = [...set.include, ...set.exclude]
  if (parts.length > maxParts) throw invalid('valueSet', `has more than ${maxParts} parts`)
  if (parts.some(({ filters }) => filters.some(([, op]) => op === 'regex')))
    throw new Problem('not-supported', 'a value set that is sent along may not filter by `regex`; name one that is held', {
      id: 'terminology-input',
      expression: 'valueSet',
    })
  return set
}

function expanded(
  context: Context,
  set: SetDefinition,
  { expansion, offset, id }: { readonly expansion: Expansion; readonly offset: number; readonly id: string },
) {
  const { compose: _, ...about } = valueSetOf(set)
  return {
    ...about,
    expansion: {
      identifier: `urn:uuid:${id}`,
      timestamp: context.now().toISOString(),
      ...(expansion.total === undefined ? {} : { total: expansion.total }),
      offset,
      ...(expansion.contains.length === 0 ? {} : { contains: expansion.contains.map(contained) }),
    },
  }
}

function contained({ system, code, display, isAbstract, isInactive }: Contained) {
  return {
    system,
    ...(isAbstract ? { abstract: true } : {}),
    ...(isInactive ? { inactive: true } : {}),
    code,
    ...(display === '' ? {} : { display }),
  }
}
