/**
 * What an access token says about its bearer: IHE IUA's claims, and beside them what the gateway decides on and IUA has no place for.
 * Spec: https://profiles.ihe.net/ITI/IUA/ (JWT access token extension `ihe_iua`)
 */
import { canonicalBase, system } from '../../fhir-profiles/codes.ts'
import type { Config, Role } from '../config.ts'
import type { Ground } from '../logic/purpose.ts'
import { endpointsOf } from './endpoints.ts'

export const roleSystem = `${canonicalBase}/CodeSystem/role`
/** Our own extension beside `ihe_iua`. */
export const ownExtension = 'care_network'

export const maxNoteLength = 500

export type Declaration =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'declared'
      /** network person id */
      readonly patient: string
      readonly reason: Ground
      readonly note: string
    }

/** Whom a token is about. No optional fields: an empty text or list says that there is none. */
export interface Bearer {
  readonly subject: string
  readonly name: string
  readonly role: Role
  /** directory id; `network` for operator and people */
  readonly institution: string
  readonly departments: readonly string[]
  /** Practitioner id of staff, else empty */
  readonly practitioner: string
  /** patients: the own network person id; proxies: the one they act for; else empty */
  readonly person: string
  readonly purposes: readonly string[]
  readonly breakGlass: Declaration
}

/** Claim `extensions` of the access token. */
export function extensionsFor(bearer: Bearer, config: Config): Readonly<Record<string, unknown>> {
  const institution = config.institutions.find((known) => known.id === bearer.institution)
  return {
    ihe_iua: {
      subject_name: bearer.name,
      subject_organization: institution?.name ?? bearer.institution,
      subject_organization_id: `${endpointsOf(config).audience}/Organization/${bearer.institution}`,
      subject_role: [{ system: roleSystem, code: bearer.role }],
      purpose_of_use: bearer.purposes.map((code) => ({ system: system.actReason, code })),
      ...(bearer.person === '' ? {} : { person_id: bearer.person }),
    },
    [ownExtension]: {
      institution: bearer.institution,
      departments: bearer.departments,
      practitioner: bearer.practitioner,
      break_glass: bearer.breakGlass,
    },
  }
}
