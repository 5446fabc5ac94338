/** What a terminology operation was asked, by GET or as Parameters. A name it does not take is a 400 that says so (contract, promise 5). */
import type { CodeableConcept, Coding, Parameters } from '../../fhir-profiles/r4.ts'
import type { AskedCode } from '../../fhir-profiles/terminology/ask.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call } from '../context.ts'
import { requireValid } from '../intake.ts'
import { Problem } from '../problem.ts'

type Parameter = NonNullable<Parameters['parameter']>[number]

export interface TermInput {
  /** '' = not given */
  text(name: string): string
  /** of a parameter that may be given several times; commas separate as well */
  texts(name: string): readonly string[]
  flag(name: string): boolean
  /** undefined = not given; 400 for what is no whole number from 0 on */
  number(name: string): number | undefined
  /** the code asked about, from `code` and `system`, `coding` or `codeableConcept` (all its codings) */
  codes(names?: { readonly code: string; readonly system: string; readonly coding: string }): readonly AskedCode[]
  resource(name: string): unknown
}

const everywhere: ReadonlySet<string> = new Set(['_format', '_pretty'])

export function termInput(call: Call, taken: readonly string[]): TermInput {
  const parameters = [...call.query.map(([name, value]): Parameter => ({ name, valueString: value })), ...bodyOf(call)]
  refuseUnknown(call, parameters, new Set(taken))
  const find = (name: string): Parameter | undefined => parameters.find((each) => each.name === name)
  const text = (name: string): string => textOf(find(name))
  return {
    text,
    texts: (name) => parameters.flatMap((each) => (each.name === name ? textOf(each).split(',') : [])).filter((each) => each !== ''),
    flag: (name) => text(name) === 'true',
    number(name) {
      const value = text(name)
      if (value === '') return undefined
      if (!/^\d{1,7}$/.test(value)) throw invalid(name, 'is not a whole number from 0 on')
      return Number(value)
    },
    codes: (names = { code: 'code', system: 'system', coding: 'coding' }) => [
      ...(text(names.code) === '' ? [] : [{ system: text(names.system), code: text(names.code), display: text('display') }]),
      ...codingsOf(find(names.coding)?.valueCoding),
      ...conceptOf(names.coding === 'coding' ? find('codeableConcept')?.valueCodeableConcept : undefined),
    ],
    resource: (name) => find(name)?.resource,
  }
}

export function invalid(name: string, what: string): Problem {
  return new Problem('invalid', `\`${name}\` ${what}`, { id: 'terminology-input', expression: name })
}

function bodyOf(call: Call): readonly Parameter[] {
  if (call.body.kind === 'none') return []
  const value = call.body.kind === 'json' ? call.body.value : undefined
  requireValid([{ value, at: '' }])
  if (!isResource(value) || value.resourceType !== 'Parameters')
    throw new Problem('invalid', 'the body of an operation is a Parameters resource', { id: 'terminology-input' })
  return value.parameter ?? []
}

function refuseUnknown(call: Call, parameters: readonly Parameter[], taken: ReadonlySet<string>): void {
  const unknown = [...new Set(parameters.map(({ name }) => name ?? '').filter((name) => !taken.has(name) && !everywhere.has(name)))]
  if (unknown.length === 0 || call.prefer.includes('handling=lenient')) return
  throw new Problem('not-supported', 'unsupported parameter', {
    issues: unknown.map((name) => {
      const plain = /^[\w:.-]{1,64}$/.test(name) ? name : 'unreadable name'
      return {
        id: 'unsupported-parameter',
        diagnostics: `\`${plain}\` is not taken by this operation; it takes ${[...taken].join(', ')}`,
        expression: plain,
      }
    }),
  })
}

function textOf(parameter: Parameter | undefined): string {
  if (parameter === undefined) return ''
  const { valueBoolean, valueCanonical, valueCode, valueInteger, valueString, valueUri, valueUrl, valueDateTime, valueId } = parameter
  return String(
    valueString ?? valueCode ?? valueUri ?? valueCanonical ?? valueUrl ?? valueId ?? valueDateTime ?? valueInteger ?? valueBoolean ?? '',
  )
}

function codingsOf(coding: Coding | undefined): readonly AskedCode[] {
  return coding?.code === undefined ? [] : [{ system: coding.system ?? '', code: coding.code, display: coding.display ?? '' }]
}

function conceptOf(concept: CodeableConcept | undefined): readonly AskedCode[] {
  return (concept?.coding ?? []).flatMap(codingsOf)
}
