/**
 * The terminology service over the lists that are held: published content, nothing of a patient in it. What is not held is said, never guessed.
 * Spec: http://hl7.org/fhir/R4/terminology-service.html
 */
import {
  lookup,
  subsumes,
  translate,
  validateInSet,
  validateInSystem,
  type AskedCode,
  type Found,
  type NotHeld,
  type Translated,
  type Validated,
} from '../../fhir-profiles/terminology/ask.ts'
import type { Head } from '../../fhir-profiles/terminology/bundle.ts'
import { grammarOf } from '../../fhir-profiles/terminology/grammar.ts'
import { idOf } from '../../fhir-profiles/terminology/published.ts'
import type { PublishedType } from '../../fhir-profiles/terminology/source.ts'
import type { Call, Context } from '../context.ts'
import { notFound, Problem } from '../problem.ts'
import { publishTerms, type TermParameter } from '../release-terms.ts'
import type { Released } from '../released.ts'
import { invalid, termInput, type TermInput } from './terminology-input.ts'

type TermCall = (call: Call, context: Context) => Promise<Released>

export const lookupCode: TermCall = async (call, context) => {
  const input = termInput(call, ['code', 'system', 'version', 'coding', 'date', 'displayLanguage', 'property'])
  const asked = onlyCode(input, true)
  requireHeldVersion(context, asked.system, input.text('version'))
  const found = lookup(context.terminology, asked) ?? noSuchCode()
  const shown = { properties: input.texts('property'), language: languageOf(input) }
  if (!isNotHeld(found)) return answer(foundParameters(found, shown))
  return answer(foundParameters((await context.outsideTerms.lookup(asked)) ?? refuseNotHeld(found), shown))
}

/** `displayLanguage`, a tag of RFC 5646; '' = as the list has it. */
function languageOf(input: TermInput): string {
  const language = input.text('displayLanguage')
  if (language !== '' && grammarOf('urn:ietf:bcp:47')?.(language) !== 'yes') throw invalid('displayLanguage', 'is no language tag')
  return language.toLowerCase()
}

export const validateSystemCode: TermCall = async (call, context) => {
  const input = termInput(call, ['url', 'code', 'version', 'display', 'coding', 'codeableConcept', 'date', 'abstract', 'displayLanguage'])
  const url = input.text('url') || addressed(call, context, 'CodeSystem')?.[0] || ''
  const codes = input.codes().map((asked) => ({ ...asked, system: asked.system || url }))
  const wanted = url === '' ? codes : codes.filter(({ system }) => system === url)
  if (codes.length === 0) throw invalid('code', 'is missing; give `url` and `code`, `coding` or `codeableConcept`')
  if (codes.some(({ system }) => system === '')) throw invalid('url', 'is missing: a code says nothing without its system')
  for (const { system } of wanted) requireHeldVersion(context, system, input.text('version'))
  if (wanted.length === 0) return answer(validatedParameters({ result: false, message: 'no coding of this code system', display: '' }))
  return validated(wanted, async (asked) => {
    const held = validateInSystem(context.terminology, asked)
    return isNotHeld(held) ? ((await context.outsideTerms.validate('', asked)) ?? held) : held
  })
}

export const validateSetCode: TermCall = async (call, context) => {
  const input = termInput(call, [
    'url',
    'valueSetVersion',
    'code',
    'system',
    'systemVersion',
    'display',
    'coding',
    'codeableConcept',
    'date',
    'abstract',
  ])
  const url = input.text('url') || addressed(call, context, 'ValueSet')?.[0] || ''
  if (url === '') throw invalid('url', 'is missing; name a value set')
  requireVersion(context.terminology.valueSet(url.split('|')[0] ?? '')?.head, input.text('valueSetVersion') || (url.split('|')[1] ?? ''))
  const codes = input.codes()
  if (codes.length === 0) throw invalid('code', 'is missing; give `code` with `system`, `coding` or `codeableConcept`')
  return validated(codes, async (asked) => {
    const held = validateInSet(context.terminology, url, asked)
    return isNotHeld(held) ? ((await context.outsideTerms.validate(url, asked)) ?? held) : held
  })
}

