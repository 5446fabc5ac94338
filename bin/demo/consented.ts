/** Stories 1 and 5: whoever consented to the network is seen as a whole, until the consent is withdrawn. */
import { nameOf, type Place } from './cast.ts'
import { activeConsents, isSame, look, mendConsent, only, wholeChart, withdrawn } from './looking.ts'
import { doctorWords, type Stage, type Story } from './stage.ts'
import { placesOf, type Visitor } from './visitor.ts'

export const networkConsent: Story = {
  number: 1,
  title: 'consent to the whole network, an open referral',
  async play(stage) {
    const name = `patient-${stage.cast.patient.number}`
    await mendConsent(stage, await stage.as(name))
    const { who, person, whole } = await wholeChart(stage, name)
    const { at } = stage.cast.patient
    const { viewer } = stage.cast
    const before = await look(stage, viewer, person)
    stage.promise(`the whole record, from ${words(at)}`, isSame(before, [...whole.keys()]) && isAll(placesOf(before.values()), at))
    await withdrawn(stage, who, async () => {
      const after = await look(stage, viewer, person, ', the very next request')
      stage.promise(`only the part of ${nameOf(viewer)} is left`, isSame(after, only(whole, viewer)))
      await readLedger(stage, who, viewer)
    })
    const again = await look(stage, viewer, person)
    stage.promise('the whole record is there again', isSame(again, [...before.keys()]))
  },
}

export const childAndGuardian: Story = {
  number: 5,
  title: 'a minor, for whom the guardian signs',
  async play(stage) {
    const { number, at } = stage.cast.patient
    const { viewer } = stage.cast
    const guardian = await stage.as(`guardian-${number}`)
    await mendConsent(stage, guardian)
    const { person, whole } = await wholeChart(stage, `guardian-${number}`)
    const [child, consents] = [await stage.as(`patient-${number}`), await activeConsents(guardian)]
    stage.promise('guardian and child speak of one person, with a consent in force', child.person === person && consents.length > 0)
    const before = await look(stage, viewer, person)
    stage.promise(`the whole record, from ${words(at)}`, isSame(before, [...whole.keys()]) && isAll(placesOf(before.values()), at))
    await withdrawn(stage, guardian, async () => {
      const after = await look(stage, viewer, person)
      stage.promise(`only the part of ${nameOf(viewer)} is left`, isSame(after, only(whole, viewer)))
    })
    const again = await look(stage, viewer, person)
    stage.promise('the whole record is there again', isSame(again, [...before.keys()]))
    stage.step('the guardian asks for the record of somebody else')
    const stranger = await stage.as(`patient-${number === 1 ? 2 : 1}`)
    const foreign = await guardian.get(`Patient/${stranger.person}/$summary`)
    stage.shows(`answer ${foreign.status}`)
    stage.promise('a guardian reads the own child only', foreign.status === 404)
  },
}

/** The patient reads who looked. */
async function readLedger(stage: Stage, who: Visitor, viewer: Place): Promise<void> {
  stage.step(`${who.name} reads who looked`)
  const { resources } = await who.get('AuditEvent?_count=20')
  const events = resources.flatMap((each) => (each.resourceType === 'AuditEvent' ? [each] : []))
  const theirs = events.filter((event) => event.agent[0]?.who?.identifier?.value === `${viewer}-doctor`)
  stage.shows(`of the last ${events.length} entries ${theirs.length} are of ${doctorWords(viewer)}`)
  stage.promise('the looks are in the ledger', theirs.length > 0)
}

function isAll(found: readonly Place[], at: readonly Place[]): boolean {
  return found.join() === at.join()
}

function words(at: readonly Place[]): string {
  return at.map(nameOf).join(', ')
}
