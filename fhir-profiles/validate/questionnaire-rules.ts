/** Questionnaires: what enables a question is another question, not one below it. Spec: http://hl7.org/fhir/R4/questionnaire.html */
import type { Judge } from './judge.ts'
import { childrenOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'

export function checkQuestionnaire(judge: Judge, questionnaire: Node): void {
  const known = new Set<string>()
  for (const node of within(questionnaire)) if (node.name === 'linkId' && typeof node.value === 'string') known.add(node.value)
  for (const item of childrenOf(questionnaire, 'item')) checkItem(judge, item, known)
}

function checkItem(judge: Judge, item: Node, known: ReadonlySet<string>): void {
  const inner = new Set<string>()
  for (const node of within(item)) if (node.name === 'linkId' && typeof node.value === 'string') inner.add(node.value)
  for (const condition of childrenOf(item, 'enableWhen')) {
    const question = textAt(condition, 'question')
    if (question === undefined) continue
    if (!known.has(question)) judge.findings.add('enable-when-unknown', condition)
    else if (inner.has(question)) judge.findings.add('enable-when-inner', condition)
  }
  for (const each of childrenOf(item, 'item')) checkItem(judge, each, known)
}
