/**
 * The AuditEvent of one act, with what Korean law asks of an access log: who, when, from where, whose record, what was done.
 * Spec: https://profiles.ihe.net/ITI/BALP/ and 개인정보의 안전성 확보조치 기준 §8. Refusals carry outcome 4; BALP fixes 0 for success.
 */
import { compact, type AuditEvent } from '../../fhir-profiles/r4.ts'
import { system } from '../../fhir-profiles/codes.ts'

export interface AuditAct {
  readonly id: string
  readonly at: string
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  /** restful-interaction code or an event of ours: read, search-type, transaction, delivery, consent-change, break-glass … */
  readonly interaction: string
  readonly outcome: 'success' | 'refused' | 'failed'
  readonly who: AuditWho
  readonly persons: readonly string[]
  readonly entities: readonly { readonly type: string; readonly id: string; readonly version: string }[]
  readonly consents: readonly { readonly id: string; readonly version: string }[]
  readonly requestId: string
  /** path and parameter names; values are masked before they come here */
  readonly query: string
  /** coded or constant text, never data */
  readonly note: string
  readonly source: string
}

export interface AuditWho {
  readonly subject: string
  readonly name: string
  readonly role: string
  readonly institution: string
  readonly purposes: readonly string[]
  readonly address: string
  readonly tokenId: string
  readonly clientId: string
}

const outcomes = { success: '0', refused: '4', failed: '8' } as const

export function auditEvent(act: AuditAct): AuditEvent {
  const purposes = act.who.purposes.map((code) => ({ coding: [{ system: system.actReason, code }] }))
  const entities = entitiesOf(act)
  return compact<AuditEvent>({
    resourceType: 'AuditEvent',
    id: act.id,
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest', display: 'RESTful Operation' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: act.interaction }],
    action: act.action,
    recorded: act.at,
    outcome: outcomes[act.outcome],
    outcomeDesc: act.note === '' ? undefined : act.note,
    purposeOfEvent: purposes.length === 0 ? undefined : purposes,
    agent: [
      compact<Agent>({
        type: { coding: [{ system: system.participation, code: 'IRCP' }] },
        role: [{ text: act.who.role }],
        who: whoOf(act.who),
        altId: act.who.clientId === '' ? undefined : act.who.clientId,
        requestor: true,
        policy: act.who.tokenId === '' ? undefined : [`urn:ietf:params:oauth:jti:${act.who.tokenId}`],
        network: act.who.address === '' ? undefined : { address: act.who.address, type: '2' },
        purposeOfUse: purposes.length === 0 ? undefined : purposes,
      }),
      {
        type: { coding: [{ system: system.participation, code: 'CST' }] },
        who: { reference: `Organization/${act.who.institution}` },
        requestor: false,
      },
    ],
    source: {
      site: act.source,
      observer: { reference: 'Organization/network' },
      type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }],
    },
    entity: entities.length === 0 ? undefined : entities,
  })
}

type Agent = NonNullable<AuditEvent['agent']>[number]
type Entity = NonNullable<AuditEvent['entity']>[number]

function whoOf({ subject, name }: AuditWho): NonNullable<Agent['who']> {
  return { identifier: { value: subject }, ...(name === '' ? {} : { display: name }) }
}

/** Persons, records, consents, the request: in this order. */
function entitiesOf(act: AuditAct): Entity[] {
  return [
    ...act.persons.map((person) => ({
      what: { reference: `Patient/${person}` },
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
      role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '1' },
    })),
    ...act.entities.map((entity) => ({
      what: {
        reference: entity.version === '' ? `${entity.type}/${entity.id}` : `${entity.type}/${entity.id}/_history/${entity.version}`,
      },
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
      role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '4' },
    })),
    ...act.consents.map((consent) => ({
      what: { reference: `Consent/${consent.id}/_history/${consent.version}` },
      type: { system: 'http://hl7.org/fhir/resource-types', code: 'Consent' },
      role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '13' },
    })),
    // what the network does by itself answers no request
    ...(act.requestId === ''
      ? []
      : [
          {
            what: { identifier: { value: act.requestId } },
            type: { system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', code: 'XrequestId' },
          },
        ]),
    ...(act.query === ''
      ? []
      : [
          {
            type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '2' },
            role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: '24' },
            description: act.query,
          },
        ]),
  ]
}

const recordType = '2'
const personType = '1'

/**
 * An entry as one person may read it. Where it names others too (a search over a ward), they are left out, and with them the records and
 * consents of the entry, of which nothing says whose they are.
 */
export function auditEventAbout(event: AuditEvent, persons: readonly string[]): AuditEvent {
  const isOther = (entity: Entity): boolean =>
    entity.type?.code === personType && !persons.includes(entity.what?.reference?.split('/')[1] ?? '')
  const entities = event.entity ?? []
  if (!entities.some(isOther)) return event
  const isRecord = (entity: Entity): boolean =>
    entity.what !== undefined && (entity.type?.code === recordType || entity.type?.code === 'Consent')
  return { ...event, entity: entities.filter((entity) => !isOther(entity) && !isRecord(entity)) }
}
