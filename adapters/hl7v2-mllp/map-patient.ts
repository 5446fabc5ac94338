/** PID → Patient. Pure. HL7 v2.5.1 §3.4.2 · KR Core: name.text, gender and the institution's own number. */
import { patientNumberSystem, system } from '../../fhir-profiles/codes.ts'
import { isResidentNumber } from '../../fhir-profiles/resident-number.ts'
import type { Address, CodeableConcept, ContactPoint, HumanName, Identifier, Patient } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { localSystem, type Draft } from './draft.ts'
import { idOf } from './local-id.ts'
import { concept, v2Table } from './map-code.ts'
import type { Repetition, Segment } from './message.ts'
import { fhirDate, fhirDateTime } from './time.ts'

/** The patient number (PID-3) the rest of the message hangs on; undefined when there is none that may be used. */
export function patientNumberOf(pid: Segment | undefined, field = 3): string | undefined {
  const numbers = pid?.all(field).filter((item) => item.part(1) !== undefined && !isResident(item)) ?? []
  const own = numbers.find((item) => ['MR', 'PI', 'PT'].includes(item.part(5) ?? '')) ?? numbers.find((item) => item.part(5) === undefined)
  return (own ?? numbers[0])?.part(1)
}

/** The patient's id in the institution's own partition: the number itself where FHIR allows it. */
export function patientIdOf(number: string): string {
  return idOf(number)
}

/** `others`: numbers that other segments of the message give this patient. */
export function patientFrom(pid: Segment, number: string, draft: Draft, others: readonly Identifier[] = []): Patient {
  const names = namesOf(pid)
  if (names.length === 0) draft.gaps.add('PID-5', 'the patient has no name', 'not-held')
  const telecom = [...contactsOf(pid, 13, 'home'), ...contactsOf(pid, 14, 'work'), ...contactsOf(pid, 40, 'home')]
  const address = pid.all(11).flatMap((item) => addressOf(item))
  return compact<Patient>({
    resourceType: 'Patient',
    id: patientIdOf(number),
    identifier: [...identifiersOf(pid, number, draft), ...others],
    name: names.length === 0 ? undefined : names,
    telecom: telecom.length === 0 ? undefined : telecom,
    gender: genderOf(pid, draft),
    birthDate: birthDateOf(pid, draft),
    ...deathOf(pid, draft),
    address: address.length === 0 ? undefined : address,
    maritalStatus: maritalStatusOf(pid),
    ...birthOrderOf(pid),
    communication: languageOf(pid, draft),
  })
}

/** PID-19 holds nothing else by definition; in the number fields they are told by type (CX.5) or form. */
export function reportResidentNumbers(pid: Segment, draft: Draft): void {
  const reason = 'a resident number is not exchanged'
  if (pid.all(19).some((item) => item.text !== undefined)) draft.gaps.add('PID-19', reason, 'dropped-by-law')
  // 고유식별정보 like the resident number: 개인정보 보호법 시행령 제19조
  if (pid.all(20).some((item) => item.text !== undefined))
    draft.gaps.add('PID-20', 'a driving licence number is not exchanged', 'dropped-by-law')
  for (const field of [2, 3, 4]) {
    if (pid.all(field).some((item) => isResident(item))) draft.gaps.add(`PID-${field}`, reason, 'dropped-by-law')
  }
}

/** Told by type (CX.5) or by form. */
export function isResident(item: Repetition): boolean {
  return ['SS', 'NNKOR'].includes(item.part(5)?.toUpperCase() ?? '') || isResidentNumber(item.part(1) ?? '')
}

function identifiersOf(pid: Segment, number: string, draft: Draft): Identifier[] {
  const found: Identifier[] = []
  for (const field of [3, 2, 4]) {
    for (const item of pid.all(field)) {
      const value = item.part(1)
      if (value === undefined) continue
      if (isResident(item)) continue
      const isOwn = field === 3 && value === number
      const uri =
        authorityOf(item) ??
        (isOwn ? patientNumberSystem(draft.context.institution.number) : localSystem(draft.context, authorityName(item, field)))
      if (found.some((other) => other.value === value && (other.system === uri || field !== 3))) continue
      found.push(compact<Identifier>({ use: isOwn ? 'usual' : undefined, type: identifierType(item.part(5)), system: uri, value }))
    }
  }
  return found
}