/** Of several codings one that is right makes the concept right; one that nobody can judge leaves it open. */
async function validated(codes: readonly AskedCode[], ask: (asked: AskedCode) => Promise<Validated | NotHeld>): Promise<Released> {
  const answers: (Validated | NotHeld)[] = []
  for (const code of codes.slice(0, maxCodings)) answers.push(await ask(code))
  const right = answers.find((each) => !isNotHeld(each) && each.result)
  const chosen = right ?? answers.find(isNotHeld) ?? answers[0]
  if (chosen === undefined) throw invalid('code', 'is missing')
  return answer(validatedParameters(isNotHeld(chosen) ? refuseNotHeld(chosen) : chosen))
}

const maxCodings = 50

export const subsumesCode: TermCall = async (call, context) => {
  const input = termInput(call, ['codeA', 'codeB', 'system', 'version', 'codingA', 'codingB'])
  const [a] = input.codes({ code: 'codeA', system: 'system', coding: 'codingA' })
  const [b] = input.codes({ code: 'codeB', system: 'system', coding: 'codingB' })
  if (a === undefined || b === undefined) throw invalid('codeA', 'and `codeB`, or `codingA` and `codingB`, are needed')
  const system = a.system || addressed(call, context, 'CodeSystem')?.[0] || ''
  if (system === '') throw invalid('system', 'is missing: a code says nothing without its system')
  if ((b.system || system) !== system) throw invalid('codingB', 'is of another system; subsumption holds within one')
  requireHeldVersion(context, system, input.text('version'))
  const outcome = subsumes(context.terminology, system, a.code, b.code) ?? noSuchCode()
  if (typeof outcome !== 'string') return refuseNotHeld(outcome)
  return answer([{ name: 'outcome', valueCode: outcome }])
}

export const translateCode: TermCall = async (call, context) => {
  const taken = [
    'url',
    'conceptMapVersion',
    'code',
    'system',
    'version',
    'source',
    'target',
    'targetsystem',
    'coding',
    'codeableConcept',
    'reverse',
  ]
  const input = termInput(call, taken)
  const map = input.text('url') || addressed(call, context, 'ConceptMap')?.[0] || ''
  const codes = input.codes()
  if (codes.length === 0 || codes.some(({ system }) => system === ''))
    throw invalid('code', 'is missing; give `code` with `system`, `coding` or `codeableConcept`')
  const common = {
    map,
    sourceSet: input.text('source'),
    targetSet: input.text('target'),
    target: input.text('targetsystem'),
    isReverse: input.flag('reverse'),
  }
  const found = codes.map((asked) => translate(context.terminology, { ...common, ...asked }))
  if (found.every((each) => each === undefined))
    throw new Problem('not-found', 'no such concept map is held; see `ConceptMap` for those that are', { id: 'terminology-not-held' })
  const matches = found.flatMap((each) => each ?? [])
  const isMatched = matches.some(({ equivalence }) => equivalence !== 'unmatched' && equivalence !== 'disjoint')
  return answer([
    { name: 'result', valueBoolean: isMatched },
    ...(isMatched ? [] : [{ name: 'message', valueString: 'no map that is held has this code' }]),
    ...matches.map(matchParameter),
  ])
}

function matchParameter({ equivalence, system, code, display, map }: Translated): TermParameter {
  const concept = { system, code, ...(display === '' ? {} : { display }) }
  return {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: equivalence },
      { name: 'concept', valueCoding: concept },
      { name: 'source', valueUri: map },
    ],
  }
}

interface Shown {
  /** codes of properties, and `designation`, `definition`, `parent`, `child`, `lang.x`; none = all. Spec: http://hl7.org/fhir/R4/codesystem-operation-lookup.html */
  readonly properties: readonly string[]
  readonly language: string
}

