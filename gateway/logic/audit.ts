/**
 * The AuditEvent of one act, with what Korean law asks of an access log: who, when, from where, whose record, what was done.
 * Spec: https://profiles.ihe.net/ITI/BALP/ and 개인정보의 안전성 확보조치 기준 §8. Refusals carry outcome 4; BALP fixes 0 for success.
 */
import { auditCode, disclosureUrl, restUrl, type Code } from '../../fhir-profiles/balp.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { compact, type AuditEvent } from '../../fhir-profiles/r4.ts'
import { auditKind, type AuditKind } from './audit-kind.ts'
import { unchanging } from './canonical.ts'

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
  /** address of the gateway as the world knows it */
  readonly source: string
  /** an institution that was sent something, and where its EMR is */
  readonly recipient?: { readonly institution: string; readonly address: string }
}

export interface AuditWho {
  readonly subject: string
  readonly name: string
  readonly role: string
  readonly institution: string
  readonly purposes: readonly string[]
  /** from where: an IP address, the name of a machine; '' for the network itself */
  readonly address: string
  readonly tokenId: string
  readonly clientId: string
}

const outcomes = { success: '0', refused: '4', failed: '8' } as const

/** A success claims the BALP profile it conforms to; BALP has none for refusals, for several records at once and for what is not REST. */
export function auditEvent(act: AuditAct): AuditEvent {
  const kind = auditKind(act.interaction, act.query !== '')
  const { agents, purposes, source } = partiesOf(act, kind)
  const main = mainOf(act, kind)
  const claim = claimOf(act, kind, main)
  // in the order of the canonical form, here and in each part: nothing has to be sorted
  return compact<AuditEvent>({
    action: act.action,
    agent: agents,
    entity: entitiesOf(act, kind, main),
    id: act.id,
    meta: claim === undefined ? undefined : { profile: [claim] },
    outcome: outcomes[act.outcome],
    outcomeDesc: act.note === '' ? undefined : act.note,
    purposeOfEvent: purposes.length === 0 ? undefined : purposes,
    recorded: act.at,
    resourceType: 'AuditEvent',
    source,
    subtype: subtypesOf(act, kind),
    type: shared(kind.type),
  })
}

function subtypesOf(act: AuditAct, { subtypes }: AuditKind): Code[] {
  return [...subtypes, ...decidedBy(act)].map(shared)
}

type Agent = NonNullable<AuditEvent['agent']>[number]
type Entity = NonNullable<AuditEvent['entity']>[number]
type NamedRecord = AuditAct['entities'][number]

const network = 'Organization/network'

/** The one record a single read or write is about; a person that was composed of several records is that person. */
function mainOf(act: AuditAct, { rest }: AuditKind): NamedRecord | undefined {
  if (rest === undefined || rest === 'Query' || act.outcome !== 'success') return undefined
  const [only, ...more] = act.entities
  if (more.length === 0 && only !== undefined) return only
  const [person, ...others] = act.persons
  return rest === 'Read' && person !== undefined && others.length === 0 ? { type: 'Patient', id: person, version: '' } : undefined
}

function claimOf(act: AuditAct, { rest }: AuditKind, main: NamedRecord | undefined): string | undefined {
  if (act.interaction === 'delivery') return act.persons.length === 1 ? disclosureUrl : undefined
  if (rest === undefined || act.outcome !== 'success') return undefined
  if (rest === 'Query' ? act.query === '' : main === undefined) return undefined
  return restUrl(rest, act.persons.length === 1)
}

/** A refusal about a known person was a decision: by the consents it names, or by what holds without any. */
function decidedBy(act: AuditAct): readonly Code[] {
  if (act.outcome !== 'refused' || act.persons.length === 0) return []
  return [act.consents.length === 0 ? auditCode.decidedByRole : auditCode.decidedByConsent]
}

interface Parties {
  readonly agents: Agent[]
  readonly purposes: Agent['purposeOfUse'] & object
  readonly source: AuditEvent['source'] & object
}

/** One who asks much is written once for each kind of act. */
const known = new WeakMap<AuditWho, WeakMap<AuditKind, Parties>>()

function partiesOf(act: AuditAct, kind: AuditKind): Parties {
  if (act.recipient !== undefined) return newParties(act, kind)
  const of = known.get(act.who) ?? new WeakMap<AuditKind, Parties>()
  const before = of.get(kind)
  if (before?.source.site === act.source) return before
  const { agents, purposes, source } = newParties(act, kind)
  const made = { agents: unchanging(agents), purposes: unchanging(purposes), source: unchanging(source) }
  known.set(act.who, of.set(kind, made))
  return made
}

function newParties(act: AuditAct, kind: AuditKind): Parties {
  const purposes = act.who.purposes.map((code) => ({ coding: [{ system: system.actReason, code }] }))
  const type = [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }]
  return { agents: agentsOf(act, kind, purposes), purposes, source: { site: act.source, observer: { reference: network }, type } }
}

const written = new WeakSet<Code>()

/** A code of a table, which never changes. */
function shared(code: Code): Code {
  if (!written.has(code)) written.add(unchanging(code))
  return code
}

const typeCodes = new Map<string, Code>()

