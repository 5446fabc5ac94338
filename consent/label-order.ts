/**
 * How labels stand to one another: confidentiality is an order, a sensitivity includes the narrower ones.
 * Spec: http://terminology.hl7.org/CodeSystem/v3-Confidentiality · http://terminology.hl7.org/CodeSystem/v3-ActCode (as published with R4)
 */
import { system } from '../fhir-profiles/codes.ts'

/** Unrestricted to very restricted; a record's several count as the highest. */
const confidentialityOrder: readonly string[] = ['U', 'L', 'M', 'N', 'R', 'V']

/** Above all others: a permit up to any of them does not reach an unlabelled record, a deny from any of them does. */
export const unknownRank = confidentialityOrder.length

/** Narrower sensitivities. ETH is what SUD was called before; SICKLE is another name of SCA. */
const children: Readonly<Record<string, string>> = {
  SPI: 'BH MH PSY PSYTHPN SUD',
  BH: 'COGN DVD EMOTDIS',
  SUD: 'ETHUD OPIOIDUD',
  ETH: 'SUD',
  SCA: 'SICKLE',
}

const alone = 'GDIS HIV MST SDV SEX STD TBOO VIO DEMO DOB GENDER LIVARG MARST RACE REL B EMPL LOCIS SSP ADOL CEL DIA DRGIS EMP PDS PHY PRS'

const sensitivities: ReadonlySet<string> = new Set([
  ...Object.keys(children),
  ...Object.values(children).flatMap((codes) => codes.split(' ')),
  ...alone.split(' '),
])

/** What a place may be configured to carry. */
export const sensitivityCodes: readonly string[] = [...sensitivities].sort()

/** Systems under which senders are known to write the two, the published one first. */
const confidentialitySystems: readonly string[] = [
  system.confidentiality,
  'http://terminology.hl7.org/ValueSet/v3-Confidentiality',
  'http://hl7.org/fhir/v3/Confidentiality',
  'urn:oid:2.16.840.1.113883.5.25',
]
const sensitivitySystems: readonly string[] = [
  system.actCode,
  'http://terminology.hl7.org/ValueSet/v3-InformationSensitivityPolicy',
  'http://terminology.hl7.org/ValueSet/v3-ActInformationSensitivityPolicy',
  'http://hl7.org/fhir/v3/ActCode',
  'urn:oid:2.16.840.1.113883.5.4',
]

export interface Label {
  readonly system?: string | undefined
  readonly code?: string | undefined
}

/** 0 for U to 5 for V; undefined when the label is not a confidentiality. */
export function rankOf(label: Label): number | undefined {
  if (!confidentialitySystems.includes(label.system ?? '')) return undefined
  const rank = confidentialityOrder.indexOf(label.code ?? '')
  return rank < 0 ? undefined : rank
}

/** The code of a rank, for labels we write ourselves; undefined above V. */
export function confidentialityOf(rank: number): string | undefined {
  return confidentialityOrder[rank]
}

/** The code of a sensitivity; undefined when the label is not one. */
export function sensitivityOf(label: Label): string | undefined {
  const { code } = label
  return code !== undefined && sensitivitySystems.includes(label.system ?? '') && sensitivities.has(code) ? code : undefined
}

/** The sensitivities themselves and all they include. */
export function withNarrower(codes: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const visit = (code: string): void => {
    if (found.has(code)) return
    found.add(code)
    for (const narrower of children[code]?.split(' ') ?? []) visit(narrower)
  }
  codes.forEach(visit)
  return [...found].sort()
}
