/** The vocabulary of the decision. Pure data: no clock, no network, no store. Law: docs of `decide.ts`. */

/**
 * An actor key is how institutions, departments, roles and people are named on both sides of a rule:
 * `org:<directory id>` · `dept:<national department code>` · `practitioner:<id>` · `group:<id>` · `role:<role>` and
 * `role:<directory id>:<role>` (receivers only).
 * A key of the caller covers its ancestors too (naming the network covers its members).
 */
export type ActorKey = string

export type Action = 'access' | 'disclose' | 'collect' | 'use' | 'correct'

/** v3-ActReason codes, e.g. TREAT, BTG, ETREAT, PATRQT, HOPERAT, HRESCH. */
export type Purpose = string

/** Who asks, for what. No element is optional: what is unknown is refused at the door. */
export interface AccessRequest {
  readonly action: Action
  /** never empty; each must be permitted */
  readonly purposes: readonly Purpose[]
  /** the directory id of the one institution the caller acts for; `network` for the operator, patients and proxies */
  readonly institution: string
  /** keys of the caller: person/practitioner, role, departments, institution and all its ancestors */
  readonly receiver: readonly ActorKey[]
  /** keys of the caller that are a practitioner or a department of the own institution: what can blind an institution to its own chart */
  readonly insideReceiver: readonly ActorKey[]
  readonly basis: RequestBasis
}

/** What holds besides consent, established by the gateway from route, role and evidence, never chosen by the caller. */
export interface RequestBasis {
  /** clinicians and systems: own custody is normal care */
  readonly inHouse: boolean
  /** the network person whose own record the caller may see (patient or verified proxy); `none` otherwise */
  readonly patientRequest: { readonly kind: 'none' } | { readonly kind: 'person'; readonly person: string }
  /** declared break-glass for one person; `none` otherwise */
  readonly emergency: { readonly kind: 'none' } | { readonly kind: 'person'; readonly person: string }
  /** an officer's release of one person's records under a registered article (`law/kr.ts`, `statuteRows`); `none` otherwise */
  readonly statute: { readonly kind: 'none' } | { readonly kind: 'person'; readonly person: string; readonly article: string }
}

/** What decisions read of one record. Made by `fhir-profiles/facts.ts` and the store; ids are network ids. */
export interface Facts {
  readonly id: string
  readonly type: string
  readonly person: string
  /** directory id of the institution in whose custody the record is */
  readonly custodian: string
  /** source keys: custodian and its ancestors, department, author */
  readonly sources: readonly ActorKey[]
  /** resource type and profile canonicals; `system|code` of document types and media types */
  readonly classes: readonly string[]
  /** `system|code` of everything coded in it, with the broader codes it falls under; `unknownWord` when its codes were not read */
  readonly codes: readonly string[]
  /** rank of its confidentiality (`label-order.ts`), the highest of several; `unknownRank` when it was not labelled */
  readonly confidentiality: number
  /** v3-ActCode sensitivities; `unknownWord` when it was not labelled */
  readonly sensitivities: readonly string[]
  /** its relevant date, inclusive, milliseconds since the epoch; an end that is not known is open */
  readonly fromMs: number
  readonly untilMs: number
  /** network ids of what it refers to; `unknownWord` when its references were not read */
  readonly relations: readonly string[]
}

/** Among the codes, labels or relations of a record: not all of them are known. A deny takes it for any word, a permit for none. */
export const unknownWord = '?'

/**
 * One node of a compiled consent, with what it inherits already merged in (consent.md, `e(n)`); one row of table `provision`.
 * null = not stated anywhere up the chain, hence no constraint.
 */
export interface ProvisionRow {
  readonly consent: string
  readonly version: string
  readonly person: string
  /** directory id of the controller; the network's consents govern all records, an institution's only its own custody */
  readonly controller: string
  /** '' for the root, then '0', '0.1' …: child index path */
  readonly path: string
  readonly type: 'permit' | 'deny'
  /** root only matters: the consent's meaning could not be read at all, so it denies */
  readonly unreadable: boolean
  /** some element at or above this node could not be read: voids a permit, and the elements in `blind` match in a deny */
  readonly blind: readonly string[]
  readonly receivers: readonly ActorKey[] | null
  readonly sources: readonly ActorKey[] | null
  readonly purposes: readonly Purpose[] | null
  readonly actions: readonly Action[] | null
  readonly classes: readonly string[] | null
  readonly labels: LabelTerms | null
  /** `system|code` */
  readonly codes: readonly string[] | null
  readonly dates: DateTerms | null
  /** what provision.data names; the store resolves each target before the pure call */
  readonly data: readonly DataTarget[] | null
  /** inclusive, milliseconds since the epoch */
  readonly fromMs: number
  readonly untilMs: number
}