/** There are as many as resource types. */
function resourceType(code: string): Code {
  const before = typeCodes.get(code)
  const made = before ?? { system: system.resourceTypes, code }
  if (before === undefined) typeCodes.set(code, made)
  return shared(made)
}

/** User, institution, then the two ends of the wire: in this order. */
function agentsOf(act: AuditAct, kind: AuditKind, purposes: Agent['purposeOfUse'] & object): Agent[] {
  const { who, recipient } = act
  const isDeletion = kind.rest === 'Delete'
  const ours = { who: { reference: network }, requestor: false, network: placeOf(act.source) }
  const theirs = { who: { identifier: { value: who.clientId === '' ? who.subject : who.clientId } }, requestor: false }
  return [
    compact<Agent>({
      type: typeOf(kind.user),
      role: [{ text: who.role }],
      who: whoOf(who),
      requestor: true,
      policy: who.tokenId === '' || isDeletion ? undefined : [tokenUrn(who)],
      purposeOfUse: purposes.length === 0 ? undefined : purposes,
    }),
    { type: typeOf(auditCode.organization), who: { reference: `Organization/${who.institution}` }, requestor: false },
    ...(recipient === undefined
      ? [
          // the network acting by itself acts from here
          { type: typeOf(kind.client), ...theirs, network: placeOf(who.address === '' ? act.source : who.address) },
          { type: typeOf(kind.server), ...ours },
        ]
      : [
          { type: typeOf(kind.client), ...ours },
          {
            type: typeOf(kind.server),
            who: { reference: `Organization/${recipient.institution}` },
            requestor: false,
            network: placeOf(recipient.address),
          },
        ]),
  ]
}

function typeOf(code: Code): NonNullable<Agent['type']> {
  return { coding: [{ ...code }] }
}

/** A URI, an IP address, or the name of a machine. Codes: http://hl7.org/fhir/network-type */
function placeOf(address: string): NonNullable<Agent['network']> {
  if (address.includes('://')) return { address, type: '5' }
  return { address, type: /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i.test(address) ? '2' : '1' }
}

function tokenUrn({ tokenId }: AuditWho): string {
  return `urn:ietf:params:oauth:jti:${tokenId}`
}

function whoOf({ subject, name }: AuditWho): NonNullable<Agent['who']> {
  return { identifier: { value: subject }, ...(name === '' ? {} : { display: name }) }
}

/** Persons, records, consents, the request: in this order. An entry about nobody says so; it is not left to be guessed. */
function entitiesOf(act: AuditAct, kind: AuditKind, main: NamedRecord | undefined): Entity[] {
  const isQuery = kind.rest === 'Query'
  const persons = act.persons.map((person) => ({
    role: shared(auditCode.patientRole),
    type: shared(auditCode.person),
    what: { reference: `Patient/${person}` },
  }))
  return [
    ...(persons.length === 0 ? [{ type: shared(auditCode.person), what: { display: nobody } }] : persons),
    ...(main === undefined || act.entities.includes(main) ? [] : [recordEntity(main, auditCode.object)]),
    ...act.entities.map((entity) => {
      const isPlain = isQuery || (main !== undefined && entity !== main)
      return recordEntity(entity, isPlain ? resourceType(entity.type) : auditCode.object)
    }),
    ...act.consents.map((consent) => ({
      role: shared(auditCode.securityResource),
      type: resourceType('Consent'),
      what: { reference: `Consent/${consent.id}/_history/${consent.version}` },
    })),
    ...requestEntities(act, isQuery),
    ...(kind.rest === 'Delete' && act.who.tokenId !== ''
      ? [{ what: { identifier: { value: tokenUrn(act.who) } }, type: shared(auditCode.token) }]
      : []),
  ]
}

export const nobody = 'nobody'

function recordEntity({ type, id, version }: NamedRecord, as: Code): Entity {
  return {
    role: shared(auditCode.domainResource),
    type: shared(as),
    what: { reference: version === '' ? `${type}/${id}` : `${type}/${id}/_history/${version}` },
  }
}

/** What the network does by itself answers no request. A search is an entity of its own, as BALP has it: readable, and in base64. */
function requestEntities(act: AuditAct, isQuery: boolean): Entity[] {
  if (act.requestId === '') return []
  const id = { type: shared(auditCode.requestId), what: { identifier: { value: act.requestId } } }
  if (act.query === '') return [id]
  if (!isQuery) return [{ description: act.query, ...id }]
  const query = Buffer.from(act.query, 'utf8').toString('base64')
  return [id, { description: act.query, query, role: shared(auditCode.query), type: shared(auditCode.object) }]
}

const personType = auditCode.person.code

/**
 * An entry as one person may read it. Where it names others too (a search over a ward), they are left out, and with them the records and
 * consents of the entry, of which nothing says whose they are.
 */
export function auditEventAbout(event: AuditEvent, persons: readonly string[]): AuditEvent {
  const isOther = (entity: Entity): boolean =>
    entity.type?.code === personType && !persons.includes(entity.what?.reference?.split('/')[1] ?? '')
  const entities = event.entity ?? []
  if (!entities.some(isOther)) return event
  const isRecord = (entity: Entity): boolean => entity.what?.reference !== undefined && entity.type?.code !== personType
  return { ...event, entity: entities.filter((entity) => !isOther(entity) && !isRecord(entity)) }
}
