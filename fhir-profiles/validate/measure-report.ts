/** A MeasureReport against its Measure: groups and stratifiers by their codes. Spec: http://hl7.org/fhir/R4/measurereport.html */
import type { Judge } from './judge.ts'
import { childOf, childrenOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'
import { resolveText } from './resolve.ts'

export function checkMeasureReport(judge: Judge, report: Node): void {
  if (textAt(report, 'type') !== 'subject-list') {
    for (const node of within(report)) if (node.name === 'subjectResults') judge.findings.add('measure-subjects', node)
  }
  const canonical = textAt(report, 'measure')
  const measure = canonical === undefined ? undefined : resolveText(judge, report, canonical).find(({ type }) => type.name === 'Measure')
  if (measure === undefined) return
  for (const [group, asked] of matched(judge, report, measure, 'group')) matched(judge, group, asked, 'stratifier')
}

/** Parts of the report with the part of the measure each answers; where there is one of both, they belong together without codes. */
function matched(judge: Judge, report: Node, measure: Node, name: string): readonly (readonly [Node, Node])[] {
  const given = childrenOf(report, name)
  const asked = childrenOf(measure, name)
  const [onlyGiven, onlyAsked] = [given[0], asked[0]]
  if (given.length === 1 && asked.length === 1 && onlyGiven !== undefined && onlyAsked !== undefined && codesOf(onlyGiven).size === 0) {
    return [[onlyGiven, onlyAsked]]
  }
  const taken = new Set<Node>()
  return given.flatMap((each) => {
    const codes = codesOf(each)
    const found = asked.find((other) => !taken.has(other) && [...codesOf(other)].some((code) => codes.has(code)))
    if (found === undefined) judge.findings.add('measure-group', each, { says: [name] })
    else taken.add(found)
    return found === undefined ? [] : [[each, found] as const]
  })
}

/** `system|code` of each coding, or the text. */
function codesOf(node: Node): ReadonlySet<string> {
  const codes = new Set<string>()
  for (const concept of childrenOf(node, 'code')) {
    const text = textAt(concept, 'text')
    if (text !== undefined) codes.add(text)
    for (const coding of childrenOf(concept, 'coding'))
      codes.add(`${textAt(coding, 'system') ?? ''}|${String(childOf(coding, 'code')?.value)}`)
  }
  return codes
}