/** `securityLabel`: its repeats are alternatives. */
export interface LabelTerms {
  /** ranks of the confidentialities named, ascending */
  readonly confidentialities: readonly number[]
  /** the sensitivities named, with all they include */
  readonly sensitivities: readonly string[]
}

/** `dataPeriod`, inclusive, milliseconds since the epoch. */
export interface DateTerms {
  readonly fromMs: number
  readonly untilMs: number
}

export interface DataTarget {
  /** `authoredby` is read as a source, see `rules/data.ts` */
  readonly meaning: 'instance' | 'related' | 'dependents' | 'authoredby'
  /** network id of the target; for `authoredby` the actor key of the author */
  readonly reference: string
  /** the consent claims the PCF profile, whose permits follow relations both ways */
  readonly bothWays: boolean
  /** filled in by the store */
  readonly found: TargetFound
}

/**
 * `unknown`: the id was never given out, a deny may mean any record. `closed`: it is known whose record it is, not what it refers to, so a
 * deny that follows references may mean any record of that custodian. `read`: its outgoing references are known.
 */
export type TargetFound =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'closed'; readonly custodian: string }
  | { readonly kind: 'read'; readonly refersTo: readonly string[] }

/** A boolean over Facts with everything about the request already decided. */
export type Condition =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'sources'; readonly anyOf: readonly ActorKey[] }
  | { readonly op: 'classes'; readonly anyOf: readonly string[] }
  | { readonly op: 'ids'; readonly anyOf: readonly string[] }
  | { readonly op: 'codes' | 'sensitivities' | 'relations'; readonly anyOf: readonly string[] }
  /** it has sensitivities, and all of them are among these */
  | { readonly op: 'cleared'; readonly for: readonly string[] }
  /** the number is not above this one */
  | { readonly op: 'confidentiality' | 'fromMs' | 'untilMs'; readonly atMost: number }
  | { readonly op: 'custodian'; readonly is: string }
  | { readonly op: 'persons'; readonly anyOf: readonly string[] }

/** The caller's view: one predicate over records. `matches(view, facts)` and `toSql(view, …)` agree on every record. */
export interface View {
  readonly condition: Condition
  /** consents (id + version) that were consulted, for the ledger */
  readonly consulted: readonly ConsentVersion[]
}

export interface ConsentVersion {
  readonly id: string
  readonly version: string
}

export interface Reason {
  readonly rule: string
  readonly consent: string
  readonly version: string
  readonly path: string
}

/**
 * What goes along with a release. `no-redisclosure`: who receives it may not pass it on. `mask`: direct identifiers are replaced.
 * Redaction needs no word of its own: an element is judged as a record of its own (`redact.ts`).
 */
export type Obligation = 'no-redisclosure' | 'mask'

export interface Decision {
  readonly permit: boolean
  readonly obligations: readonly Obligation[]
  /** the bases that held, e.g. `treatment-in-house`, `consent`, `patient-request`, `emergency`, `implicit` */
  readonly basis: readonly string[]
  readonly because: readonly Reason[]
  readonly consulted: readonly ConsentVersion[]
}

/**
 * One configured value per environment; there is no built-in default. The last four are the implicit policies of IHE PCF:
 * https://profiles.ihe.net/ITI/PCF/volume-1.html · `deny-between-institutions` is our own.
 */
export type ImplicitPolicy = 'deny-between-institutions' | 'basic-normal' | 'all-normal' | 'break-glass-only' | 'deny'

/** What does not come from one request: the law of the place and the policy of the environment. */
export interface Environment {
  readonly implicit: ImplicitPolicy
}

/** What compile needs of the directory: names to keys. A name it does not know is unreadable, never ignored. */
export interface ActorDirectory {
  /** `Organization/<id>`, or an identifier (system, value) → its actor key(s); undefined when unknown */
  resolve(reference: {
    readonly reference?: string | undefined
    readonly system?: string | undefined
    readonly value?: string | undefined
  }): ActorKey | undefined
}
