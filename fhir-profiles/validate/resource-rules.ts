/** Rules of whole resources: the profiles they claim, vital signs, contained resources, and what some types bring with them. */
import { checkBundle } from './bundle-rules.ts'
import type { Judge } from './judge.ts'
import { unreferenced } from './native-invariants.ts'
import { childOf, childrenOf, textAt } from './node.ts'
import type { Node } from './node.ts'
import { checkDefinition } from './profile-pass.ts'
import { checkMeasureReport } from './measure-report.ts'
import { checkQuestionnaire } from './questionnaire-rules.ts'
import { checkResponse } from './questionnaire-response.ts'
import { checkStructureDefinition } from './structure-definition-rules.ts'
import { vitalSignProfile } from './vital-signs.ts'

const byType: Readonly<Record<string, (judge: Judge, node: Node) => void>> = {
  Bundle: checkBundle,
  MeasureReport: checkMeasureReport,
  Observation: checkVitalSign,
  Questionnaire: checkQuestionnaire,
  QuestionnaireResponse: checkResponse,
  StructureDefinition: checkStructureDefinition,
}

export function checkResource(judge: Judge, node: Node): void {
  for (const meta of childrenOf(node, 'meta')) for (const profile of childrenOf(meta, 'profile')) checkClaim(judge, node, profile)
  byType[node.type.name]?.(judge, node)
  checkElementIds(judge, node)
  for (const each of unreferenced(node))
    judge.findings.add('contained-unreferenced', each, { severity: judge.policy.unreferencedContained })
  if (node.name === 'contained' && textAt(node, 'id') === undefined) judge.findings.add('contained-without-id', node)
  if (childOf(node, 'experimental')?.value === true && judge.policy.experimental !== 'information') {
    judge.findings.add('experimental', node, { severity: judge.policy.experimental })
  }
}

/** Ids of elements are unique within their resource. Spec: http://hl7.org/fhir/R4/element.html#id */
function checkElementIds(judge: Judge, { identified }: Node): void {
  if (identified === undefined || identified.length < 2) return
  const holders = Map.groupBy(identified, (node) => textAt(node, 'id'))
  for (const [id, list] of holders)
    if (id !== undefined && list.length > 1) for (const node of list) judge.findings.add('element-id-twice', node, { child: 'id' })
}

/** A profile the resource says it meets. Spec: http://hl7.org/fhir/R4/resource-definitions.html#Meta.profile */
function checkClaim(judge: Judge, node: Node, claim: Node): void {
  if (typeof claim.value !== 'string') return
  const definition = judge.definitions.find(claim.value)
  if (definition === undefined) return judge.findings.add('profile-not-loaded', claim, { severity: judge.policy.unknownProfile })
  checkDefinition(judge, node, definition)
}

/** An observation of a vital sign meets its profile, claimed or not. Spec: http://hl7.org/fhir/R4/observation-vitalsigns.html */
function checkVitalSign(judge: Judge, node: Node): void {
  const code = childOf(node, 'code')
  for (const coding of code === undefined ? [] : childrenOf(code, 'coding')) {
    const profile = vitalSignProfile(textAt(coding, 'system'), textAt(coding, 'code'))
    const definition = profile === undefined ? undefined : judge.definitions.find(profile)
    if (definition !== undefined) checkDefinition(judge, node, definition)
  }
}
