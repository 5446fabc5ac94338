/** Stories 7 and 8: two people of one name and one birth date stay two people. */
import { randomUUID } from 'node:crypto'
import type { Patient } from '../../fhir-profiles/r4.ts'
import { nameOf, type Player } from './cast.ts'
import { wholeChart, type Chart } from './looking.ts'
import { doctorOf, doctorWords, type Stage, type Story } from './stage.ts'
import { placesOf, type Visitor } from './visitor.ts'

export const namesakes: Story = {
  number: 7,
  title: 'the same name and birth date, two people (7 and 8)',
  async play(stage) {
    const { patient, other } = stage.cast
    if (other === undefined) throw new Error('two people are needed')
    const [first, second] = [await known(stage, patient), await known(stage, other)]
    stage.promise(
      'name and birth date are the same, the telephone is not',
      first.name === second.name && first.birthDate === second.birthDate && first.phone !== second.phone,
    )
    stage.promise('they are two people', first.person !== second.person)
    for (const [each, player] of [
      [first, patient],
      [second, other],
    ] as const)
      stage.promise(`${player.at.map(nameOf).join(', ')} and nobody else wrote ${each.who.name}'s record`, isFrom(each.whole, player))
    stage.promise(
      'they share no record',
      [...first.whole.keys()].every((id) => !second.whole.has(id)),
    )
    await strangersMeet(stage, { of: first.person, player: patient, by: other })
    await strangersMeet(stage, { of: second.person, player: other, by: patient })
    await readReview(stage, [first.person, second.person])
  },
}

interface Known {
  readonly who: Visitor
  readonly person: string
  readonly whole: Chart
  readonly name: string
  readonly birthDate: string
  readonly phone: string
}

async function known(stage: Stage, player: Player): Promise<Known> {
  const read = await wholeChart(stage, `patient-${player.number}`)
  const patient = (await read.who.get(`Patient/${read.person}`)).resources.find((each): each is Patient => each.resourceType === 'Patient')
  const name = patient?.name?.[0]
  const text = name?.text ?? `${name?.family ?? ''}${name?.given?.join('') ?? ''}`
  return { ...read, name: text, birthDate: patient?.birthDate ?? '', phone: patient?.telecom?.[0]?.value ?? '' }
}

function isFrom(whole: Chart, { at }: Player): boolean {
  return placesOf(whole.values()).join() === at.join()
}

/** A doctor who treats one of them alone learns nothing of the other. */
async function strangersMeet(stage: Stage, { of, player, by }: { of: string; player: Player; by: Player }): Promise<void> {
  const place = by.at.find((each) => !player.at.includes(each))
  if (place === undefined) return
  stage.step(`${doctorWords(place)}, who treats ${by.number}, asks for ${player.number}, and for an id that never was`)
  const doctor = await stage.as(doctorOf(place))
  const [answer, random] = [await doctor.get(`Patient/${of}/$summary`), await doctor.get(`Patient/${randomUUID()}/$summary`)]
  stage.shows(`answers ${answer.status} and ${random.status}`)
  stage.promise('both answers are the same, byte for byte', answer.status === 404 && answer.text === random.text)
}

/** A weak match waits for a person; it shows grades, no values. */
async function readReview(stage: Stage, persons: readonly string[]): Promise<void> {
  stage.step('the coordinators look for identity reviews')
  const found: string[] = []
  for (const name of ['clinic-coordinator', 'hospital-coordinator', 'tertiary-coordinator']) {
    const { resources } = await (await stage.as(name)).get('Task?_count=200')
    for (const task of resources) {
      if (task.resourceType !== 'Task' || task.code?.coding?.[0]?.code !== 'identity-review') continue
      if (persons.includes(task.for?.reference?.slice('Patient/'.length) ?? '')) found.push(task.input?.[0]?.valueString ?? '')
    }
  }
  stage.shows(found.length === 0 ? 'none: both are known to the same institution' : `${found.length}: ${found[0] ?? ''}`)
}
