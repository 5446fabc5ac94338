/**
 * Tokens and patients: whom a patient's token is for, and what a declared break-glass sets off. It always tells the officer and the
 * patient (both read it in the ledger) and opens a review. Law: 의료법 21조의2.
 */
import { askPerson } from './ask-person.ts'
import type { Context } from './context.ts'
import { system } from '../fhir-profiles/codes.ts'
import { networkId } from './directory.ts'
import { whoHolds } from './sign-in-entries.ts'
import { livePatientsByNumber, liveInstitutions } from './live.ts'
import { personOfLivePatient } from './live-person.ts'
import type { IssuedGrant } from './store/grants.ts'

/** `system|value` of a patient number, or a person id → the network person; undefined when nobody is known by it. */
export function patientResolver(context: Context): (identifier: string) => Promise<string | undefined> {
  return async (identifier) => {
    const cut = identifier.lastIndexOf('|')
    if (cut < 0) return context.store.identities.person(identifier)
    const number = { system: identifier.slice(0, cut), value: identifier.slice(cut + 1) }
    const records = await context.store.identities.byIdentifier(number.system, number.value, undefined)
    const known = (await context.store.identities.byRecords(records))[0]?.person
    if (known !== undefined) return known
    for (const { id } of liveInstitutions(context)) {
      for (const patient of await livePatientsByNumber(context, id, number)) {
        const person = await personOfLivePatient(context, id, patient)
        if (person !== undefined) return person
      }
    }
    return undefined
  }
}

export function breakGlassIssued(context: Context): (grant: IssuedGrant, address: string) => Promise<void> {
  return async (grant, address) => {
    const { breakGlass } = grant
    if (breakGlass === undefined) return
    await context.store.transaction((tables) =>
      askPerson(tables, context, {
        id: context.newId(),
        code: 'break-glass-review',
        reason: { system: system.breakGlassGround, code: breakGlass.reason },
        asked: networkId,
        person: breakGlass.person,
        act: { action: 'E', interaction: 'break-glass', note: `break-glass: ${breakGlass.reason}` },
        more: { priority: 'urgent', requester: { reference: `Organization/${grant.institution}` } },
        cause: { who: whoHolds(grant, address), requestId: grant.jti },
      }),
    )
  }
}
