/** Patient → PID, providers → PRD. Pure. */
import { isResidentNumber } from '../../fhir-profiles/resident-number.ts'
import { system } from '../../fhir-profiles/codes.ts'
import type { Bundle, Identifier, Patient, Reference, Resource } from '../../fhir-profiles/r4.ts'
import { escapeText } from './escape.ts'
import { components, segment } from './segment-writer.ts'
import { hl7Time } from './time.ts'

const genders: Readonly<Record<string, string>> = { male: 'M', female: 'F', other: 'O', unknown: 'U' }

export function pidFrom(patient: Patient): string {
  const home = patient.telecom?.filter(({ use, value }) => use !== 'work' && value !== undefined) ?? []
  const work = patient.telecom?.filter(({ use, value }) => use === 'work' && value !== undefined) ?? []
  return segment('PID', {
    1: '1',
    3: (patient.identifier ?? []).flatMap((item) => numberOf(item)).join('~'),
    5: (patient.name ?? [])
      .map((name) => components(escaped(name.family ?? name.text), escaped(name.family === undefined ? undefined : name.given?.join(' '))))
      .join('~'),
    7: hl7Time(patient.birthDate).slice(0, 8),
    8: genders[patient.gender ?? ''],
    11: (patient.address ?? [])
      .map(({ line, text, city, state, postalCode, country }) =>
        components(...[line?.join(' ') ?? text, undefined, city, state, postalCode, country].map(escaped)),
      )
      .join('~'),
    13: home.map(telecom).join('~'),
    14: work.map(telecom).join('~'),
  })
}

/** CX with the institution's OID as assigning authority, so that the receiver sees whose number it is. */
function numberOf({ system: uri, value, type }: Identifier): string[] {
  if (value === undefined || isResidentNumber(value)) return []
  const oid = uri?.startsWith('urn:oid:') === true ? uri.slice('urn:oid:'.length) : undefined
  const authority = oid === undefined ? escaped(uri) : `&${oid}&ISO`
  return [components(escaped(value), '', '', authority, escaped(type?.coding?.[0]?.code) ?? 'MR')]
}

function telecom({ system: kind, use, value }: NonNullable<Patient['telecom']>[number]): string {
  if (kind === 'email') return components('', 'NET', 'Internet', escaped(value))
  return components(escaped(value), use === 'work' ? 'WPN' : 'PRN', use === 'mobile' ? 'CP' : kind === 'fax' ? 'FX' : 'PH')
}

export interface ProviderInput {
  readonly role: 'RP' | 'RT'
  readonly institution: Reference | undefined
  readonly person: Reference | undefined
  /** in the receiver's own code */
  readonly department: string | undefined
}

export function prdFrom({ role, institution, person, department }: ProviderInput, bundle: Bundle): string {
  const known = organizationOf(institution, bundle)
  const licence = person?.identifier?.system === system.doctorLicence ? person.identifier.value : undefined
  return segment('PRD', {
    1: role === 'RP' ? 'RP^Referring provider^HL70286' : 'RT^Referred to provider^HL70286',
    2: escaped(person?.type === 'Organization' ? undefined : person?.display),
    4: components(
      escaped(department),
      '',
      '',
      known.number === undefined ? '' : `${known.number}&1.2.410.100110.10.${known.number}&ISO`,
      '',
      '',
      '',
      '',
      escaped(known.name),
    ),
    7: licence === undefined ? '' : components(escaped(licence), 'MD'),
  })
}

function organizationOf(
  reference: Reference | undefined,
  bundle: Bundle,
): { readonly number: string | undefined; readonly name: string | undefined } {
  const named = reference?.identifier?.system === system.institutionNumber ? reference.identifier.value : undefined
  const found = resolve(reference, bundle)
  const organization = found?.resourceType === 'Organization' ? found : undefined
  return {
    number: named ?? organization?.identifier?.find((item) => item.system === system.institutionNumber)?.value,
    name: reference?.display ?? organization?.name ?? reference?.reference?.split('/')[1],
  }
}

/** A resource of the same Bundle, by fullUrl or by type and id. */
export function resolve(reference: Reference | undefined, bundle: Bundle): Resource | undefined {
  const target = reference?.reference
  if (target === undefined) return undefined
  return bundle.entry?.find(({ fullUrl, resource }) => fullUrl === target || `${resource?.resourceType}/${resource?.id}` === target)
    ?.resource
}

export function escaped(text: string | undefined): string | undefined {
  return text === undefined ? undefined : escapeText(text)
}
