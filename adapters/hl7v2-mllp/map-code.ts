/** Coded fields (CE, CWE, CNE) → CodeableConcept, and back. Pure. HL7 v2.5.1 §2.A.3 CWE, table 0396 (coding systems). */
import { system } from '../../fhir-profiles/codes.ts'
import type { CodeableConcept, Coding } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { freeText, localSystem, type Draft } from './draft.ts'
import { escapeText } from './escape.ts'
import type { Repetition } from './message.ts'

const icd10 = 'http://hl7.org/fhir/sid/icd-10'

/** table 0396 names, and the ones Korean senders write for national lists */
const namedSystems: Readonly<Record<string, string>> = {
  LN: system.loinc,
  LOINC: system.loinc,
  SCT: system.snomed,
  SNOMED: system.snomed,
  UCUM: system.ucum,
  I10: icd10,
  ICD10: icd10,
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  KCD: system.kcd8,
  KCD8: system.kcd8,
  'KCD-8': system.kcd8,
  EDI: system.ediProcedure,
  'EDI-MED': system.ediMedication,
  KD: system.kdCode,
  ICDO: 'http://terminology.hl7.org/CodeSystem/icd-o',
  ATC: system.atc,
  WC: system.atc,
  CVX: 'http://hl7.org/fhir/sid/cvx',
  HIRAREF: system.referralReason,
}

/** The URI of a coding system as a message names it (CE.3); a name only the sender knows becomes a system of that institution. */
export function codeSystem(name: string | undefined, draft: Draft, element: string): string {
  const plain = (name ?? '').trim()
  const known = namedSystems[plain.toUpperCase()]
  if (known !== undefined) return known
  if (/^(https?:|urn:)\S+$/.test(plain)) return plain
  if (/^[0-2](\.\d+){3,}$/.test(plain)) return `urn:oid:${plain}`
  const table = /^HL7(\d{4})$/i.exec(plain)?.[1]
  if (table !== undefined) return v2Table(table)
  return localSystem(draft.context, plain === '' || plain === 'L' ? element : plain)
}

export function v2Table(number: string): string {
  return `http://terminology.hl7.org/CodeSystem/v2-${number}`
}

/** One repetition of a coded field. Undefined when it is empty. */
export function concept(repetition: Repetition | undefined, draft: Draft, element: string): CodeableConcept | undefined {
  if (repetition === undefined) return undefined
  const codings = [coding(repetition, 1, draft, element), coding(repetition, 4, draft, element)].filter((item) => item !== undefined)
  const text = freeText(draft, repetition.part(9) ?? repetition.part(2) ?? repetition.part(5), element)
  if (codings.length === 0 && text === undefined) return undefined
  return compact<CodeableConcept>({ coding: codings.length === 0 ? undefined : codings, text })
}

function coding(repetition: Repetition, first: 1 | 4, draft: Draft, element: string): Coding | undefined {
  const code = codeText(repetition.part(first))
  if (code === undefined) return undefined
  const uri = codeSystem(repetition.part(first + 2), draft, element)
  return compact<Coding>({ system: uri, code: isDiagnosisList(uri) ? normaliseKcd(code) : code, display: repetition.part(first + 1) })
}

/** The FHIR form of a code: no blanks at the ends, single blanks inside. http://hl7.org/fhir/R4/datatypes.html#code */
export function codeText(text: string | undefined): string | undefined {
  const plain = text?.trim().replace(/\s+/g, ' ')
  return plain === '' ? undefined : plain
}

export function isDiagnosisList(uri: string): boolean {
  return uri === system.kcd8 || uri === icd10
}

/** KCD as the list prints it: `R05.` and `r05` → `R05`, `I614` → `I61.4`. Anything else is left alone. */
export function normaliseKcd(code: string): string {
  const plain = code.trim().toUpperCase().replace(/\.$/, '')
  const found = /^([A-Z]\d{2})(\d{1,3})$/.exec(plain)
  return found === null ? (/^[A-Z]\d{2}(\.\d{1,3})?$/.test(plain) ? plain : code) : `${found[1]}.${found[2]}`
}

const systemNames: Readonly<Record<string, string>> = {
  [system.loinc]: 'LN',
  [system.snomed]: 'SCT',
  [system.ucum]: 'UCUM',
  [icd10]: 'I10',
  [system.kcd8]: 'KCD8',
  [system.ediProcedure]: 'EDI',
  [system.ediMedication]: 'EDI-MED',
  [system.atc]: 'ATC',
  [system.referralReason]: 'HIRAREF',
}

/** CodeableConcept → CE with up to two codings; empty when there is none. */
export function writeConcept(value: CodeableConcept | undefined): string {
  if (value === undefined) return ''
  const [first, second] = value.coding ?? []
  const text = first?.display ?? value.text ?? ''
  if (first === undefined) return `^${escapeText(text)}`
  const parts = [first.code ?? '', text, nameOf(first.system)]
  if (second !== undefined) parts.push(second.code ?? '', second.display ?? '', nameOf(second.system))
  return parts.map(escapeText).join('^')
}

function nameOf(uri: string | undefined): string {
  if (uri === undefined) return ''
  return systemNames[uri] ?? (uri.startsWith('urn:oid:') ? uri.slice('urn:oid:'.length) : uri)
}

/** HIRA 진료과 in two digits. The one-digit codes of the same list are claim kinds, not departments. */
const nationalDepartments = new Set([...numbered(0, 28), '31', ...numbered(40, 44), ...numbered(49, 61), ...numbered(80, 90)])

function numbered(from: number, until: number): string[] {
  return Array.from({ length: until - from + 1 }, (_, at) => String(from + at).padStart(2, '0'))
}

/** Local, national (`03`) or national-exchange (`0300`) department code → national code; undefined when nobody can say. */
export function departmentOf(local: string, departments: Readonly<Record<string, string>>): string | undefined {
  const named = departments[local]
  if (named !== undefined) return named
  if (nationalDepartments.has(local)) return local
  const short = /^(\d{2})00$/.exec(local)?.[1]
  return short !== undefined && nationalDepartments.has(short) ? short : undefined
}