/** CX.4 as a URI where it is one: an institution's OID or 요양기관기호, another OID, a UUID, a URL. */
export function authorityOf(item: Repetition): string | undefined {
  const names = [item.part(4, 2), item.part(4, 1)].filter((name) => name !== undefined)
  for (const name of names) {
    const institution = /^(?:1\.2\.410\.100110\.10\.)?(\d{8})$/.exec(name)?.[1]
    if (institution !== undefined) return patientNumberSystem(institution)
    if (/^[0-2](\.\d+){2,}$/.test(name)) return `urn:oid:${name}`
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name)) return `urn:uuid:${name.toLowerCase()}`
    if (/^https?:\S+$/.test(name)) return name
  }
  return undefined
}

function authorityName(item: Repetition, field: number): string {
  return item.part(4) ?? (field === 3 ? `PID-3-${item.part(5) ?? 'other'}` : `PID-${field}`)
}

function identifierType(code: string | undefined): CodeableConcept | undefined {
  return code === undefined ? undefined : { coding: [{ system: system.v2IdentifierType, code }] }
}

const nameUses: Readonly<Record<string, HumanName['use']>> = {
  L: 'official',
  D: 'usual',
  C: 'official',
  N: 'nickname',
  S: 'anonymous',
  M: 'maiden',
  T: 'temp',
}

function namesOf(pid: Segment): HumanName[] {
  return [...pid.all(5).flatMap((item) => nameOf(item)), ...pid.all(9).flatMap((item) => nameOf(item, 'nickname'))]
}

/** XPN or the name part of an XCN (`shift` 1). */
export function nameOf(item: Repetition, use?: HumanName['use'], shift: 0 | 1 = 0): HumanName[] {
  const family = item.part(1 + shift)
  const given = [item.part(2 + shift), item.part(3 + shift)].filter((part) => part !== undefined)
  if (family === undefined && given.length === 0) return []
  const [prefix, suffix] = [item.part(5 + shift), item.part(4 + shift)]
  const calledBy = shift === 0 ? item.part(15) : undefined
  return [
    compact<HumanName>({
      use: use ?? (shift === 0 ? nameUses[item.part(7) ?? ''] : undefined),
      text: nameText(family, given),
      family,
      given: given.length === 0 ? undefined : given,
      prefix: prefix === undefined ? undefined : [prefix],
      suffix: suffix === undefined ? undefined : [suffix],
    }),
    ...(calledBy === undefined ? [] : [{ use: 'nickname' as const, text: calledBy, given: [calledBy] }]),
  ]
}

/** Korean names are written in one piece, family name first; others given name first. */
function nameText(family: string | undefined, given: readonly string[]): string {
  const isKorean = /^[\p{Script=Hangul}\p{Script=Han}]+$/u.test(`${family ?? ''}${given.join('')}`)
  return isKorean ? `${family ?? ''}${given.join('')}` : [...given, family].filter((part) => part !== undefined).join(' ')
}

const genders: Readonly<Record<string, Patient['gender']>> = {
  M: 'male',
  F: 'female',
  O: 'other',
  A: 'other',
  U: 'unknown',
  N: 'other',
  MALE: 'male',
  FEMALE: 'female',
}

/** HL7 table 0001; `field` 8 in PID */
export function genderOf(segment: Segment, draft: Draft, field = 8): Patient['gender'] {
  const code = segment.at(field)
  const gender = genders[code?.toUpperCase() ?? '']
  if (code !== undefined && gender === undefined) draft.gaps.add(`${segment.name}-${field}`, 'not a code of HL7 table 0001')
  return gender ?? 'unknown'
}

function birthDateOf(pid: Segment, draft: Draft): string | undefined {
  const text = pid.at(7)
  const date = fhirDate(text)
  if (text !== undefined && date === undefined) draft.gaps.add('PID-7', 'not a date')
  return date
}

