/**
 * The consent a patient signed at the clinic for one referral: this request, this receiver, until a date. Pure.
 * It never says more than the paper: if receiver, end or signer cannot be read, no Consent is made and a Gap names the column,
 * because a permit with a missing limit would permit too much.
 */
import type { Consent, Patient, Reference, RelatedPerson } from '../../fhir-profiles/r4.ts'
import { compact } from '../../fhir-profiles/r4.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { post } from './map-parts.ts'
import type { Entry, Letter } from './map-parts.ts'

/** 동의주체 관계 of the national exchange: 0 본인, 1 가족, 2 법정대리인, 3 기타. The mapping file leads to these words. */
type Relation = 'self' | 'family' | 'legal' | 'other'

interface Paper {
  readonly signedBy: string
  readonly relation: Relation
  readonly signedAt: string
  readonly until: string
  readonly form: string
}

/** `request` is the fullUrl of the ServiceRequest. Nothing signed: no entry and no Gap. */
export function directedConsent(letter: Letter, request: string): readonly Entry[] {
  const paper = paperOf(letter)
  if (paper === undefined || letter.target === undefined) return []
  if (paper.relation === 'self') return [post(letter.urn('Consent'), consent(letter, paper, letter.patient, request))]
  const person = post(letter.urn('RelatedPerson'), relatedPerson(letter, paper, paper.relation))
  return [person, post(letter.urn('Consent'), consent(letter, paper, { reference: person.fullUrl }, request))]
}

function paperOf({ reader, outbox, target }: Letter): Paper | undefined {
  const { columns } = outbox
  const signedBy = reader.text(columns.consentSignedBy)
  if (signedBy === undefined) return undefined
  const missing = (column: string | undefined, fallback: string): undefined => {
    reader.unmappable(column ?? fallback, 'the directed consent is left out: without this it would permit more than was signed')
    return undefined
  }
  const relation = reader.code(columns.consentRelation, outbox.values?.consentRelation)
  const signedAt = reader.date(columns.consentSignedAt, 'dateTime')
  const until = reader.date(columns.consentUntil, 'date')
  const form = reader.text(columns.consentForm)
  if (target === undefined) return missing(columns.toInstitution, 'toInstitution')
  if (!isRelation(relation)) return missing(columns.consentRelation, 'consentRelation')
  if (signedAt === undefined) return missing(columns.consentSignedAt, 'consentSignedAt')
  if (until === undefined) return missing(columns.consentUntil, 'consentUntil')
  if (form === undefined) return missing(columns.consentForm, 'consentForm')
  return { signedBy, relation, signedAt, until, form }
}

function isRelation(text: string | undefined): text is Relation {
  return text === 'self' || text === 'family' || text === 'legal' || text === 'other'
}

function relatedPerson(letter: Letter, paper: Paper, relation: Exclude<Relation, 'self'>): RelatedPerson {
  const relationship = {
    family: { coding: [{ system: system.roleCode, code: 'FAMMEMB' }], text: '가족' },
    legal: { coding: [{ system: system.roleCode, code: 'GUARD' }], text: '법정대리인' },
    other: { text: '기타' },
  }[relation]
  return {
    resourceType: 'RelatedPerson',
    active: true,
    patient: letter.patient,
    relationship: [relationship],
    name: [{ text: paper.signedBy }],
  }
}

function consent(letter: Letter, paper: Paper, signer: Reference<Patient | RelatedPerson>, request: string): Consent {
  return compact<Consent>({
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: system.consentScope, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: system.loinc, code: '59284-0' }] }, { coding: [{ system: system.actCode, code: 'INFA' }] }],
    patient: letter.patient,
    dateTime: paper.signedAt,
    performer: [signer],
    organization: [{ reference: 'Organization/network' }],
    sourceAttachment: { title: paper.form, creation: paper.signedAt },
    // ppc-1 asks for a policy; provision.type decides (consent.md, deciding elements).
    policyRule: { coding: [{ system: system.actCode, code: 'OPTIN' }] },
    verification: [{ verified: true, verifiedWith: signer, verificationDate: paper.signedAt }],
    provision: {
      type: 'permit',
      period: { end: paper.until },
      actor:
        letter.target === undefined
          ? []
          : [{ role: { coding: [{ system: system.participation, code: 'IRCP' }] }, reference: letter.target }],
      purpose: [{ system: system.actReason, code: 'TREAT' }],
      data: [{ meaning: 'related', reference: { reference: request } }],
    },
  })
}
