/** Extensions: known, of their defined content, and only where their definition lets them stand. Spec: http://hl7.org/fhir/R4/extensibility.html */
import type { Definition, ExtensionContext } from '../definitions/definition.ts'
import { coreUrl } from '../definitions/definitions.ts'
import type { Judge } from './judge.ts'
import { textAt } from './node.ts'
import type { Node } from './node.ts'
import { checkDefinition } from './profile-pass.ts'

const crossVersion = /^http:\/\/hl7\.org\/fhir\/[1-5]\.[0-9]\/StructureDefinition\/extension-/

export function checkExtension(judge: Judge, node: Node): void {
  const url = textAt(node, 'url')
  // An extension within an extension may have a relative url, which its parent defines.
  if (url === undefined || (!/^[a-z][a-z0-9+.-]*:/i.test(url) && node.parent?.type.name === 'Extension')) return
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url)) return judge.findings.add('extension-url-relative', node, { child: 'url' })
  if (url.includes('|')) judge.findings.add('extension-url-version', node, { child: 'url' })
  const definition = judge.definitions.find(url)
  if (definition === undefined) {
    if (isExample(url)) return judge.findings.add('example-url', node, { child: 'url', severity: judge.policy.exampleUrl })
    if (crossVersion.test(url)) return judge.findings.add('extension-unknown', node, { severity: 'information' })
    // HL7 publishes extensions under R4's own address that came after R4.
    const isHl7 = url.startsWith(coreUrl) && judge.policy.unknownExtension === 'error'
    const severity = node.name === 'modifierExtension' ? 'error' : isHl7 ? 'warning' : judge.policy.unknownExtension
    return judge.findings.add('extension-unknown', node, { severity })
  }
  if (definition.type !== 'Extension') return judge.findings.add('extension-of-another-type', node)
  checkDefinition(judge, node, definition)
  checkModifier(judge, node, definition)
  checkContext(judge, node, definition)
}

export function isExample(url: string): boolean {
  return /^https?:\/\/(?:[a-z0-9-]+\.)*example\.(?:org|com|net)(?:[/:]|$)/i.test(url)
}

function checkModifier(judge: Judge, node: Node, definition: Definition): void {
  const root = judge.definitions.tree(definition)
  const isModifier = root?.rule.isModifier === true
  if (isModifier !== (node.name === 'modifierExtension')) {
    judge.findings.add(isModifier ? 'extension-must-modify' : 'extension-must-not-modify', node, { says: [definition.url] })
  }
}

/** R4 names eight places of a CapabilityStatement; its later publications and the reference validator let it stand at every requirement. */
const anywhere: ReadonlySet<string> = new Set([`${coreUrl}capabilitystatement-expectation`])

function checkContext(judge: Judge, node: Node, definition: Definition): void {
  const { contexts, contextInvariants } = definition
  const holder = node.parent
  if (holder === undefined || contexts === undefined || anywhere.has(definition.url)) return
  if (!contexts.some((context) => allows(judge, holder, context))) {
    return judge.findings.add('extension-context', node, {
      says: [definition.url, contexts.map(({ expression }) => expression).join(', ')],
    })
  }
  for (const expression of contextInvariants ?? []) {
    // the focus is the element that holds the extension
    if (!judge.invariants.isTrue(judge, holder, expression))
      judge.findings.add('extension-context', node, { says: [definition.url, expression] })
  }
}

function allows(judge: Judge, holder: Node, { type, expression }: ExtensionContext): boolean {
  if (type === 'extension') return holder.type.name === 'Extension' && textAt(holder, 'url') === expression.split('#')[0]
  if (type === 'fhirpath') return judge.invariants.selects(judge, expression, holder)
  const [path = '', profile] = expression.includes('#') ? [expression.split('#')[1], expression.split('#')[0]] : [expression]
  if (profile !== undefined && profile !== '' && !path.includes('.')) return judge.definitions.find(profile) !== undefined
  return namesOf(judge, holder).has(path === '' ? expression : path)
}

/** Everything an element may be called in a context: types it is, paths that lead to it, from the resource or from a datatype. */
function namesOf(judge: Judge, holder: Node): ReadonlySet<string> {
  const names = new Set<string>()
  let suffixes: string[] = ['']
  for (let at: Node | undefined = holder; at !== undefined; at = at.resource === at ? undefined : at.parent) {
    for (const suffix of suffixes) for (const type of kindsOf(judge, at)) names.add(type + suffix)
    const stem = at.name.slice(0, -3)
    const forms = at.name.endsWith('[x]') ? [at.name, stem, at.key ?? '', `${stem}.ofType(${at.type.name})`] : [at.name]
    suffixes = forms.flatMap((form) => suffixes.map((suffix) => `.${form}${suffix}`))
  }
  return names
}

function kindsOf(judge: Judge, node: Node): string[] {
  const { name } = node.type
  // a nested element shared by contentReference is known under the path that defines it
  if (name.includes('.')) return [name, 'BackboneElement', 'Element']
  const kinds: string[] = []
  for (const each of [name, 'DomainResource', 'Resource', 'BackboneElement', 'Element', 'Quantity', 'string', 'uri', 'integer']) {
    if (judge.definitions.isKindOf(name, each)) kinds.push(each)
  }
  if (node.type.kind !== 'resource') kinds.push('Element')
  else kinds.push('Element')
  if (node.type.elements.has('url') && node.type.elements.has('status')) kinds.push('CanonicalResource', 'MetadataResource')
  return kinds
}