function deathOf(pid: Segment, draft: Draft): Pick<Patient, 'deceasedDateTime' | 'deceasedBoolean'> {
  const [at, isDead] = [pid.at(29), pid.at(30)]
  const deceasedDateTime = fhirDateTime(at, draft.offset)
  if (deceasedDateTime !== undefined) return { deceasedDateTime }
  if (at !== undefined) draft.gaps.add('PID-29', 'not a time')
  const answer = /^(Y|YES|N|NO)$/i.exec(isDead ?? '')?.[1]
  return answer === undefined ? {} : { deceasedBoolean: answer.toUpperCase().startsWith('Y') }
}

const maritalCodes = 'ADILMPSTW'

function maritalStatusOf(pid: Segment): CodeableConcept | undefined {
  const [code, text] = [pid.at(16), pid.at(16, 2)]
  if (code === undefined) return undefined
  const isShared = code.length === 1 && maritalCodes.includes(code)
  return compact<CodeableConcept>({
    coding: [{ system: isShared ? 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus' : v2Table('0002'), code }],
    text,
  })
}

function birthOrderOf(pid: Segment): Pick<Patient, 'multipleBirthInteger' | 'multipleBirthBoolean'> {
  const [isMultiple, order] = [pid.at(24), pid.at(25)]
  if (order !== undefined && /^\d{1,2}$/.test(order)) return { multipleBirthInteger: Number(order) }
  return isMultiple === 'Y' || isMultiple === 'N' ? { multipleBirthBoolean: isMultiple === 'Y' } : {}
}

function languageOf(pid: Segment, draft: Draft): Patient['communication'] {
  const language = concept(pid.all(15)[0], draft, 'PID-15')
  return language === undefined ? undefined : [{ language }]
}

const addressUses: Readonly<Record<string, Address['use']>> = { H: 'home', B: 'work', O: 'work', C: 'temp', L: 'home', BA: 'old' }

export function addressOf(item: Repetition): Address[] {
  const street = [1, 2, 3].flatMap((part) => item.part(1, part) ?? []).join(' ')
  const line = [street, item.part(2) ?? ''].filter((part) => part !== '')
  const [city, state, postalCode, country] = [item.part(3), item.part(4), item.part(5), item.part(6)]
  const text = [...line, city, state].filter((part) => part !== undefined).join(' ')
  if (text === '' && postalCode === undefined && country === undefined) return []
  return [
    compact<Address>({
      use: addressUses[item.part(7)?.toUpperCase() ?? ''],
      type: item.part(7) === 'M' ? 'postal' : undefined,
      text: text === '' ? undefined : text,
      line: line.length === 0 ? undefined : line,
      city,
      state,
      postalCode,
      country,
    }),
  ]
}

const contactSystems: Readonly<Record<string, ContactPoint['system']>> = {
  PH: 'phone',
  CP: 'phone',
  FX: 'fax',
  BP: 'pager',
  INTERNET: 'email',
  'X.400': 'email',
}

/** XTN. The number is in XTN.12 (v2.7), in XTN.1 (before), or in parts. */
export function contactsOf(pid: Segment, field: number, usual: 'home' | 'work'): ContactPoint[] {
  return pid.all(field).flatMap((item) => {
    const [use, kind] = [item.part(2)?.toUpperCase(), item.part(3)?.toUpperCase() ?? '']
    const digits = [5, 6, 7].map((part) => item.part(part)).filter((part) => part !== undefined)
    const isMail = contactSystems[kind] === 'email' || use === 'NET'
    const value =
      (isMail ? item.part(4) : undefined) ?? item.part(12) ?? item.part(1) ?? (digits.length === 0 ? item.part(4) : digits.join(' '))
    if (value === undefined) return []
    const place = kind === 'CP' ? 'mobile' : use === 'WPN' ? 'work' : usual
    return [{ system: isMail ? 'email' : (contactSystems[kind] ?? 'phone'), value, use: isMail && place === 'mobile' ? usual : place }]
  })
}
