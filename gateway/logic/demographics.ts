/**
 * What identity matching reads of a Patient, in one spelling. A value that says nothing about who somebody is (a placeholder, a
 * newborn's "baby of", a partial date) is left out, so that it counts as missing and can never make two people one.
 */
import type { Address, ContactPoint, HumanName, Identifier, Patient } from '../../fhir-profiles/r4.ts'
import { system as systems } from '../../fhir-profiles/codes.ts'

export interface Demographics {
  /** hangul without spaces; any other script as its words in alphabetical order, so that family-first and given-first agree */
  readonly names: readonly string[]
  /** a whole day, `YYYY-MM-DD` */
  readonly birthDate: string | undefined
  readonly gender: 'male' | 'female' | undefined
  /** domestic digits, area code included */
  readonly phones: readonly string[]
  /** only those that reach down to a building */
  readonly addresses: readonly string[]
  readonly postalCodes: readonly string[]
  readonly identifiers: readonly { readonly system: string; readonly value: string }[]
}

/** By what others who may be the same person are looked for: enough where there are none. */
export function matchKeys(patient: Patient): Pick<Demographics, 'birthDate' | 'phones'> {
  return { birthDate: wholeDay(patient.birthDate), phones: distinct((patient.telecom ?? []).flatMap(phoneOf)) }
}

/** Total: whatever is absent or unusable is left out, nothing is guessed. */
export function demographics(patient: Patient): Demographics {
  return {
    ...matchKeys(patient),
    names: distinct((patient.name ?? []).flatMap(namesOf)),
    gender: patient.gender === 'male' || patient.gender === 'female' ? patient.gender : undefined,
    addresses: distinct((patient.address ?? []).flatMap(addressesOf)),
    postalCodes: distinct((patient.address ?? []).filter(isCurrent).flatMap(postalCodeOf)),
    identifiers: (patient.identifier ?? []).flatMap(identifierOf),
  }
}

/** Names that are not a person's own: unknown patients, newborns entered under the mother. */
const placeholderNames: readonly RegExp[] = [
  /^(신원)?(미상|불상|무명)(환자|남|녀|남자|여자|남성|여성)?\p{N}*$/u,
  /^(이름없음|성명미상|성명불상)\p{N}*$/u,
  /^.+(아기|애기|아가|신생아|베이비)\p{N}*$/u,
  /^(.* )?(baby|newborn|unknown|anonymous|noname)\p{N}*( .*)?$/u,
]

/** Uses that are not the person's own legal name. A pseudonym given for protection must not lead back to the person. */
const foreignNameUses: ReadonlySet<string> = new Set(['temp', 'nickname', 'anonymous'])

function namesOf(name: HumanName): string[] {
  if (name.use !== undefined && foreignNameUses.has(name.use)) return []
  const joined = [name.family ?? '', ...(name.given ?? [])].join(' ')
  return [normaliseName(name.text ?? ''), normaliseName(joined)].filter(
    (text) => text !== '' && !placeholderNames.some((placeholder) => placeholder.test(text)),
  )
}

export function isHangul(name: string): boolean {
  return /\p{Script=Hangul}/u.test(name)
}

/** One spelling per name: composed hangul, no spaces, no case, no remark in brackets. */
export function normaliseName(text: string): string {
  const plain = text
    .normalize('NFKC')
    .replaceAll(/\([^)]*\)|\[[^\]]*\]/g, ' ')
    .toLowerCase()
  if (isHangul(plain)) return plain.replaceAll(/[^\p{L}\p{N}]/gu, '')
  return plain
    .replaceAll(/[^\p{L}\p{N}\s,]/gu, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .sort()
    .join(' ')
}

/** A year or a month alone, and the dates that systems fill in for "unknown", are not a birth date. */
function wholeDay(date: string | undefined): string | undefined {
  if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined
  return date === '1900-01-01' || date.startsWith('0') || date.startsWith('9999') ? undefined : date
}

