/**
 * The mapping file: how one clinic's columns and local codes become FHIR. It is data that an integrator writes; no code knows a column name.
 * `mapping-schema.ts` is its JSON Schema, `mapping-faults.ts` what a schema cannot say.
 */

export interface Mapping {
  /** offset of the clinic's clock for dates without one, e.g. `+09:00` */
  readonly utcOffset: string
  /** local code → FHIR code, for elements of type `code` */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** local code → codings */
  readonly concepts: Readonly<Record<string, ConceptMap>>
  readonly views: readonly ViewMapping[]
  readonly outbox?: OutboxMapping
  readonly inbox?: InboxMapping
  readonly answers?: AnswersMapping
}

export interface ConceptMap {
  readonly entries: Readonly<Record<string, readonly MappedCoding[]>>
  /** what a code without an entry is, when the clinic writes national codes in the same column */
  readonly otherwise?: NationalForm
}

export interface MappedCoding {
  /** a name of `fhir-profiles/codes.ts` (`kcd8`, `ediMedication`, `atc`, `loinc` …) or a URL */
  readonly system: string
  readonly code: string
  readonly display?: string
}

/** kcd: KCD-8, a missing dot is put in, a trailing one dropped · edi: nine digits · ucum: taken as it is */
export interface NationalForm {
  readonly system: string
  readonly form: 'kcd' | 'edi' | 'ucum'
}

interface Relation {
  readonly view: string
  readonly change: string
  readonly key: readonly string[]
  /** columns that hold 주민등록번호: never read into anything, only reported as dropped */
  readonly residentNumbers?: readonly string[]
}

export interface ViewMapping extends Relation {
  readonly resource: MappedType
  /** keeps ids apart where two views make the same type, e.g. `lab-` and `vital-` */
  readonly idPrefix?: string
  readonly elements: readonly ElementRule[]
}

export type MappedType =
  | 'Patient'
  | 'Encounter'
  | 'Condition'
  | 'MedicationRequest'
  | 'Observation'
  | 'AllergyIntolerance'
  | 'Procedure'
  | 'Immunization'

/** `to` is a place in the resource: `name[0].text`, `subject`, `component[1].valueQuantity`. */
export type ElementRule =
  /** `when`: only in rows where that column is not empty */
  | { readonly to: string; readonly as: 'constant'; readonly value: unknown; readonly when?: string }
  | { readonly to: string; readonly as: 'text' | 'date' | 'dateTime' | 'instant' | 'number' | 'patientNumber'; readonly column: string }
  /** `otherwise`: the code for a local code without an entry, e.g. `unknown`; the Gap is reported all the same */
  | { readonly to: string; readonly as: 'code'; readonly column: string; readonly values: string; readonly otherwise?: string }
  /** `text`: the column with the words; `ingredients`: ATC codings also into KR Core's medicationIngredient extension */
  | {
      readonly to: string
      readonly as: 'concept'
      readonly column: string
      readonly concept: string
      readonly text?: string
      readonly ingredients?: boolean
    }
  | { readonly to: string; readonly as: 'reference'; readonly column: string; readonly type: MappedType; readonly idPrefix?: string }
  /** `unit`: column with the local unit, or `unitCode` a UCUM code; a result that is not a number goes to `words` (e.g. `valueString`) */
  | {
      readonly to: string
      readonly as: 'quantity'
      readonly column: string
      readonly unit?: string
      readonly units?: string
      readonly unitCode?: string
      readonly words?: string
    }

/** Referrals the clinic writes. Only `number`, `patient` and `writtenAt` must be named; the rest as the EMR has it. */
export interface OutboxMapping extends Relation {
  readonly columns: { readonly number: string; readonly patient: string; readonly writtenAt: string } & Partial<
    Readonly<Record<OutboxField, string>>
  >
  readonly concepts?: {
    readonly department?: string
    readonly referralReason?: string
    readonly diagnosis?: string
    /** codings of `insuranceType` */
    readonly insurance?: string
  }
  readonly values?: { readonly urgency?: string; readonly consentRelation?: string }
}

export type OutboxField =
  | 'department'
  | 'toInstitution'
  | 'reason'
  | 'referralReason'
  /** one code, or several separated by commas */
  | 'diagnosis'
  | 'note'
  | 'urgency'
  /** who pays; of the row itself, so that it does not change when the patient's insurance does */
  | 'insurance'
  | 'consentSignedBy'
  | 'consentRelation'
  | 'consentSignedAt'
  | 'consentUntil'
  | 'consentForm'

/** The table that receives referrals and answers; `key` is its unique column for the parcel id. */
export interface InboxMapping {
  readonly table: string
  readonly key: string
  readonly columns: Readonly<Record<string, InboxColumn>>
}

/** `values` turns our code into the clinic's; a code without an entry is written as it is. */
export type InboxColumn =
  | { readonly fact: InboxFact; readonly values?: string; readonly date?: 'yyyyMMddHHmm' | 'yyyyMMdd' | 'iso' }
  | { readonly constant: string | number }

export type InboxFact =
  | 'parcel'
  | 'kind'
  | 'patientNumber'
  | 'patientName'
  | 'birthDate'
  | 'phone'
  | 'status'
  | 'statusReason'
  | 'reportText'
  | 'placerNumber'
  | 'fromInstitutionNumber'
  | 'fromInstitutionName'
  | 'receivedAt'
  | 'department'
  | 'reason'
  | 'diagnosis'
  | 'urgency'
  /** of a recall: the messages it takes back, by their ids, with blanks between */
  | 'recalled'

/** What the clinic answers to a referral it received. */
export interface AnswersMapping extends Relation {
  readonly columns: {
    readonly parcel: string
    readonly status: string
    readonly reason?: string
    readonly report?: string
    readonly patient?: string
    readonly answeredAt?: string
  }
  readonly values?: { readonly status?: string }
}
