/** The parts that every parcel of the clinic is built from. Pure. */
import type { Bundle, Coding, DocumentReference, Identifier, Organization, Patient, Reference, Resource } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { canonicalBase, system } from '../../fhir-profiles/codes.ts'
import type { RowReader } from './map-row.ts'
import type { OutboxMapping } from './mapping.ts'

export type Entry = NonNullable<Bundle['entry']>[number]

/** What the parts of one referral share. */
export interface Letter {
  readonly reader: RowReader
  readonly outbox: OutboxMapping
  readonly patient: Reference<Patient>
  readonly sender: Reference<Organization>
  /** the institution the referral is for, when the clinic named one */
  readonly target: Reference<Organization> | undefined
  readonly placer: Identifier
  readonly writtenAt: string | undefined
  /** `urn:uuid` of one part, the same for the same row */
  readonly urn: (part: string) => string
}

/** A transaction Bundle named by the parcel, so that the same row gives the same bytes. */
export function transaction(id: string, entry: readonly Entry[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    identifier: { system: system.parcel, value: id },
    ...(entry.length > 0 ? { entry: [...entry] } : {}),
  }
}

/** A new resource of this referral, under a name that the other parts refer to. */
export function post<R extends Resource>(fullUrl: string, resource: R): Entry & { readonly fullUrl: string; readonly resource: R } {
  return { fullUrl, resource, request: { method: 'POST', url: resource.resourceType } }
}

/** Names a referral by the number its sender gave it. */
export function placerSystem(institutionNumber: string): string {
  return `${canonicalBase}/Identifier/task/${institutionNumber}`
}

export function organization(number: string): Reference<Organization> {
  return { type: 'Organization', identifier: { system: system.institutionNumber, value: number } }
}

export interface Writing {
  readonly type: Coding
  readonly title: string
  readonly patient: Reference<Patient> | undefined
  readonly sender: Reference<Organization>
  readonly writtenAt: string | undefined
}

/** A text of the clinic as a document; it carries its bytes. */
export function document(text: string, writing: Writing): DocumentReference {
  const hasTime = writing.writtenAt?.includes('T') === true
  return compact<DocumentReference>({
    resourceType: 'DocumentReference',
    status: 'current',
    docStatus: 'final',
    type: { coding: [writing.type], text: writing.title },
    subject: writing.patient,
    // DocumentReference.date is an instant: a bare day would have to be given a time nobody wrote.
    date: hasTime ? writing.writtenAt : undefined,
    author: [writing.sender],
    custodian: writing.sender,
    content: [
      {
        attachment: compact({
          contentType: 'text/plain',
          language: 'ko',
          data: Buffer.from(text, 'utf8').toString('base64'),
          title: writing.title,
          creation: writing.writtenAt,
        }),
      },
    ],
  })
}
