/** What every handler is given. Time, ids, store, directory, adapters and log are passed, never imported. */
import type { EmrAdapter } from '../adapters/contract.ts'
import type { Config } from './config.ts'
import type { Directory } from './directory.ts'
import type { Limiter } from './logic/limiter.ts'
import type { Admission, Caller } from './security/caller.ts'
import type { Store } from './store/store.ts'
import type { Source } from '../fhir-profiles/terminology/source.ts'
import type { ProfileLibrary } from '../fhir-profiles/validate/profile-sets.ts'
import type { ProfileTally } from './logic/profile-tally.ts'
import type { OutsideTerms } from './outside-terms.ts'

export interface Context {
  readonly config: Config
  readonly store: Store
  readonly directory: Directory
  /** adapters of connected institutions, by directory id */
  readonly adapters: ReadonlyMap<string, EmrAdapter>
  /** application clock; tokens, TLS and health use real time */
  readonly now: () => Date
  readonly newId: () => string
  readonly log: Log
  /** key for sealing page links, shared by every process on the database */
  readonly pageKey: Buffer
  readonly health: Health
  /** how often and about how many persons each caller asks, in this process */
  readonly limiter: Limiter
  /** code systems, value sets and concept maps that are held: committed, and put in by the operator */
  readonly terminology: Source
  /** R4, KR Core, our guide and the packages put in; read at the first question */
  readonly profiles: () => ProfileLibrary
  /** how records fared against their institution's profiles, for the metrics */
  readonly profileTally: ProfileTally
  /** asked only for what is not held */
  readonly outsideTerms: OutsideTerms
  /** tells the delivery loop that something is due now */
  readonly wakeDelivery: () => void
}

/** Which live institutions answer: from a regular check and from what calls met. Directory and network state, never a patient's. */
export interface Health {
  isDown(institution: string): boolean
  report(institution: string, isUp: boolean): void
}

/** Allow-listed fields only: names of things, counts, durations. No patient data, ever. */
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields?: LogFields) => void

export interface LogFields {
  readonly requestId?: string | undefined
  /** W3C trace id: the same in every line that one request causes, here and at the EMRs it is passed on to */
  readonly traceId?: string | undefined
  readonly method?: string | undefined
  readonly route?: string | undefined
  readonly status?: number | undefined
  readonly ms?: number | undefined
  readonly institution?: string | undefined
  readonly kind?: string | undefined
  readonly count?: number | undefined
  readonly parcel?: string | undefined
  readonly attempt?: number | undefined
  readonly reason?: string | undefined
  readonly port?: number | undefined
  /** for faults: name and stack of the cause, message left out unless it is ours */
  readonly fault?: string | undefined
}

/** One authenticated request, as handlers see it: no web framework. */
export interface Call {
  readonly requestId: string
  readonly method: string
  /** path below the FHIR base, without query */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly body: CallBody
  readonly ifMatch: string
  readonly ifNoneMatch: string
  readonly ifModifiedSince: string
  readonly ifNoneExist: string
  readonly prefer: string
  readonly address: string
  readonly caller: Caller
  /** whether the caller's token was ended: nothing is written or told before it is known */
  readonly admission: Admission
}

export type CallBody =
  | { readonly kind: 'none' }
  /** `text`: as it was sent, where that is known; for lines and columns */
  | { readonly kind: 'json'; readonly value: unknown; readonly text?: () => string }
  | { readonly kind: 'patch'; readonly value: unknown }
