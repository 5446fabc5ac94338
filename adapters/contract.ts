/**
 * All that an EMR vendor implements. One folder per kind of EMR interface, never per hospital: a hospital is configuration.
 * An adapter holds no patient data beyond the call, decides nothing about consent, and drops nothing in silence: what it cannot
 * bring or map is a Gap. The gateway wraps everything it yields before anybody can read it.
 */
import type { Bundle, Resource } from '../fhir-profiles/r4.ts'

export interface EmrAdapter {
  readonly description: AdapterDescription
  /** reachable and admitted; touches no patient data */
  check(signal: AbortSignal): Promise<Health>
  /** what the institution holds for one of its own patients, in its own ids; only `live` adapters yield anything */
  fetch(query: RecordQuery, signal: AbortSignal): AsyncIterable<Resource | Gap>
  /** hands one parcel to the EMR; idempotent by parcel.id: sent twice, the EMR keeps one row */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<Receipt>
  /** brings what the EMR sends; `take` resolves only after the parcel is stored, and only then may the EMR be acknowledged.
   *  Resolves when `signal` aborts. Must survive a `take` that answers transient (try again later) and an EMR that is away. */
  listen?(
    take: (parcel: Parcel) => Promise<Receipt>,
    signal: AbortSignal,
    /** keeps what could not become a parcel, with the bytes as they came; resolves when it is stored, before the EMR is told no */
    refuse?: (refused: RefusedMessage) => Promise<void>,
  ): Promise<void>
  /** takes bytes that `refuse` kept once more, with the mapping and configuration of now. Same receipt as if the EMR had sent them again */
  replay?(raw: Uint8Array, take: (parcel: Parcel) => Promise<Receipt>): Promise<Receipt>
  close(): Promise<void>
}

export interface AdapterDescription {
  readonly kind: string
  readonly product: string
  /** live: asked at request time and never copied; stored: pushes or is polled, its records rest in its own partition */
  readonly mode: 'live' | 'stored'
  readonly capabilities: readonly ('fetch' | 'deliver' | 'listen')[]
}

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export type RecordQuery =
  /** candidates for identity matching: demographics the caller already holds */
  | { readonly kind: 'candidates'; readonly birthDate: string; readonly name: string; readonly maxResources: number }
  /** one Patient by the institution's patient number */
  | { readonly kind: 'patient'; readonly system: string; readonly value: string; readonly maxResources: number }
  /** everything of one patient, by the institution's own Patient id; `types` empty = all it holds */
  | { readonly kind: 'record'; readonly patientId: string; readonly types: readonly string[]; readonly maxResources: number }
  /** one resource by type and the institution's own id */
  | { readonly kind: 'read'; readonly type: string; readonly id: string; readonly maxResources: number }
  /** encounters of one patient that are planned, arrived or in progress now */
  | { readonly kind: 'current-encounters'; readonly patientId: string; readonly maxResources: number }

/** What could not be brought, and why. `element` names the place in the source format (e.g. `PID-19`), never a value. */
export interface Gap {
  readonly gap: 'not-held' | 'not-permitted-by-source' | 'unmappable' | 'truncated' | 'no-answer' | 'dropped-by-law'
  readonly element: string
  readonly reason: string
}

export function isGap(item: Resource | Gap): item is Gap {
  return 'gap' in item
}

/**
 * One message in or out.
 * `feed`: a transaction Bundle of records in the institution's own ids (`PUT Type/<local id>` entries); incoming only.
 * `referral-request`: Bundle with Task, ServiceRequest, Patient, documents, perhaps a directed Consent. Incoming: `requester` is the
 *   sender; `owner` may be absent (the gateway routes by ServiceRequest.performerType / specialty). Outgoing: to the owner.
 * `referral-response`: Bundle with a Task that carries `identifier` {system: codes.system.parcel, value: <id of the parcel it answers>}
 *   plus status, statusReason, and optionally a report (DocumentReference or DiagnosticReport …) named in Task.output. Both directions:
 *   incoming from the owner, outgoing to the requester (then Task.identifier also holds the requester's own placer number).
 */
export interface Parcel {
  /** outgoing: our id, unique for ever. Incoming: the sender's message id (MSH-10, change number, Bundle.identifier) */
  readonly id: string
  readonly kind: 'feed' | 'referral-request' | 'referral-response' | 'recall'
  readonly bundle: Bundle
  readonly gaps: readonly Gap[]
}

export type Receipt =
  | { readonly outcome: 'ok'; readonly reference?: string }
  /** try again later; nothing was kept */
  | { readonly outcome: 'transient'; readonly reason: string }
  /** never going to work as it is; `where` names the faulty element in FHIR terms (an expression) or the source's (a segment and field) */
  | { readonly outcome: 'fatal'; readonly reason: string; readonly where: string }

export interface RefusedMessage {
  /** the id its parcel would have; where it has none, one made from its bytes */
  readonly id: string
  /** type in the source's words (`ADT^A08`), '' when it cannot be told */
  readonly kind: string
  /** both without a value of the message */
  readonly reason: string
  readonly where: string
  readonly raw: Uint8Array
}

/** What an adapter is given. It has no other way to the world: no store, no clock of its own, no global fetch. */
export interface AdapterPorts {
  readonly institution: { readonly id: string; readonly number: string; readonly name: string }
  readonly now: () => Date
  /** small values an adapter must remember over restarts (a cursor); written after `take` resolved */
  readonly memory: { get(key: string): Promise<string | undefined>; set(key: string, value: string): Promise<void> }
  /** allow-listed fields only, no patient data: see gateway log rules */
  readonly log: (event: string, fields: Readonly<Record<string, string | number | boolean>>) => void
  /** outbound HTTP with deadline, size bound and allow-list */
  readonly fetch: (url: string, init: GuardedRequest) => Promise<Response>
}

export interface GuardedRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

/** Each adapter folder's `adapter.ts` exports one of these; `registry.ts` lists them. */
export interface AdapterKind {
  readonly kind: string
  /** every fault of the configuration at once; empty = good */
  faults(config: unknown): readonly string[]
  create(config: unknown, ports: AdapterPorts): EmrAdapter
}
