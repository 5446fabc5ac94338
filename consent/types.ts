/** The vocabulary of the decision. Pure data: no clock, no network, no store. Law: docs of `decide.ts`. */

/**
 * An actor key is how institutions, departments, roles and people are named on both sides of a rule:
 * `org:<directory id>` · `dept:<national department code>` · `practitioner:<id>` · `role:<role>` · `person:<network id>`.
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
  /** resource type and profile canonicals */
  readonly classes: readonly string[]
}

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
  /** network ids named by provision.data (instance, and what a related target refers to), resolved by the store before the pure call */
  readonly data: readonly DataTarget[] | null
  /** inclusive, milliseconds since the epoch */
  readonly fromMs: number
  readonly untilMs: number
}

export interface DataTarget {
  readonly meaning: 'instance' | 'related'
  readonly reference: string
  /** filled in by the store: the target itself, and for `related` what it refers to */
  readonly ids: readonly string[]
}

/** A boolean over Facts with everything about the request already decided. */
export type Condition =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'sources'; readonly anyOf: readonly ActorKey[] }
  | { readonly op: 'classes'; readonly anyOf: readonly string[] }
  | { readonly op: 'ids'; readonly anyOf: readonly string[] }
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

export interface Decision {
  readonly permit: boolean
  /** the bases that held, e.g. `treatment-in-house`, `consent`, `patient-request`, `emergency`, `implicit` */
  readonly basis: readonly string[]
  readonly because: readonly Reason[]
  readonly consulted: readonly ConsentVersion[]
}

/** One configured value per environment; there is no built-in default. Names follow IHE PCF. */
export type ImplicitPolicy = 'deny-between-institutions' | 'deny' | 'basic-normal'

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
