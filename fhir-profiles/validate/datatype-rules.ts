/** Rules of datatypes that no invariant states: attachments that fit what they say, uris that are what they look like. */
import { Buffer } from 'node:buffer'
import { numberOf } from '../json.ts'
import { isExample } from './extension-rules.ts'
import type { Judge } from './judge.ts'
import { childOf, textAt } from './node.ts'
import type { Node } from './node.ts'

/** Spec: http://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size */
export function checkAttachment(judge: Judge, node: Node): void {
  const data = textAt(node, 'data')
  const size = numberOf(childOf(node, 'size')?.value)
  if (data === undefined || size === undefined) return
  if (Buffer.from(data, 'base64').byteLength !== size) judge.findings.add('attachment-size', node, { child: 'size' })
}

const tag = /<[a-z!/]/i

/** Markdown and plain text are shown as they are; a tag in them is a mistake, or an attempt. Spec: http://hl7.org/fhir/R4/security.html#narrative */
export function checkMarkup(judge: Judge, node: Node): void {
  if (typeof node.value !== 'string' || !node.value.includes('<') || !tag.test(node.value)) return
  const severity = node.type.name === 'markdown' ? judge.policy.htmlInMarkdown : judge.policy.htmlInString
  if (severity !== 'information') judge.findings.add('html-in-text', node, { severity })
}

const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/
/** the national numbering writes a 요양기관기호 as it stands, with its zeros: all of 상급종합병원 begin with one */
const nationalOid = /^urn:oid:1\.2\.410\.100110\.10\.\d{8}$/
const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const scheme = /^[a-z][a-z0-9+.-]*:/i

/** Spec: http://hl7.org/fhir/R4/datatypes.html#uri */
export function checkUri(judge: Judge, node: Node): void {
  const { value } = node
  if (typeof value !== 'string' || value === '') return
  if (/^(?:oid|uuid):/i.test(value)) judge.findings.add('uri-without-urn', node)
  if (value.startsWith('urn:oid:')) checkOid(judge, node, value.replace(/[|#].*$/, ''))
  // a fragment or a version may follow
  if (value.startsWith('urn:uuid:') && !uuid.test(value.replace(/[|#].*$/, ''))) judge.findings.add('uuid-format', node)
  if (node.type.name === 'canonical') checkCanonical(judge, node, value)
  // Examples of servers stand in fullUrl and request everywhere; only what names a definition or a place is meant.
  if (node.type.name === 'url' && isExample(value)) judge.findings.add('example-url', node, { severity: judge.policy.exampleUrl })
}

/** Spec: http://hl7.org/fhir/R4/datatypes.html#oid: no arc begins with a zero */
function checkOid(judge: Judge, node: Node, value: string): void {
  if (oid.test(value)) return
  if (nationalOid.test(value)) judge.findings.add('oid-national', node, { severity: judge.policy.nationalOid })
  else judge.findings.add('oid-format', node)
}

/** Spec: http://hl7.org/fhir/R4/references.html#canonical */
function checkCanonical(judge: Judge, node: Node, value: string): void {
  if (!scheme.test(value) && !value.startsWith('#')) judge.findings.add('canonical-relative', node)
}
