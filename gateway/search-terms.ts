/**
 * What terminology says of a code: the value sets of R4's own required bindings (`:in`, `:not-in`), and the classifications that write
 * broader codes into narrower ones (`:below`, `:above`). Whatever else is asked is a 400, never an empty answer.
 */
import { diseaseLevels, isDiseaseSystem, withBroader } from '../fhir-profiles/broader.ts'
import { system } from '../fhir-profiles/codes.ts'
import { codesOfValueSet } from '../fhir-profiles/validate/structure.ts'
import { Problem } from './problem.ts'
import { badValue, safeName, tokenOf } from './search-value.ts'
import type { TokenTest } from './store/search-clause.ts'

const published = 'http://hl7.org/fhir/ValueSet/'

export function membersOf(piece: string, name: string): readonly TokenTest[] {
  const [url = ''] = piece.split('|')
  const systems = url.startsWith(published) ? codesOfValueSet(url.slice(published.length)) : undefined
  if (systems === undefined)
    throw new Problem('not-supported', `the value set that \`${safeName(name)}\` names is not known here`, {
      id: 'unknown-value-set',
      expression: safeName(name),
    })
  return [...systems].map(([of, codes]) => ({ system: of, codes: [...codes] }))
}

/** The code and every narrower one. */
export function belowOf(piece: string, name: string): TokenTest {
  const { of, code } = classified(piece, name)
  return { system: of, below: code.replaceAll('.', '') }
}

/** The code and every broader one, however a sender writes the point. */
export function aboveOf(piece: string, name: string): TokenTest {
  const { of, code } = classified(piece, name)
  const levels = withBroader({ system: of, code }).map((key) => key.slice(key.indexOf('|') + 1))
  return { system: of, codes: [...new Set([code, ...levels].flatMap((level) => [level, level.replaceAll('.', '')]))] }
}

function classified(piece: string, name: string): { readonly of: string; readonly code: string } {
  const { system: of, codes } = tokenOf(piece)
  const code = codes?.[0]?.toUpperCase()
  if (of === undefined || of === '' || code === undefined) throw badValue(name, 'bad-token', '`system|code`')
  if (isDiseaseSystem(of) ? diseaseLevels(code).length > 0 : of === system.atc) return { of, code }
  throw new Problem('not-supported', `\`${safeName(name)}\` knows the codes of ICD-10, KCD and ATC only`, {
    id: 'unknown-hierarchy',
    expression: safeName(name),
  })
}
