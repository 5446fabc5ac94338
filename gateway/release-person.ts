/** Persons and documents on the way out: composed from released parts only, never from anything that was refused. */
import type { Bundle, OperationOutcome } from '../fhir-profiles/r4.ts'
import { bundleText, noRedisclosure } from './bundle-text.ts'
import type { Call, Context } from './context.ts'
import { personOf, type TextOfPerson } from './composed.ts'
import { open, type Held } from './held.ts'
import type { Sight } from './judge.ts'
import { judge, judgeRested, type Part } from './judged.ts'
import { compare, demographics, type Demographics } from './logic/match.ts'
import { notFound } from './problem.ts'
import { matchOf, patientIn, personEntry, personsOf, record, refusal, released } from './release-act.ts'
import type { IncludedParts } from './release-include.ts'
import { mint, type Released } from './released.ts'

/** Grades of the visible candidates for submitted demographics; no score says anything about a record that did not pass. */
export async function releaseMatch(
  context: Context,
  call: Call,
  input: { about: Demographics; held: readonly Held[]; sight: Sight },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  const own = parts.filter((part) => part.custodian === call.caller.institution)
  const graded = own.flatMap((part) =>
    patientIn(part).flatMap(({ patient }) => {
      const compared = compare(input.about, demographics(patient))
      return compared.grade === 'none' ? [] : [{ part, grade: compared.grade, score: compared.score01 }]
    }),
  )
  await record(
    context,
    call,
    released(
      'match',
      graded.map(({ part }) => part),
      input.sight.consulted,
    ),
  )
  const base = `${context.config.publicUrl}/fhir/R4`
  const grade = 'http://hl7.org/fhir/StructureDefinition/match-grade'
  const entries = graded
    // ids are random: of two that are as like, the one that was written last
    .toSorted((a, b) => b.score - a.score || b.part.updatedMs - a.part.updatedMs || (a.part.id < b.part.id ? -1 : 1))
    .map(({ part, score, ...found }) => ({
      ...matchOf(base, part),
      rest: { search: { mode: 'match', score, extension: [{ url: grade, valueCode: found.grade }] } },
    }))
  return mint(200, {}, bundleText({ type: 'searchset', total: entries.length, self: '', next: undefined, notices: [], entries }))
}

/** A document built from released parts only, so that neither section, narrative nor count can leak what was refused. */
export async function releaseDocument(
  context: Context,
  call: Call,
  input: {
    held: readonly Held[]
    interaction: string
    sight: Sight
    person: string
    mustHave: boolean
    build: (parts: readonly Part[]) => Bundle
  },
): Promise<Released> {
  const parts = await judge(context, call, input.sight, input.held.map(open))
  if (parts.length === 0 && input.mustHave) {
    await record(context, call, { ...refusal(input.interaction, undefined, input.sight.consulted), persons: [input.person] })
    throw notFound()
  }
  await record(context, call, { ...released(input.interaction, parts, input.sight.consulted), persons: [input.person] })
  const document = input.build(parts)
  const meta = { ...document.meta, security: [...noRedisclosure] }
  return mint(200, {}, JSON.stringify({ ...document, meta }))
}

export interface PersonSearch {
  readonly interaction: 'search-type'
  readonly held: readonly Held[]
  readonly sight: Sight
  /** whom the search found, in its order; a person of whom nothing passes is neither shown nor counted */
  readonly persons: readonly string[]
  readonly included: IncludedParts
  readonly pages:
    | { readonly by: 'search'; readonly total: number | undefined; readonly next: string | undefined }
    /** `persons` is all it found: what passes is counted, and cut into pages here */
    | { readonly by: 'release'; readonly offset: number; readonly limit: number; readonly next: (offset: number) => string }
  readonly self: string
  readonly notices: readonly OperationOutcome[]
}

/** Persons, each composed from the Patient records this caller may see; a person with no visible record is missing. */
export async function releasePersons(
  context: Context,
  call: Call,
  input: PersonSearch | { readonly interaction: 'read'; readonly held: readonly Held[]; readonly sight: Sight },
): Promise<Released> {
  const { parts, standing } = await judgeRested(context, call, input.sight, input.held.map(open))
  const persons = Map.groupBy(parts, (part) => part.person)
  if (input.interaction === 'read') {
    const only = composedOf(persons)[0]
    if (only === undefined) {
      await record(context, call, refusal('read', undefined, input.sight.consulted), standing ?? input.sight.policy?.standing)
      throw notFound()
    }
    await record(context, call, { ...released('read', parts, input.sight.consulted), persons: [...persons.keys()] }, standing)
    return mint(200, { etag: `W/"${only.version}"`, 'last-modified': new Date(only.updatedMs).toUTCString() }, only.text)
  }
  const visible = input.persons.filter((person) => persons.has(person))
  const page = pageOf(input, visible)
  const shown = new Set(page.persons)
  const { entries: along, parts: alongParts } = input.included
  const shownParts = [...parts.filter((part) => shown.has(part.person)), ...alongParts]
  await record(
    context,
    call,
    {
      ...released('search-type', shownParts, input.sight.consulted),
      persons: personsOf(alongParts, page.persons),
    },
    standing,
  )
  const base = `${context.config.publicUrl}/fhir/R4`
  const entries = composedOf(new Map([...shown].map((person) => [person, persons.get(person) ?? []]))).map((each) =>
    personEntry(base, each),
  )
  const { self, notices } = input
  const { total, next } = page
  return mint(200, {}, bundleText({ type: 'searchset', total, self, next, entries: [...entries, ...along], notices }))
}

interface PersonPage {
  readonly persons: readonly string[]
  readonly total: number | undefined
  readonly next: string | undefined
}

function pageOf({ pages, persons }: PersonSearch, visible: readonly string[]): PersonPage {
  if (pages.by === 'search') {
    const { total, next } = pages
    return { persons: visible, total: total === undefined ? undefined : total - (persons.length - visible.length), next }
  }
  const { offset, limit } = pages
  const isMore = limit > 0 && offset + limit < visible.length
  return { persons: visible.slice(offset, offset + limit), total: visible.length, next: isMore ? pages.next(offset + limit) : undefined }
}

function composedOf(persons: ReadonlyMap<string, readonly Part[]>): readonly TextOfPerson[] {
  return [...persons].map(([person, own]) => personOf(person, own))
}
