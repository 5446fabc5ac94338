/** What can go wrong with an EMR's FHIR server, as one class with a closed kind. Messages depend on kind and status only. */
import { BrokenCircuitError, BulkheadRejectedError, TaskCancelledError } from 'cockatiel'
import { FetchFailure } from '../guarded-fetch.ts'

export type EmrFailureKind =
  /** 401: our own admission, not the record */
  | 'credentials'
  /** 403: the institution keeps this from us */
  | 'forbidden'
  /** 404, 410 */
  | 'absent'
  /** 408, 409, 425, 429: the same request may succeed later */
  | 'busy'
  /** any other 4xx */
  | 'rejected'
  /** 5xx */
  | 'server'
  /** a 2xx that is not JSON, not a resource, or not the resource the interaction answers with */
  | 'not-fhir'
  | 'closed'

const meaning: Readonly<Record<EmrFailureKind, string>> = {
  credentials: 'the EMR did not accept our credentials',
  forbidden: 'the EMR does not permit this',
  absent: 'the EMR does not have it',
  busy: 'the EMR asked to come back later',
  rejected: 'the EMR rejected the request',
  server: 'the EMR failed',
  'not-fhir': 'the answer is not the FHIR resource expected',
  closed: 'the adapter is closed',
}

export class EmrFailure extends Error {
  override readonly name = 'EmrFailure'
  readonly kind: EmrFailureKind
  readonly status: number
  /** the faulty element by the EMR's OperationOutcome, if it named one that is a plain path */
  readonly where: string | undefined

  constructor(detail: {
    readonly kind: EmrFailureKind
    readonly status?: number
    readonly where?: string | undefined
    readonly cause?: unknown
  }) {
    const status = detail.status ?? 0
    super(status === 0 ? meaning[detail.kind] : `${meaning[detail.kind]} (status ${status})`, { cause: detail.cause })
    this.kind = detail.kind
    this.status = status
    this.where = detail.where
  }
}

export function kindOfStatus(status: number): EmrFailureKind {
  if (status === 401) return 'credentials'
  if (status === 403) return 'forbidden'
  if (status === 404 || status === 410) return 'absent'
  if ([408, 409, 425, 429].includes(status)) return 'busy'
  return status >= 500 ? 'server' : 'rejected'
}

/** The wire or the server is broken: counts towards opening the breaker. A refusal, or a caller who gave up, does not. */
export function isBrokenWire(error: unknown): boolean {
  if (error instanceof FetchFailure) return ['timeout', 'refused', 'cut', 'redirected'].includes(error.kind)
  return error instanceof EmrFailure && (error.kind === 'server' || error.kind === 'not-fhir')
}

/** Asking again at once is worth it: nothing was answered, and not for want of time. */
export function isWorthRetry(error: unknown): boolean {
  if (error instanceof FetchFailure) return error.kind === 'refused' || error.kind === 'cut'
  return error instanceof EmrFailure && [502, 503, 504].includes(error.status)
}

/** The errors that `reasonOf` can put into words; anything else is a fault of ours and must surface. */
export function isEmrTrouble(error: unknown): boolean {
  return reasonFor(error) !== undefined
}

/** A reason fit for a Gap, a Receipt or a log: never holds what the EMR said. Rethrows what is no trouble of the EMR. */
export function reasonOf(error: unknown): string {
  const reason = reasonFor(error)
  if (reason === undefined) throw error
  return reason
}

function reasonFor(error: unknown): string | undefined {
  if (error instanceof FetchFailure || error instanceof EmrFailure) return error.message
  if (error instanceof BrokenCircuitError) return 'the EMR failed several times in a row and is left alone for a while'
  if (error instanceof BulkheadRejectedError) return 'too many questions to this EMR at once'
  if (error instanceof TaskCancelledError) return 'no complete answer within the deadline'
  return undefined
}
