/**
 * A patient or proxy acts as the person their token names only while that holds: asked at every request, entries of a batch included, never
 * only when the token was made (consent.md, People and paper). Who has no standing asks as somebody whose person nobody knows, so that
 * every answer is the one for an unknown person.
 */
import { ownConsentAgeRows, rowAt } from '../consent/law/kr.ts'
import type { Patient, RelatedPerson } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { Call, Context } from './context.ts'
import { networkId } from './directory.ts'
import { open } from './held.ts'
import { patientOf } from './identify.ts'
import { standingOf, subjectOf } from './logic/proxy.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import type { Tables } from './store/store.ts'

const maxRecords = 200

/** The call as it may go on: as it came, with less scope, or about nobody. */
export async function standing(call: Call, context: Context): Promise<Call> {
  const { caller } = call
  if (caller.role !== 'patient' && caller.role !== 'proxy') return call
  const person = (await context.store.identities.person(caller.person)) ?? caller.person
  const life = await lifeOf(context.store, person)
  const asNobody: Call = { ...call, caller: { ...caller, person: context.newId() } }
  if (caller.role === 'patient') return life.isDead ? asNobody : call
  const nowMs = context.now().getTime()
  const relations = (await verifiedRelations(context.store, person)).filter((relation) => subjectOf(relation) === caller.subject)
  const ownConsentYears = rowAt(ownConsentAgeRows, nowMs)?.years
  const verdict = standingOf({ ...life, relations, nowMs, zone: context.config.timeZone, ownConsentYears })
  switch (verdict) {
    case 'reads-and-signs':
      return call
    case 'reads':
      return { ...call, caller: { ...caller, scopes: caller.scopes.filter(isReading) } }
    case 'none':
      return asNobody
    default:
      return verdict satisfies never
  }
}

/** `patient/*.rs`: reading and searching, no letter that writes. */
function isReading(scope: string): boolean {
  return /\.(r|s|rs|read)(\?|$)/.test(scope)
}

export interface Life {
  readonly birthDates: readonly string[]
  readonly isDead: boolean
}

/** What the institutions' own records of a person say; any of them that states a death is believed. */
export async function lifeOf(tables: Tables, person: string): Promise<Life> {
  const patients = (await tables.records.ofPerson(person, ['Patient'], maxRecords)).flatMap((held) => patientOf(open(held).text) ?? [])
  return { birthDates: patients.flatMap(({ birthDate }) => birthDate ?? []), isDead: patients.some(isDeceased) }
}

function isDeceased({ deceasedBoolean, deceasedDateTime }: Patient): boolean {
  return deceasedBoolean === true || deceasedDateTime !== undefined
}

/** Kept by the network, hence written by the officer; what an EMR says of somebody's relatives gives nobody a right. */
async function verifiedRelations(tables: Tables, person: string): Promise<readonly RelatedPerson[]> {
  const held = await tables.records.ofPerson(person, ['RelatedPerson'], maxRecords)
  return held.flatMap((item) => {
    const { facts, text } = open(item)
    const value: unknown = facts.custodian === networkId ? valueOf(text) : undefined
    return isResource(value) && value.resourceType === 'RelatedPerson' ? [value] : []
  })
}
