/** Bundles: entries named once and truly, documents whole, links once. Spec: http://hl7.org/fhir/R4/bundle.html */
import type { Judge } from './judge.ts'
import { childOf, childrenOf, textAt, within } from './node.ts'
import type { Node } from './node.ts'
import { entriesIn, resolveText, restfulParts } from './resolve.ts'
import type { Entry } from './resolve.ts'

export function checkBundle(judge: Judge, bundle: Node): void {
  const type = textAt(bundle, 'type')
  const entries = entriesIn(bundle)
  checkLinks(judge, bundle)
  for (const entry of entries) checkFullUrl(judge, entry, type)
  checkUnique(judge, entries, type)
  if (type === 'document') checkDocument(judge, bundle, entries)
  if (type === 'message') checkMessage(judge, entries)
  if (type === 'searchset') for (const entry of entries) checkFound(judge, entry)
}

/** One link of a relation. Spec: http://hl7.org/fhir/R4/bundle-definitions.html#Bundle.link.relation */
function checkLinks(judge: Judge, bundle: Node): void {
  const seen = new Set<string>()
  for (const link of childrenOf(bundle, 'link')) {
    const relation = textAt(link, 'relation') ?? ''
    if (seen.has(relation) && relation !== 'stylesheet') judge.findings.add('bundle-link-twice', link)
    seen.add(relation)
    if (relation !== 'stylesheet') continue
    const url = textAt(link, 'url')
    if (url !== undefined && resolveText(judge, link, url).length === 0 && !entriesIn(bundle).some(({ fullUrl }) => fullUrl === url)) {
      judge.findings.add('bundle-stylesheet', link, { child: 'url' })
    }
  }
}

const absolute = /^(?:https?:\/\/|urn:|[a-z][a-z0-9+.-]*:\/\/)\S+$/i

/** Spec: http://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl */
function checkFullUrl(judge: Judge, { node, fullUrl, resource }: Entry, type: string | undefined): void {
  if (fullUrl === undefined) {
    // Without it nothing in a document or message can be referred to; requests and answers of a server may go without.
    if (resource !== undefined && (type === 'document' || type === 'message')) judge.findings.add('bundle-without-full-url', node)
    return
  }
  if (!absolute.test(fullUrl)) return judge.findings.add('bundle-full-url-relative', node, { child: 'fullUrl' })
  const parts = restfulParts(fullUrl)
  if (parts === undefined || resource === undefined || !/^https?:/.test(fullUrl)) return
  const id = textAt(resource, 'id')
  if (judge.types.of(parts.type)?.kind !== 'resource') return
  if (id === undefined) {
    if (type !== 'transaction' && type !== 'batch') judge.findings.add('bundle-full-url-without-id', node, { child: 'fullUrl' })
  } else if (parts.type !== resource.type.name || parts.id !== id) judge.findings.add('bundle-full-url-differs', node, { child: 'fullUrl' })
}

/** Two entries of one fullUrl are two versions, or a mistake (bdl-7); so are two of one type and id without fullUrl. */
function checkUnique(judge: Judge, entries: readonly Entry[], type: string | undefined): void {
  if (type === 'history' || type === 'batch' || type === 'transaction' || type?.endsWith('-response') === true) return
  const seen = new Set<string>()
  for (const { node, fullUrl, resource } of entries) {
    const id = resource === undefined ? undefined : textAt(resource, 'id')
    if (fullUrl !== undefined || resource === undefined || id === undefined) continue
    const key = `${resource.type.name}/${id}`
    if (seen.has(key)) judge.findings.add('bundle-id-twice', node)
    seen.add(key)
  }
}

/** A document is whole: what its Composition speaks of is in it, and nothing else. Spec: http://hl7.org/fhir/R4/documents.html */
function checkDocument(judge: Judge, bundle: Node, entries: readonly Entry[]): void {
  const composition = entries[0]?.resource
  if (composition?.type.name !== 'Composition') return
  const places = ['subject', 'author', 'custodian', 'encounter', 'attester.party', 'event.detail']
  const references = [...places.flatMap((path) => at(composition, path)), ...sectionReferences(composition)]
  for (const reference of references) requireInBundle(judge, reference)
  checkReached(judge, bundle, entries, composition)
}

function at(node: Node, path: string): readonly Node[] {
  return path.split('.').reduce<readonly Node[]>((nodes, name) => nodes.flatMap((each) => childrenOf(each, name)), [node])
}

function sectionReferences(node: Node): readonly Node[] {
  return childrenOf(node, 'section').flatMap((section) => [
    ...['author', 'focus', 'entry'].flatMap((name) => childrenOf(section, name)),
    ...sectionReferences(section),
  ])
}

function requireInBundle(judge: Judge, reference: Node): void {
  const text = textAt(reference, 'reference')
  if (text === undefined || text.startsWith('#') || resolveText(judge, reference, text).length > 0) return
  judge.findings.add('bundle-reference', reference, { child: 'reference' })
}

/** Links are followed both ways, as a document may hold what points at its content (a Provenance). */
function checkReached(judge: Judge, bundle: Node, entries: readonly Entry[], composition: Node): void {
  const resources = entries.flatMap(({ resource }) => resource ?? [])
  const links = new Map<Node, Set<Node>>(resources.map((resource) => [resource, new Set<Node>()]))
  for (const resource of resources) {
    for (const target of targetsWithin(judge, resource)) {
      links.get(resource)?.add(target)
      links.get(target)?.add(resource)
    }
  }
  const reached = new Set<Node>()
  const waiting = [composition]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue
    reached.add(next)
    waiting.push(...(links.get(next) ?? []))
  }
  const linked = new Set(childrenOf(bundle, 'link').map((link) => textAt(link, 'url')))
  for (const { node, resource, fullUrl } of entries) {
    if (resource !== undefined && !reached.has(resource) && !linked.has(fullUrl)) judge.findings.add('bundle-not-reached', node)
  }
}

function* targetsWithin(judge: Judge, resource: Node): Generator<Node> {
  for (const node of within(resource)) {
    const text = textOfLink(node)
    if (text !== undefined && !text.startsWith('#')) yield* resolveText(judge, node, text)
  }
}

function textOfLink(node: Node): string | undefined {
  if (node.type.name === 'Reference') return textAt(node, 'reference')
  const isUri = node.type.name === 'uri' || node.type.name === 'url' || node.type.name === 'canonical'
  return isUri && typeof node.value === 'string' ? node.value : undefined
}

function checkMessage(judge: Judge, entries: readonly Entry[]): void {
  const header = entries[0]?.resource
  if (header?.type.name !== 'MessageHeader') return
  for (const focus of childrenOf(header, 'focus')) requireInBundle(judge, focus)
}

/** What a search found has an id to be read by. Spec: http://hl7.org/fhir/R4/http.html#search */
function checkFound(judge: Judge, { node, resource }: Entry): void {
  if (resource === undefined) return judge.findings.add('bundle-found-nothing', node)
  const search = childOf(node, 'search')
  const mode = search === undefined ? undefined : textAt(search, 'mode')
  const isOutcome = resource.type.name === 'OperationOutcome'
  if (!isOutcome && textAt(resource, 'id') === undefined) judge.findings.add('bundle-found-without-id', node)
  if (mode === 'outcome' && !isOutcome) judge.findings.add('bundle-outcome-mode', node)
  if (mode !== undefined && mode !== 'outcome' && isOutcome) judge.findings.add('bundle-outcome-mode', node)
}
