/** Answers against their Questionnaire: items where they belong, as often as asked, only where enabled. Spec: http://hl7.org/fhir/R4/questionnaireresponse.html */
import type { Judge } from './judge.ts'
import { childOf, childrenOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'
import { checkAnswers } from './questionnaire-answer.ts'
import { isEnabled } from './questionnaire-enabled.ts'
import { resolveText } from './resolve.ts'

export function checkResponse(judge: Judge, response: Node): void {
  const canonical = textAt(response, 'questionnaire')
  if (canonical === undefined) return
  const questionnaire = resolveText(judge, response, canonical).find(({ type }) => type.name === 'Questionnaire')
  if (questionnaire === undefined) return judge.findings.add('questionnaire-unknown', response, { child: 'questionnaire' })
  const isComplete = textAt(response, 'status') === 'completed' || textAt(response, 'status') === 'amended'
  checkItems({ judge, questionnaire, response, isComplete }, questionnaire, [response])
}

/** What a check of one response carries along. */
export interface Answering {
  readonly judge: Judge
  readonly questionnaire: Node
  readonly response: Node
  /** required answers may still be missing in one that is in progress */
  readonly isComplete: boolean
}

/** The items a group or question asks for, against those below its answers. */
function checkItems(answering: Answering, asked: Node, holders: readonly Node[]): void {
  const { judge } = answering
  const questions = childrenOf(asked, 'item')
  const linkIds = questions.map((question) => textAt(question, 'linkId') ?? '')
  for (const holder of holders) {
    let last = -1
    for (const item of childrenOf(holder, 'item')) {
      const place = linkIds.indexOf(textAt(item, 'linkId') ?? '')
      if (place < 0) judge.findings.add(isElsewhere(answering, item) ? 'item-misplaced' : 'item-unknown', item)
      else if (place < last) judge.findings.add('items-out-of-order', item)
      last = Math.max(last, place)
    }
    for (const question of questions) checkQuestion(answering, question, holder)
  }
}

function isElsewhere({ questionnaire }: Answering, item: Node): boolean {
  const linkId = textAt(item, 'linkId')
  for (const node of within(questionnaire)) if (node.name === 'linkId' && node.value === linkId) return true
  return false
}

function checkQuestion(answering: Answering, question: Node, holder: Node): void {
  const { judge } = answering
  const linkId = textAt(question, 'linkId')
  const items = childrenOf(holder, 'item').filter((item) => textAt(item, 'linkId') === linkId)
  if (!isEnabled(answering, question, holder)) {
    for (const item of items) if (hasAnswer(item)) judge.findings.add('item-not-enabled', item)
    return
  }
  const type = textAt(question, 'type')
  const repeats = childOf(question, 'repeats')?.value === true
  const isRequired = childOf(question, 'required')?.value === true
  if (isRequired && !items.some((item) => hasAnswer(item))) {
    judge.findings.add('answer-missing', holder, { severity: answering.isComplete ? 'error' : 'information' })
  }
  if (items.length > 1 && !(type === 'group' && repeats)) judge.findings.add('item-twice', items[1] ?? holder)
  for (const item of items) checkItem(answering, question, item)
}

function hasAnswer(item: Node): boolean {
  return childrenOf(item, 'answer').length > 0 || childrenOf(item, 'item').some((each) => hasAnswer(each))
}

function checkItem(answering: Answering, question: Node, item: Node): void {
  const { judge } = answering
  const type = textAt(question, 'type')
  const answers = childrenOf(item, 'answer')
  const takesNone = type === 'group' || type === 'display' || type === 'question'
  if (takesNone && answers.length > 0) judge.findings.add('answer-not-asked', item)
  if (type === 'group') return checkItems(answering, question, [item])
  if (!takesNone) checkAnswers(answering, question, item)
  if (childrenOf(item, 'item').length > 0) judge.findings.add('items-below-question', item)
  checkItems(answering, question, answers)
}
