/** The first entry of the document: its table of contents, with a text for every section. */
import type { Composition, Patient, Resource } from '../../../fhir-profiles/r4.ts'
import { canonicalBase, documentType, system } from '../../../fhir-profiles/codes.ts'
import type { SummaryInput, SummaryPart } from '../summary.ts'
import { constantSentence, narrative, paragraphs } from './narrative.ts'
import { urlOf } from './references.ts'
import { sections } from './sections.ts'
import type { Section } from './sections.ts'

/** Section code → its parts, newest first. */
export type Placed = ReadonlyMap<string, readonly SummaryPart[]>

export interface CompositionInput {
  readonly id: string
  readonly at: string
  readonly base: string
  readonly subject: Patient
  readonly author: Resource
  readonly custodian: Resource
  readonly gaps: SummaryInput['gaps']
  readonly placed: Placed
  /** every released record by `Type/id`, also those that are not listed */
  readonly released: ReadonlyMap<string, Resource>
}

export function compositionOf(input: CompositionInput): Composition {
  const { id, at, base, subject, author, custodian, gaps, placed, released } = input
  const partsOf = (section: Section): readonly SummaryPart[] => placed.get(section.code) ?? []
  const shown = sections.filter((section) => section.always || partsOf(section).length > 0)
  return {
    resourceType: 'Composition',
    id,
    meta: { profile: ['http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips'], source: canonicalBase },
    text: { status: 'generated', div: paragraphs([constantSentence.ko, constantSentence.en]) },
    status: 'final',
    type: { coding: [documentType.summary] },
    subject: { reference: urlOf(base, subject) },
    date: at,
    author: [{ reference: urlOf(base, author) }],
    title: '환자 요약 · Patient summary',
    custodian: { reference: urlOf(base, custodian) },
    section: [...shown.map((section) => sectionOf(section, { parts: partsOf(section), released, base })), unansweredSection(gaps)],
  }
}

type CompositionSection = NonNullable<Composition['section']>[number]

/** `unavailable` says neither "nothing there" nor "not shown to you": the two must look alike. */
const nothingToShow = { coding: [{ system: system.listEmptyReason, code: 'unavailable', display: 'Unavailable' }] }

interface SectionInput {
  readonly parts: readonly SummaryPart[]
  readonly released: ReadonlyMap<string, Resource>
  readonly base: string
}

function sectionOf(section: Section, { parts, released, base }: SectionInput): CompositionSection {
  const head = {
    title: `${section.ko} · ${section.en}`,
    code: { coding: [{ system: system.loinc, code: section.code, display: section.display }] },
    text: { status: 'generated' as const, div: narrative(parts, released) },
  }
  if (parts.length === 0) return { ...head, emptyReason: nothingToShow }
  return { ...head, entry: parts.map((part) => ({ reference: urlOf(base, part.resource), display: part.institution.name })) }
}

/** On every summary, in one shape: who could not be reached is about the network's health, never about the patient. */
function unansweredSection(gaps: SummaryInput['gaps']): CompositionSection {
  const named = gaps.map((gap) => gap.institution).sort((a, b) => (a.id < b.id ? -1 : 1))
  const names = named.map((institution) => institution.name).join(', ')
  const extension = named.map((institution) => ({
    url: `${canonicalBase}/StructureDefinition/no-answer`,
    valueIdentifier: { system: system.institutionNumber, value: institution.number },
  }))
  return {
    ...(extension.length === 0 ? {} : { extension }),
    title: '응답하지 않은 기관 · Institutions that did not answer',
    code: { coding: [{ system: system.gap, code: 'no-answer' }] },
    text: {
      status: 'generated',
      div: paragraphs([`응답하지 않은 기관: ${names || '없음'}`, `Institutions that did not answer: ${names || 'none'}`]),
    },
    emptyReason: nothingToShow,
  }
}