function foundParameters(found: Found, { properties, language }: Shown): readonly TermParameter[] {
  const property = (code: string, value: TermParameter): TermParameter => ({
    name: 'property',
    part: [{ name: 'code', valueCode: code }, ...('part' in value ? [] : [value])],
  })
  const isWanted = (...names: readonly string[]): boolean => properties.length === 0 || names.some((name) => properties.includes(name))
  const codes = (name: 'parent' | 'child', list: readonly string[]): readonly TermParameter[] =>
    isWanted(name) ? list.map((code) => property(name, { name: 'value', valueCode: code })) : []
  return [
    { name: 'name', valueString: found.name },
    ...(found.version === '' ? [] : [{ name: 'version', valueString: found.version }]),
    { name: 'display', valueString: displayIn(found, language) },
    ...(found.definition === undefined || !isWanted('definition') ? [] : [{ name: 'definition', valueString: found.definition }]),
    ...found.designations
      .filter(([tag]) => isWanted('designation', `lang.${tag}`))
      .map(([tag, value]) => ({
        name: 'designation',
        part: [...(tag === '' ? [] : [{ name: 'language', valueCode: tag }]), { name: 'value', valueString: value }],
      })),
    ...found.properties.filter(([code]) => isWanted(code)).map(([code, value]) => property(code, valued(value))),
    ...codes('parent', found.parents),
    ...codes('child', found.children.slice(0, maxChildren)),
  ]
}

/** The name in a language, `ko` also for `ko-KR` and the reverse; the list's own where it has none. */
function displayIn({ display, designations }: Found, language: string): string {
  if (language === '') return display
  const [wanted = ''] = language.split('-')
  const named = (fits: (tag: string) => boolean) => designations.find(([tag]) => tag !== '' && fits(tag.toLowerCase()))?.[1]
  return named((tag) => tag === language) ?? named((tag) => tag.split('-')[0] === wanted) ?? display
}

/** of a concept with more below it, `$expand` with a filter tells the rest */
const maxChildren = 1_000

function valued(value: string | number | boolean): TermParameter {
  if (typeof value === 'boolean') return { name: 'value', valueBoolean: value }
  return { name: 'value', valueString: String(value) }
}

function validatedParameters({ result, message, display }: Validated): readonly TermParameter[] {
  return [
    { name: 'result', valueBoolean: result },
    ...(message === '' ? [] : [{ name: 'message', valueString: message }]),
    ...(display === '' ? [] : [{ name: 'display', valueString: display }]),
  ]
}

function answer(parameter: readonly TermParameter[]): Released {
  return publishTerms({ resourceType: 'Parameters', parameter })
}

function onlyCode(input: TermInput, needsSystem: boolean): AskedCode {
  const [asked, ...more] = input.codes()
  if (asked === undefined || more.length > 0) throw invalid('code', 'is missing or given twice; give `code` with `system`, or `coding`')
  if (needsSystem && asked.system === '') throw invalid('system', 'is missing: a code says nothing without its system')
  return asked
}

function noSuchCode(): never {
  throw new Problem('not-found', 'the code system has no such code', { id: 'unknown-code' })
}

function isNotHeld(value: object): value is NotHeld {
  return 'fault' in value
}

export function refuseNotHeld({ url }: { readonly url: string }): never {
  const plain = /^[\w:/.?=|#%~+,;@-]{1,200}$/.test(url) ? `\`${url}\`` : 'this system or value set'
  throw new Problem('not-found', `${plain} is not held in full; see \`carenet terminology add\` for releases under licence`, {
    id: 'terminology-not-held',
  })
}

/** The head of the resource an address names: `ValueSet/languages/$expand`. undefined for an address without an id. */
export function addressed(call: Call, context: Context, type: PublishedType): Head | undefined {
  const id = call.params['id']
  if (id === undefined) return undefined
  const head = context.terminology.heads(type).find((each) => idOf(each) === id)
  if (head === undefined) throw notFound()
  return head
}

function requireHeldVersion(context: Context, system: string, version: string): void {
  if (version !== '') requireVersion(context.terminology.system(system)?.head, version)
}

/** Another version than the one that is held answers nothing: its codes may differ. */
export function requireVersion(head: Head | undefined, version: string): void {
  if (version === '' || head === undefined || head[2] === version) return
  throw new Problem('not-found', `this version is not held; the one that is held is \`${head[2]}\``, { id: 'terminology-version' })
}