function phoneOf(contact: ContactPoint): string[] {
  if (contact.use === 'old' || (contact.system !== 'phone' && contact.system !== 'sms')) return []
  const digits = normalisePhone(contact.value ?? '')
  return digits === undefined ? [] : [digits]
}

/** `+82 10-5501-0001` → `01055010001`; undefined for a number that cannot be one person's: no area code, or a filler. */
export function normalisePhone(text: string): string | undefined {
  const digits = text
    .normalize('NFKC')
    .replace('(0)', '')
    .replaceAll(/\D/g, '')
    .replace(/^00(?=82)/, '')
  const domestic = /^82\d{8,11}$/.test(digits) ? `0${digits.slice(2).replace(/^0/, '')}` : digits
  if (domestic.length < 9 || domestic.length > 15) return undefined
  return /(\d)\1{6,}$/.test(domestic) || domestic.endsWith('12345678') ? undefined : domestic
}

/** Short and long names of the first-level districts; all become the short one. */
const provinces: readonly (readonly [RegExp, string])[] = [
  [/^서울(특별)?시/, '서울'],
  [/^(부산|대구|인천|광주|대전|울산)(광역)?시/, '$1'],
  [/^세종(특별자치)?시/, '세종'],
  [/^경기도/, '경기'],
  [/^강원(특별자치)?도/, '강원'],
  [/^제주(특별자치)?도/, '제주'],
  [/^충청([남북])도/, '충$1'],
  [/^전라([남북])도/, '전$1'],
  [/^전북특별자치도/, '전북'],
  [/^경상([남북])도/, '경$1'],
]

function addressesOf(address: Address): string[] {
  if (!isCurrent(address)) return []
  const parts = [address.state, address.city, address.district, ...(address.line ?? [])]
  const written = [address.text ?? '', parts.filter((part) => part !== undefined).join(' '), (address.line ?? []).join(' ')]
  return written.map(normaliseAddress).filter(reachesBuilding)
}

/** Spaces, punctuation and remarks in brackets go, save a `|` that keeps two numbers apart; the first-level district gets its short name. */
export function normaliseAddress(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\([^)]*\)/g, '')
    .replace(/^\s*(대한민국|republic of korea|korea)/, '')
    .replaceAll(/(\d)[\s,.|]+(?=\d)/g, '$1|')
    .replaceAll(/[^\p{L}\p{N}|-]/gu, '')
  return provinces.reduce((address, [long, short]) => address.replace(long, short), plain)
}

/** A town is shared by thousands: an address counts only with a district and a house number. */
function reachesBuilding(address: string): boolean {
  if (isHangul(address)) return /[시군구읍면]/.test(address) && /([로길]|[가-힣][동리가읍면])(산|지하)?\d/.test(address)
  return address.length >= 12 && /\d/.test(address)
}

function postalCodeOf(address: Address): string[] {
  const digits = (address.postalCode ?? '').normalize('NFKC').replaceAll(/\D/g, '')
  return digits.length >= 5 && !/^0+$/.test(digits) ? [digits] : []
}

function isCurrent(address: Address): boolean {
  return address.use !== 'old'
}

/** Resident numbers never enter the core (contract: dropped at the edge); if one comes this far it is not looked at. */
function identifierOf(identifier: Identifier): Demographics['identifiers'] {
  const { system, value, use } = identifier
  if (system === undefined || system === '' || value === undefined || value.trim() === '' || use === 'old' || use === 'temp') return []
  const types = (identifier.type?.coding ?? []).filter((coding) => coding.system === systems.v2IdentifierType)
  if (types.some((coding) => coding.code === 'SS' || coding.code === 'NNKOR')) return []
  return isResidentNumber(value) ? [] : [{ system, value: value.trim() }]
}

/** Thirteen digits that begin with a valid date, with or without the hyphen. */
function isResidentNumber(value: string): boolean {
  return /^\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-?\d{7}$/.test(value.trim())
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
