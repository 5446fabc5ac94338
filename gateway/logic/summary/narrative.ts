/**
 * Section text: a small table made from the released records and nothing else. Everything that comes from a record is escaped, so that
 * no sender can write markup into another doctor's screen. Spec: http://hl7.org/fhir/R4/narrative.html
 */
import type { Resource } from '../../../fhir-profiles/r4.ts'
import type { SummaryPart } from '../summary.ts'
import { field, isRecord, list, text } from './json.ts'
import { dayOf } from './order.ts'
import { containedOf } from './references.ts'

/** On every summary, whether or not anything is hidden: it must never be a hint. */
export const constantSentence = {
  ko: '이 요약은 환자의 동의가 허용하는 범위에서 보여 드립니다. 보이지 않는 기록이 있을 수 있습니다.',
  en: 'This summary shows what the patient’s consent allows. There may be records that are not shown.',
} as const

const nothing = { ko: '보여 드릴 기록이 없습니다.', en: 'Nothing to show.' } as const

const headings = ['내용 · What', '값 · Value', '상태 · Status', '날짜 · Date', '기관 · Institution'] as const

/** `released`: records by `Type/id`, to name a drug that stands in a record of its own. */
export function narrative(parts: readonly SummaryPart[], released: ReadonlyMap<string, Resource>): string {
  if (parts.length === 0) return paragraphs([nothing.ko, nothing.en])
  const head = headings.map((heading) => `<th>${escaped(heading)}</th>`).join('')
  const rows = parts.map(
    (part) =>
      `<tr>${cells(part, released)
        .map((cell) => `<td>${escaped(cell)}</td>`)
        .join('')}</tr>`,
  )
  return div(`<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`)
}

export function paragraphs(sentences: readonly string[]): string {
  return div(sentences.map((sentence) => `<p>${escaped(sentence)}</p>`).join(''))
}

function div(content: string): string {
  return `<div xmlns="http://www.w3.org/1999/xhtml">${content}</div>`
}

/** Markup becomes text; what XML 1.0 cannot carry at all is left out. */
export function escaped(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function cells({ resource, institution }: SummaryPart, released: ReadonlyMap<string, Resource>): readonly string[] {
  return [what(resource, released), value(resource), status(resource), dayOf(resource), institution.name]
}

/** Elements that say what a record is about; the first that says anything. */
const aboutElements = ['code', 'medicationCodeableConcept', 'vaccineCode', 'relationship', 'title', 'type', 'class', 'category'] as const

function what(resource: Resource, released: ReadonlyMap<string, Resource>): string {
  const said = aboutElements.map((name) => label(field(resource, name))).find((one) => one !== '') ?? ''
  const drug = said === '' ? drugOf(resource, released) : said
  const named = drug === '' ? '(이름 없음 · not named)' : drug
  return field(resource, 'doNotPerform') === true ? `금지 · do not give: ${named}` : named
}

function drugOf(resource: Resource, released: ReadonlyMap<string, Resource>): string {
  const reference = text(field(field(resource, 'medicationReference'), 'reference'))
  const target = containedOf(resource).get(reference) ?? released.get(reference.split('/').slice(-2).join('/'))
  return label(field(target, 'code'))
}

/** The sender's words first, then the display, then the bare code. */
function label(concept: unknown): string {
  if (typeof concept === 'string') return concept
  if (Array.isArray(concept)) return joined(concept.map(label))
  const codings = [...list(field(concept, 'coding')), concept]
  const displays = codings.map((coding) => text(field(coding, 'display'))).find((one) => one !== '')
  return text(field(concept, 'text')) || displays || codings.map((coding) => text(field(coding, 'code'))).find((one) => one !== '') || ''
}

function value(resource: Resource): string {
  const own = measured(resource)
  const components = list(field(resource, 'component')).map((part) => `${label(field(part, 'code'))} ${measured(part)}`)
  const dosage = [...list(field(resource, 'dosageInstruction')), ...list(field(resource, 'dosage'))].map(dose)
  const reactions = list(field(resource, 'reaction')).map((reaction) => label(field(reaction, 'manifestation')))
  const conclusion = text(field(resource, 'conclusion'))
  const members = list(field(resource, 'condition')).map((condition) => label(field(condition, 'code')))
  const criticality = text(field(resource, 'criticality'))
  return joined([own, ...components, ...dosage, ...reactions, criticality, conclusion, ...members])
}

/** `value[x]` of an observation or of one of its components. */
function measured(holder: unknown): string {
  if (!isRecord(holder)) return ''
  const name = Object.keys(holder).find((key) => /^value[A-Z]/.test(key))
  return name === undefined ? label(holder['dataAbsentReason']) : plain(holder[name])
}

function plain(element: unknown): string {
  if (typeof element === 'number' || typeof element === 'boolean') return String(element)
  if (typeof element === 'string') return element
  if (field(element, 'numerator') !== undefined) return `${plain(field(element, 'numerator'))}/${plain(field(element, 'denominator'))}`
  if (field(element, 'low') !== undefined || field(element, 'high') !== undefined) {
    return `${plain(field(element, 'low'))}–${plain(field(element, 'high'))}`
  }
  const number = field(element, 'value')
  if (typeof number !== 'number') return label(element) || joined([text(field(element, 'start')), text(field(element, 'end'))])
  return `${text(field(element, 'comparator'))}${number} ${text(field(element, 'unit')) || text(field(element, 'code'))}`.trim()
}

function dose(dosage: unknown): string {
  if (text(field(dosage, 'text')) !== '') return text(field(dosage, 'text'))
  const rates = list(field(dosage, 'doseAndRate')).map((rate) => plain(field(rate, 'doseQuantity') ?? field(rate, 'doseRange')))
  const repeat = field(field(dosage, 'timing'), 'repeat')
  const frequency = field(repeat, 'frequency')
  const often =
    typeof frequency === 'number' ? `${frequency} × / ${plain(field(repeat, 'period'))} ${text(field(repeat, 'periodUnit'))}` : ''
  return joined([...rates, often.trim(), label(field(dosage, 'route'))], ' ')
}

function status(resource: Resource): string {
  const clinical = ['clinicalStatus', 'verificationStatus'].map((name) => label(field(resource, name)))
  return joined([...clinical, text(field(resource, 'status'))])
}

function joined(parts: readonly string[], by = ', '): string {
  return parts.filter((part) => part.trim() !== '').join(by)
}
