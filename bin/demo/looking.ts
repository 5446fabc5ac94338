/** Acts that several stories share: looking at somebody, withdrawing, signing anew. */
import { randomUUID } from 'node:crypto'
import type { Consent, Resource } from '../../fhir-profiles/r4.ts'
import type { Place } from './cast.ts'
import { doctorOf, doctorWords, type Stage } from './stage.ts'
import { chartOf, counted, placesOf, sourceOf, type Visitor } from './visitor.ts'

export type Chart = ReadonlyMap<string, Resource>

/** The patient's own reading: everything there is, the measure of what others may see. */
export async function wholeChart(stage: Stage, name: string): Promise<{ who: Visitor; person: string; whole: Chart }> {
  const who = await stage.as(name)
  stage.step(`${name} reads the own record`)
  const whole = await chartOf(who, who.person)
  stage.shows(counted(whole.values()))
  return { who, person: who.person, whole }
}

/** A doctor's summary and record of the person, spoken of once. */
export async function look(stage: Stage, place: Place, person: string, when = ''): Promise<Chart> {
  const doctor = await stage.as(doctorOf(place))
  stage.step(`${doctorWords(place)} asks for summary and record${when}`)
  return lookAs(stage, doctor, person)
}

export async function lookAs(stage: Stage, doctor: Visitor, person: string): Promise<Chart> {
  const [summary, seen] = [await doctor.get(`Patient/${person}/$summary`), await chartOf(doctor, person)]
  stage.shows(summary.status === 200 ? counted(seen.values()) : `answer ${summary.status}: nothing there`)
  const inSummary = placesOf(summary.resources)
  const strange = inSummary.filter((place) => !placesOf(seen.values()).includes(place))
  if (strange.length > 0) stage.promise('summary and record agree', false)
  return seen
}

export function only(whole: Chart, ...places: readonly Place[]): readonly string[] {
  return [...whole].flatMap(([id, resource]) => (places.some((place) => place === sourceOf(resource)) ? [id] : [])).sort()
}

export function isSame(seen: Chart, ids: readonly string[]): boolean {
  return [...seen.keys()].sort().join() === [...ids].sort().join()
}

/** What is hidden is answered like what does not exist, byte for byte. */
export async function hiddenIsMissing(stage: Stage, place: Place, hidden: readonly string[]): Promise<void> {
  const [path] = hidden
  if (path === undefined) return
  const doctor = await stage.as(doctorOf(place))
  const [refused, random] = [await doctor.get(path), await doctor.get(`${path.split('/')[0] ?? ''}/${randomUUID()}`)]
  stage.step(`the same doctor asks for one of the other records by its id, and for an id that never was`)
  stage.shows(`answers ${refused.status} and ${random.status}`)
  stage.promise('both answers are the same, byte for byte', refused.status === 404 && refused.text === random.text)
}

export async function activeConsents(who: Visitor): Promise<readonly Consent[]> {
  const { resources } = await who.get('Consent?status=active')
  return resources.flatMap((each) => (each.resourceType === 'Consent' ? [each] : []))
}

/** Ends the consents, runs `meanwhile`, and signs them anew whatever happened. */
export async function withdrawn(stage: Stage, who: Visitor, meanwhile: () => Promise<void>): Promise<void> {
  const consents = await activeConsents(who)
  const ended: Consent[] = []
  try {
    stage.step(`${who.name} withdraws the consent`)
    for (const consent of consents) {
      const change = [{ op: 'replace', path: '/status', value: 'inactive' }]
      const reply = await who.send('PATCH', `Consent/${consent.id ?? ''}`, change, consent.meta?.versionId ?? '')
      stage.shows(`Consent is ${reply.status === 200 ? 'inactive' : `unchanged (answer ${reply.status})`}`)
      if (reply.status === 200) ended.push(consent)
    }
    stage.promise('a consent was withdrawn', ended.length > 0 && ended.length === consents.length)
    await meanwhile()
  } finally {
    for (const consent of ended) await signAnew(stage, who, consent)
  }
}

/** A consent that ended is not revived (consent/lifecycle.ts): the same words are signed again. */
async function signAnew(stage: Stage, who: Visitor, { id: _id, meta: _meta, ...words }: Consent): Promise<void> {
  stage.step(`${who.name} signs the same consent again`)
  const reply = await who.send('POST', 'Consent', { ...words, status: 'active', dateTime: new Date().toISOString() })
  stage.shows(reply.status === 201 ? 'Consent is active' : `not taken (answer ${reply.status})`)
  stage.promise('the consent is in force again', reply.status === 201)
}

/** A demonstration that was cut off between withdrawal and signature left its patient without a consent. */
export async function mendConsent(stage: Stage, who: Visitor): Promise<void> {
  if ((await activeConsents(who)).length > 0) return
  const { resources } = await who.get('Consent?status=inactive&_sort=-_lastUpdated')
  const last = resources.find((each) => each.resourceType === 'Consent')
  if (last?.resourceType === 'Consent') await signAnew(stage, who, last)
}
