/** Condition → DG1, AllergyIntolerance → AL1, results, medication and documents → OBX. Pure. */
import { system } from '../../fhir-profiles/codes.ts'
import { isExactNumber } from '../../fhir-profiles/json.ts'
import type {
  AllergyIntolerance,
  Bundle,
  CodeableConcept,
  Condition,
  DocumentReference,
  Observation,
  Quantity,
  Resource,
} from '../../fhir-profiles/r4.ts'
import { escapeText } from './escape.ts'
import { writeConcept } from './map-code.ts'
import { components, segment } from './segment-writer.ts'
import { hl7Time } from './time.ts'

export interface Written {
  readonly segments: readonly string[]
  /** elements that have no place in the message, e.g. `Consent` */
  readonly left: readonly string[]
}

/** What only frames the referral and is written elsewhere (PID, RF1, PRD), or means nothing outside the network. */
const framing = [
  'Task',
  'ServiceRequest',
  'Patient',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'MessageHeader',
  'OperationOutcome',
]

/** DG1 and AL1 in the places the message structures give them, then everything readable as observations under one order each. */
export function clinicalSegments(bundle: Bundle): Written {
  const resources = (bundle.entry ?? [])
    .flatMap(({ resource }) => resource ?? [])
    .filter(({ resourceType }) => !framing.includes(resourceType))
  const diagnoses = resources.filter((item) => item.resourceType === 'Condition').map(diagnosisSegment)
  const allergies = resources.filter((item) => item.resourceType === 'AllergyIntolerance').map(allergySegment)
  const results: string[][] = []
  const letters: string[][] = []
  const left: string[] = []
  for (const resource of resources) {
    if (resource.resourceType === 'Condition' || resource.resourceType === 'AllergyIntolerance') continue
    const lines = linesOf(resource)
    if (lines === undefined) left.push(resource.resourceType)
    else (resource.resourceType === 'DocumentReference' ? letters : results).push(...lines)
  }
  const orders = [...order(1, '30954-2^Relevant diagnostic tests^LN', results), ...order(2, '11488-4^Consult note^LN', letters)]
  return { segments: [...diagnoses, ...allergies, ...orders], left: [...new Set(left)] }
}

/** OBX fields 2 to 14, without the set id */
type Lines = string[][]

function order(setId: number, code: string, lines: Lines): readonly string[] {
  if (lines.length === 0) return []
  return [
    segment('OBR', { 1: String(setId), 4: code, 25: 'F' }),
    ...lines.map((fields, at) =>
      segment('OBX', { ...Object.fromEntries(fields.map((text, place) => [place + 2, text])), 1: String(at + 1) }),
    ),
  ]
}

function linesOf(resource: Resource): Lines | undefined {
  switch (resource.resourceType) {
    case 'Observation':
      return observationLines(resource)
    case 'DiagnosticReport':
      return resource.conclusion === undefined
        ? []
        : [line('FT', writeConcept(resource.code), escapeText(resource.conclusion), { at: resource.effectiveDateTime })]
    case 'DocumentReference':
      return documentLines(resource)
    case 'MedicationRequest':
    case 'MedicationStatement': {
      const drug = resource.medicationCodeableConcept
      const dosage = resource.resourceType === 'MedicationRequest' ? resource.dosageInstruction : resource.dosage
      const text = [drug?.text ?? drug?.coding?.[0]?.display ?? drug?.coding?.[0]?.code, ...(dosage ?? []).map((item) => item.text)].filter(
        (part) => part !== undefined,
      )
      return text.length === 0 ? undefined : [line('ST', '10160-0^History of medication use^LN', escapeText(text.join(', ')), {})]
    }
    default:
      return undefined
  }
}

interface Details {
  readonly unit?: string | undefined
  readonly range?: string | undefined
  readonly flags?: string | undefined
  readonly status?: string | undefined
  readonly at?: string | undefined
}

function line(kind: string, code: string, value: string, { unit, range, flags, status, at }: Details): string[] {
  return [kind, code, '', value, unit ?? '', range ?? '', flags ?? '', '', '', status ?? 'F', '', '', hl7Time(at)]
}

const statuses: Readonly<Record<string, string>> = {
  preliminary: 'P',
  registered: 'I',
  corrected: 'C',
  amended: 'C',
  cancelled: 'X',
  'entered-in-error': 'W',
}

