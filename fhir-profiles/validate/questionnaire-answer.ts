/** One question's answers: their type, number, range and options. Spec: http://hl7.org/fhir/R4/codesystem-item-type.html */
import { Buffer } from 'node:buffer'
import { isExactNumber, numberOf } from '../json.ts'
import { codingsOf } from './binding.ts'
import type { FindingId } from './finding.ts'
import { childOf, childrenOf, textAt } from './node.ts'
import type { Node } from './node.ts'
import { isSame } from './questionnaire-enabled.ts'
import type { Answering } from './questionnaire-response.ts'
import { lengthOf, order } from './range.ts'

const types: Readonly<Record<string, readonly string[]>> = {
  boolean: ['boolean'],
  decimal: ['decimal'],
  integer: ['integer'],
  date: ['date'],
  dateTime: ['dateTime'],
  time: ['time'],
  string: ['string'],
  text: ['string'],
  url: ['uri'],
  choice: ['Coding'],
  'open-choice': ['Coding', 'string'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
}

export function checkAnswers(answering: Answering, question: Node, item: Node): void {
  const { judge } = answering
  const answers = childrenOf(item, 'answer')
  const repeats = childOf(question, 'repeats')?.value === true
  if (answers.length > 1 && !repeats) judge.findings.add('answers-too-many', item)
  const least = numberOf(settingOf(question, 'questionnaire-minOccurs')?.value)
  const most = numberOf(settingOf(question, 'questionnaire-maxOccurs')?.value)
  if (least !== undefined && answers.length < least) judge.findings.add('answers-too-few', item)
  if (most !== undefined && answers.length > most) judge.findings.add('answers-too-many', item)
  for (const answer of answers) {
    const [value] = childrenOf(answer, 'value[x]')
    if (value !== undefined) checkAnswer(answering, question, value)
  }
  checkExclusive(answering, question, answers)
}

/** The value of an extension of the question, by the last part of its url. */
function settingOf(node: Node, name: string): Node | undefined {
  const extension = childrenOf(node, 'extension').find((each) => textAt(each, 'url')?.split('/').at(-1) === name)
  return extension === undefined ? undefined : childrenOf(extension, 'value[x]')[0]
}

function checkAnswer(answering: Answering, question: Node, value: Node): void {
  const { judge } = answering
  const type = textAt(question, 'type') ?? ''
  const options = childrenOf(question, 'answerOption')
  const optionTypes = options.flatMap((option) => childrenOf(option, 'value[x]').map((each) => each.type.name))
  const isFree = type === 'choice' && options.length === 0 && !question.children.has('answerValueSet')
  const wanted = [...(types[type] ?? []), ...optionTypes, ...(isFree ? ['string'] : [])]
  if (!wanted.includes(value.type.name)) return judge.findings.add('answer-type', value, { says: [wanted.join(', ')] })
  checkOptions(answering, question, value)
  for (const [id, isBroken] of limitsOf(question, value)) if (isBroken) judge.findings.add(id, value)
}

function checkOptions({ judge, response }: Answering, question: Node, value: Node): void {
  const options = childrenOf(question, 'answerOption').flatMap((option) => childrenOf(option, 'value[x]'))
  const isOpen = textAt(question, 'type') === 'open-choice' && value.type.name === 'string'
  if (options.length > 0 && !isOpen && !options.some((option) => isSame(value, option))) judge.findings.add('answer-not-an-option', value)
  const valueSet = textAt(question, 'answerValueSet')
  if (valueSet === undefined || isOpen || valueSet.startsWith('#')) return
  const answers = codingsOf(value).map((coding) => judge.terminology.inValueSet(valueSet, coding))
  if (answers.length > 0 && answers.every((answer) => answer === 'no')) judge.findings.add('answer-not-an-option', value)
  else if (answers.includes('unknown')) judge.findings.add('code-not-checked', response, { says: [valueSet] })
}

/** Each limit a question may state, and whether the answer breaks it. */
function limitsOf(question: Node, value: Node): readonly (readonly [FindingId, boolean])[] {
  const { value: given } = value
  const length = typeof given === 'string' ? lengthOf(given) : undefined
  const number = (name: string) => numberOf(settingOf(question, name)?.value)
  const bound = (...names: readonly string[]) => names.map((name) => settingOf(question, name)?.value).find((each) => each !== undefined)
  const least = bound('minValue', 'sdc-questionnaire-minQuantity')
  const most = bound('maxValue', 'sdc-questionnaire-maxQuantity')
  const maxLength = numberOf(childOf(question, 'maxLength')?.value)
  const minLength = number('minLength')
  const places = number('maxDecimalPlaces')
  return [
    ['answer-too-short', length !== undefined && minLength !== undefined && length < minLength],
    ['answer-too-long', length !== undefined && maxLength !== undefined && length > maxLength],
    ['answer-out-of-range', (order(given, least) ?? 0) < 0 || (order(given, most) ?? 0) > 0],
    ['answer-incomparable', isIncomparable(value, least) || isIncomparable(value, most)],
    ['answer-decimal-places', places !== undefined && decimalPlaces(given) > places],
    ['attachment-too-large', isTooLarge(value, number('maxSize'))],
    ['attachment-type', isOfOtherKind(question, value)],
    ['answer-unit', isOfOtherUnit(question, value)],
  ]
}

/** Two quantities are compared in one coded unit. Spec: http://hl7.org/fhir/R4/datatypes.html#quantity */
function isIncomparable(value: Node, bound: unknown): boolean {
  if (value.type.name !== 'Quantity' || bound === undefined) return false
  return textAt(value, 'system') === undefined || textAt(value, 'code') === undefined || order(value.value, bound) === undefined
}

function decimalPlaces(value: unknown): number {
  const text = isExactNumber(value) ? value.rawJSON : typeof value === 'number' ? String(value) : ''
  return /\.(\d+)/.exec(text)?.[1]?.length ?? 0
}

function isTooLarge(value: Node, most: number | undefined): boolean {
  const data = textAt(value, 'data')
  const size = data === undefined ? numberOf(childOf(value, 'size')?.value) : Buffer.from(data, 'base64').byteLength
  return most !== undefined && size !== undefined && size > most
}

function isOfOtherKind(question: Node, value: Node): boolean {
  const kinds = settingsOf(question, 'mimeType').map((each) => each.value)
  const kind = textAt(value, 'contentType')
  return value.type.name === 'Attachment' && kinds.length > 0 && kind !== undefined && !kinds.includes(kind)
}

function settingsOf(node: Node, name: string): readonly Node[] {
  return childrenOf(node, 'extension').flatMap((each) =>
    textAt(each, 'url')?.split('/').at(-1) === name ? childrenOf(each, 'value[x]') : [],
  )
}

function isOfOtherUnit(question: Node, value: Node): boolean {
  const units = settingsOf(question, 'questionnaire-unitOption')
  const code = textAt(value, 'code')
  if (value.type.name !== 'Quantity' || units.length === 0 || code === undefined) return false
  return !units.some((unit) => textAt(unit, 'code') === code && textAt(unit, 'system') === textAt(value, 'system'))
}

/** An option that excludes all others. Spec: http://hl7.org/fhir/R4/extension-questionnaire-optionexclusive.html */
function checkExclusive({ judge }: Answering, question: Node, answers: readonly Node[]): void {
  const exclusive = childrenOf(question, 'answerOption')
    .filter((option) => settingOf(option, 'questionnaire-optionExclusive')?.value === true)
    .flatMap((option) => childrenOf(option, 'value[x]'))
  if (answers.length < 2) return
  for (const answer of answers) {
    const [value] = childrenOf(answer, 'value[x]')
    if (value !== undefined && exclusive.some((option) => isSame(value, option))) judge.findings.add('answer-exclusive', answer)
  }
}
