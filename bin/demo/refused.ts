/** Stories 2, 3, 4 and 6: no consent, refusals by institution and department, and a consent that reaches one referral only. */
import type { Resource } from '../../fhir-profiles/r4.ts'
import { facts } from '../../fhir-profiles/facts.ts'
import { nameOf, type Place } from './cast.ts'
import { activeConsents, hiddenIsMissing, isSame, look, only, wholeChart, type Chart } from './looking.ts'
import { lookWithReferral } from './referring.ts'
import type { Story } from './stage.ts'
import { placesOf, sourceOf } from './visitor.ts'

export const noConsent: Story = {
  number: 2,
  title: 'no consent',
  async play(stage) {
    const { who, person, whole } = await wholeChart(stage, `patient-${stage.cast.patient.number}`)
    stage.promise('no consent is in force', (await activeConsents(who)).length === 0)
    for (const place of stage.cast.patient.at) {
      const seen = await look(stage, place, person)
      stage.promise(`${nameOf(place)} reads its own part and nothing else`, isSame(seen, only(whole, place)))
    }
    const { viewer } = stage.cast
    await hiddenIsMissing(stage, viewer, strangeTo(whole, viewer))
  },
}

export const deniesTertiary: Story = {
  number: 3,
  title: 'consent to the network, but nothing to nor from 누리대학교병원',
  async play(stage) {
    const { person, whole } = await wholeChart(stage, `patient-${stage.cast.patient.number}`)
    const own = await look(stage, 'tertiary', person)
    stage.promise('as receiver it is refused: it reads its own part and nothing else', isSame(own, only(whole, 'tertiary')))
    await hiddenIsMissing(stage, 'tertiary', strangeTo(whole, 'tertiary'))
    const seen = await lookWithReferral(stage, person)
    const shown = placesOf(seen.values())
    const others = stage.cast.patient.at.filter((place) => place !== 'tertiary')
    stage.promise(
      `as source it is refused: the others share theirs (${others.map(nameOf).join(', ')}), nothing is its`,
      shown.join() === others.join(),
    )
  },
}

export const deniesPsychiatry: Story = {
  number: 4,
  title: 'consent to the network, but nothing of 정신건강의학과',
  async play(stage) {
    const { person, whole } = await wholeChart(stage, `patient-${stage.cast.patient.number}`)
    const hidden = psychiatryOf(whole)
    const { viewer } = stage.cast
    stage.shows(`${hidden.length} of these were made in 정신건강의학과`)
    const seen = await look(stage, viewer, person)
    const rest = [...whole.keys()].filter((id) => !hidden.includes(id) || isOf(whole.get(id), viewer))
    stage.promise('everything but those is shown', hidden.length > 0 && isSame(seen, rest))
    const strange = hidden.filter((id) => !isOf(whole.get(id), viewer))
    await hiddenIsMissing(stage, viewer, strange)
    const doctor = await stage.as(`${viewer}-doctor`)
    const codes = new Set(strange.flatMap((id) => conditionCode(whole.get(id))))
    for (const code of codes) {
      stage.step(`the same doctor searches for ${code}`)
      const found = await doctor.get(`Condition?code=${code}&patient=${person}`)
      stage.shows(`${found.resources.length} found`)
      stage.promise('searching does not tell either', found.status === 200 && found.resources.length === 0)
    }
    const house = await look(stage, 'hospital', person)
    stage.promise(
      'in its own house the department stays part of the chart',
      only(whole, 'hospital').every((id) => house.has(id)),
    )
  },
}

export const directedOnly: Story = {
  number: 6,
  title: 'a consent for one referral only',
  async play(stage) {
    const { person, whole } = await wholeChart(stage, `patient-${stage.cast.patient.number}`)
    const { viewer } = stage.cast
    const seen = await look(stage, viewer, person)
    const papers = [...seen.values()].filter((each) => sourceOf(each) !== viewer)
    stage.shows(`of others: ${[...new Set(papers.map(({ resourceType }) => resourceType))].sort().join(', ')}`)
    const isPaper = papers.some(({ resourceType }) => resourceType === 'ServiceRequest') && papers.every((each) => isOf(each, 'clinic'))
    stage.promise('the papers of the referral are there', isPaper)
    const kept = only(whole, 'clinic').length - papers.length
    stage.promise(
      `the other ${kept} records of ${nameOf('clinic')} are not`,
      kept > 0 && isSame(seen, [...only(whole, viewer), ...idsOf(papers)]),
    )
    const home = await look(stage, 'clinic', person)
    stage.promise('the sender gets nothing in return', isSame(home, only(whole, 'clinic')))
  },
}

function idsOf(resources: readonly Resource[]): readonly string[] {
  return resources.map(({ resourceType, id }) => `${resourceType}/${id ?? ''}`)
}

function strangeTo(whole: Chart, place: Place): readonly string[] {
  return [...whole].flatMap(([id, resource]) => (sourceOf(resource) === place ? [] : [id]))
}

function isOf(resource: Resource | undefined, place: Place): boolean {
  return resource !== undefined && sourceOf(resource) === place
}

/** Seen in the department, or belonging to a visit there. */
function psychiatryOf(whole: Chart): readonly string[] {
  const isOfDepartment = (each: Resource): boolean => facts(each).departments.includes('03')
  const visits = [...whole].flatMap(([id, each]) => (each.resourceType === 'Encounter' && isOfDepartment(each) ? [id] : []))
  return [...whole].flatMap(([id, each]) => (isOfDepartment(each) || visits.includes(facts(each).encounter ?? '') ? [id] : []))
}

function conditionCode(resource: Resource | undefined): readonly string[] {
  if (resource?.resourceType !== 'Condition') return []
  return (resource.code?.coding ?? []).flatMap(({ code }) => code ?? []).slice(0, 1)
}