function observationLines(observation: Observation): Lines | undefined {
  const own = { status: statuses[observation.status ?? ''] ?? 'F', at: observation.effectiveDateTime ?? observation.issued }
  const range = observation.referenceRange?.[0]
  const parts = [observation, ...(observation.component ?? [])].flatMap((part): Lines => {
    const written = valueOf(part)
    if (written === undefined) return []
    const flags = part.interpretation?.[0]?.coding?.[0]?.code
    const limits =
      range?.text ?? [range?.low?.value, range?.high?.value].map((value) => (value === undefined ? '' : String(value))).join('-')
    return [
      line(written.kind, writeConcept(part.code), written.text, {
        ...own,
        unit: written.unit,
        flags,
        range: limits === '-' ? undefined : escapeText(limits),
      }),
    ]
  })
  return parts.length === 0 ? undefined : parts
}

interface WrittenValue {
  readonly kind: string
  readonly text: string
  readonly unit?: string
}

function valueOf(
  part: Pick<Observation, 'valueQuantity' | 'valueString' | 'valueCodeableConcept' | 'valueDateTime' | 'valueBoolean' | 'valueInteger'>,
): WrittenValue | undefined {
  const { valueQuantity: quantity } = part
  if (quantity?.value !== undefined) return quantityValue(quantity)
  if (part.valueString !== undefined) return { kind: part.valueString.includes('\n') ? 'FT' : 'ST', text: escapeText(part.valueString) }
  if (part.valueCodeableConcept !== undefined) return { kind: 'CWE', text: writeConcept(part.valueCodeableConcept) }
  if (part.valueDateTime !== undefined) return { kind: 'TS', text: hl7Time(part.valueDateTime) }
  if (part.valueInteger !== undefined) return { kind: 'NM', text: String(part.valueInteger) }
  return part.valueBoolean === undefined ? undefined : { kind: 'ID', text: part.valueBoolean ? 'Y' : 'N' }
}

function quantityValue(quantity: Quantity): WrittenValue {
  const digits: unknown = quantity.value
  const number = isExactNumber(digits) ? digits.rawJSON : String(digits)
  const unit =
    quantity.system === system.ucum
      ? components(escapeText(quantity.code ?? ''), escapeText(quantity.unit ?? ''), 'UCUM')
      : escapeText(quantity.unit ?? '')
  return quantity.comparator === undefined
    ? { kind: 'NM', text: number, unit }
    : { kind: 'SN', text: components(quantity.comparator, number), unit }
}

function documentLines(document: DocumentReference): Lines | undefined {
  const code = writeConcept(document.type)
  const lines = (document.content ?? []).flatMap(({ attachment }): Lines => {
    const { contentType, data } = attachment
    if (data === undefined) return []
    const at = document.date
    if (contentType?.startsWith('text/plain') === true)
      return [line('FT', code, escapeText(Buffer.from(data, 'base64').toString('utf8')), { at })]
    const [type, subtype] = (contentType ?? 'application/octet-stream').split(';')[0]?.split('/') ?? []
    return [line('ED', code, components('', escapeText(type ?? ''), escapeText(subtype ?? ''), 'Base64', data), { at })]
  })
  return lines.length === 0 ? undefined : lines
}

function diagnosisSegment(condition: Condition, at: number): string {
  return segment('DG1', {
    1: String(at + 1),
    3: writeConcept(condition.code),
    5: hl7Time(condition.onsetDateTime ?? condition.recordedDate),
    6: 'W',
  })
}

const allergyKinds: Readonly<Record<string, string>> = { medication: 'DA', food: 'FA', environment: 'EA', biologic: 'DA' }
const severities: Readonly<Record<string, string>> = { severe: 'SV', moderate: 'MO', mild: 'MI' }

function allergySegment(allergy: AllergyIntolerance, at: number): string {
  const [reaction] = allergy.reaction ?? []
  const manifestation: CodeableConcept | undefined = reaction?.manifestation?.[0]
  return segment('AL1', {
    1: String(at + 1),
    2: allergyKinds[allergy.category?.[0] ?? ''],
    3: writeConcept(allergy.code),
    4: severities[reaction?.severity ?? ''],
    5: escapeText(manifestation?.text ?? manifestation?.coding?.[0]?.display ?? ''),
  })
}
