/** What kind of AuditEvent an act is: its codes, which way its agents face, and the BALP profile it may claim. */
import { auditCode, type Code, type RestName } from '../../fhir-profiles/balp.ts'
import { system } from '../../fhir-profiles/codes.ts'

export interface AuditKind {
  readonly type: Code
  /** the first one names the act; ledger and searches know it by that */
  readonly subtypes: readonly Code[]
  readonly client: Code
  readonly server: Code
  readonly user: Code
  /** the REST profile of a success; undefined where BALP has none */
  readonly rest: RestName | undefined
}

const restful = (code: string): Code => ({ system: system.restfulInteraction, code })
const ours = (code: string): Code => ({ system: system.auditEvent, code })

const reading = { client: auditCode.destination, server: auditCode.source, user: auditCode.recipient } as const
const writing = { client: auditCode.source, server: auditCode.destination, user: auditCode.author } as const
const searching = { ...writing, user: auditCode.recipient } as const
const deleting = { client: auditCode.application, server: auditCode.custodian, user: auditCode.author } as const
const within = { ...writing, user: auditCode.application } as const

const { rest: type } = auditCode
const operation = (code: string): AuditKind => ({ ...reading, type, subtypes: [ours(code), restful('operation')], rest: undefined })
const one = (code: string, rest: RestName, facing: Pick<AuditKind, 'client' | 'server' | 'user'>): AuditKind => ({
  ...facing,
  type,
  subtypes: [restful(code)],
  rest,
})

const kinds: Readonly<Record<string, AuditKind>> = {
  read: one('read', 'Read', reading),
  vread: one('vread', 'Read', reading),
  'history-instance': { ...reading, type, subtypes: [restful('history-instance')], rest: undefined },
  'history-type': { ...reading, type, subtypes: [restful('history-type')], rest: undefined },
  'history-system': { ...reading, type, subtypes: [restful('history-system')], rest: undefined },
  'search-type': one('search-type', 'Query', searching),
  create: one('create', 'Create', writing),
  update: one('update', 'Update', writing),
  patch: one('patch', 'Update', writing),
  delete: one('delete', 'Delete', deleting),
  transaction: { ...writing, type, subtypes: [restful('transaction')], rest: undefined },
  summary: operation('summary'),
  everything: operation('everything'),
  match: operation('match'),
  export: { ...reading, type: auditCode.export, subtypes: [ours('export'), restful('operation')], rest: undefined },
  'inclusion-proof': operation('inclusion-proof'),
  quarantine: operation('quarantine'),
  'quarantine-replay': { ...operation('quarantine-replay'), ...writing },
  feed: { ...writing, type: auditCode.import, subtypes: [ours('feed')], rest: undefined },
  delivery: { ...within, type: auditCode.export, subtypes: [ours('delivery'), auditCode.disclose], rest: undefined },
  'break-glass': {
    ...writing,
    type: auditCode.securityAlert,
    subtypes: [ours('break-glass'), auditCode.emergencyOverride],
    rest: undefined,
  },
  login: { ...writing, type: auditCode.userAuthentication, subtypes: [ours('login'), auditCode.login], rest: undefined },
  logout: { ...writing, type: auditCode.userAuthentication, subtypes: [ours('logout'), auditCode.logout], rest: undefined },
}

/** Steps of a referral and of an identity review are ours to name: by request they are REST, from an EMR or the network an activity. */
export function auditKind(interaction: string, isRequest: boolean): AuditKind {
  const kind = Object.hasOwn(kinds, interaction) ? kinds[interaction] : undefined
  return (
    kind ?? {
      ...(isRequest ? writing : within),
      type: isRequest ? type : auditCode.activity,
      subtypes: [ours(interaction)],
      rest: undefined,
    }
  )
}
