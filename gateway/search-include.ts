/** `_include` and `_revinclude` as they are written. Spec: http://hl7.org/fhir/R4/search.html#revinclude */
import { searchParametersOf } from '../fhir-profiles/search-parameters.ts'
import { knownTypes } from './logic/access.ts'
import { Problem } from './problem.ts'
import type { Include } from './store/search-clause.ts'

/** undefined for a modifier that is not supported; a parameter that is not there is refused by name. */
export function includeOf(
  searched: { readonly type: string; readonly types: readonly string[] },
  { value, modifier, isReverse }: { readonly value: string; readonly modifier: string; readonly isReverse: boolean },
): Include | undefined {
  if (modifier !== '' && modifier !== 'iterate') return undefined
  const isIterated = modifier === 'iterate'
  const [source = '', param = '*', target, ...more] = value.split(':')
  if (source === '*') {
    // of a search in one type, everything that type refers to
    const only = isReverse || isIterated || searched.type === '' ? '*' : searched.type
    return { source: only, param: '*', target, isReverse, isIterated }
  }
  const parameter = searchParametersOf(source).get(param)
  const isKnown = knownTypes.includes(source) && (param === '*' || parameter?.type === 'reference')
  const mayLead =
    target === undefined || param === '*' || (parameter?.targets ?? []).length === 0 || parameter?.targets.includes(target) === true
  if (!isKnown || !mayLead || more.length > 0) throw refused(`${isReverse ? '_revinclude' : '_include'}${isIterated ? ':iterate' : ''}`)
  return { source, param, target, isReverse, isIterated }
}

function refused(name: string): Problem {
  return new Problem('not-supported', `\`${name}\` names a reference parameter that is not supported`, {
    id: 'unsupported-parameter',
    expression: name,
  })
}
