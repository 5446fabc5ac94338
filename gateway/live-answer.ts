/** What a live institution answers: counted, its gaps kept, and every resource closed (`Held`) before anybody can read it. */
import { isGap, type Gap } from '../adapters/contract.ts'
import { factsOf } from '../consent/record-facts.ts'
import { facts } from '../fhir-profiles/facts.ts'
import type { Resource } from '../fhir-profiles/r4.ts'
import { references } from '../fhir-profiles/reference.ts'
import { withoutResidentNumbers } from '../fhir-profiles/resident-identifier.ts'
import { validate } from '../fhir-profiles/validate/validate.ts'
import type { Context } from './context.ts'
import { hold, type Held, type HeldContent } from './held.ts'
import { custodyOf } from './custody.ts'
import { narratedRaised, reportFaults } from './labelled.ts'
import { keyText } from './logic/record-key.ts'
import { octetsOf } from '../fhir-profiles/octets.ts'
import { prepare } from './prepare.ts'

export async function collect(
  context: Context,
  institution: string,
  items: AsyncIterable<Resource | Gap>,
  max: number,
): Promise<{ resources: readonly Resource[]; answered: boolean }> {
  const resources: Resource[] = []
  const gaps: Gap[] = []
  for await (const item of items) {
    if (isGap(item)) gaps.push(item)
    else if (resources.length < max) resources.push(item)
  }
  const answered = !gaps.some((gap) => gap.gap === 'no-answer')
  context.health.report(institution, answered)
  if (gaps.length > 0) {
    await context.store.messages.gaps(institution, 'live', gaps, context.now().getTime())
    context.log('warn', 'live-gap', { institution, count: gaps.length, kind: gaps[0]?.gap })
  }
  return { resources, answered }
}

/** The wrap around what adapters yield: ids mapped, facts taken, closed. What is not valid FHIR or another patient's is dropped with a gap. */
export async function holdLive(
  context: Context,
  input: { institution: string; person: string; patientId: string; resources: readonly Resource[] },
): Promise<readonly Held[]> {
  const scrubbed = input.resources.map((resource) => withoutResidentNumbers(resource).resource)
  const own = scrubbed.filter((resource) => {
    if (resource.id === undefined || validate(resource).length > 0) return false
    return resource.resourceType === 'Patient' ? resource.id === input.patientId : facts(resource).patient === `Patient/${input.patientId}`
  })
  if (own.length < input.resources.length) {
    const gap: Gap = { gap: 'unmappable', element: 'Resource', reason: 'not valid FHIR R4, or not about the patient asked for' }
    await context.store.messages.gaps(input.institution, 'live', [gap], context.now().getTime())
  }
  const keys = new Map<string, { institution: string; type: string; localId: string }>()
  const remember = (type: string, localId: string): void => {
    const key = { institution: input.institution, type, localId }
    keys.set(keyText(key), key)
  }
  for (const resource of own) {
    remember(resource.resourceType, resource.id ?? '')
    for (const reference of references(resource)) if (reference.kind === 'relative') remember(reference.type, reference.id)
  }
  const ids = await context.store.transaction((tables) => tables.records.networkIds([...keys.values()], context.newId))
  const networkIdOf = (type: string, localId: string): string | undefined =>
    ids.get(keyText({ institution: input.institution, type, localId }))
  const departments = new Map<string, readonly string[]>(
    own.flatMap((resource) =>
      resource.resourceType === 'Encounter'
        ? [[`Encounter/${resource.id}`, facts(resource).departments.map((code) => `dept:${code}`)] as const]
        : [],
    ),
  )
  const prepared = own.map((resource) =>
    prepare({
      resource,
      institution: input.institution,
      localId: resource.id ?? '',
      id: networkIdOf(resource.resourceType, resource.id ?? '') ?? '',
      version: Number(/^\d{1,9}$/.exec(resource.meta?.versionId ?? '')?.[0] ?? 1),
      updatedMs: Date.parse(resource.meta?.lastUpdated ?? '') || context.now().getTime(),
      isNetworkForm: false,
      networkIdOf,
      person: input.person,
      encounterSources: departments.get(facts(resource).encounter ?? '') ?? [],
      parties: [],
      ...custodyOf(context, input.institution),
    }),
  )
  reportFaults(context, input.institution, prepared)
  const contents = narratedRaised(prepared.map(({ row }) => row)).map((row): HeldContent => ({
    facts: factsOf(row),
    localId: row.localId,
    version: String(row.version),
    updatedMs: row.updatedMs,
    text: octetsOf(row.text),
    peopleText: octetsOf(row.peopleText ?? row.text),
    parties: [],
    deleted: false,
    isNetworkForm: false,
    elements: row.elements ?? [],
  }))
  const byId = new Map(contents.map((content) => [content.facts.id, content]))
  return contents.map((content) => hold({ ...content, near: content.facts.relations.flatMap((id) => byId.get(id) ?? []) }))
}
