/**
 * In whose ids a text goes out. People and receivers read network ids, with every reference to a patient record written as the person;
 * a system reads its own ids back. An exact substitution of opaque ids, no parse, wherever the text allows it.
 */
import { stringifyExact } from '../fhir-profiles/json.ts'
import { references, rewriteReferences } from '../fhir-profiles/reference.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import type { HeldContent } from './held.ts'
import { withoutNarrative } from './logic/narrative.ts'
import { Octets, octetsOf, valueOf } from '../fhir-profiles/octets.ts'
import type { IdentityRow } from './store/identities.ts'
import type { Tables } from './store/store.ts'

export type Spelling =
  /** `house`: the institution that reads, `everyHouse` for patients; whatever was written in another one goes out without its narrative */
  { readonly kind: 'people'; readonly house: string } | { readonly kind: 'system'; readonly institution: string }

/** A patient reads what every house wrote of them. */
export const everyHouse = ''

/** `known`: the identities of everybody these contents are about, where they were read already. */
export async function inIdsOf(
  tables: Tables,
  spelling: Spelling,
  contents: readonly HeldContent[],
  known?: readonly IdentityRow[],
): Promise<readonly Octets[]> {
  if (spelling.kind === 'system') {
    const { institution } = spelling
    const texts: Octets[] = []
    for (const content of contents)
      texts.push(isOwnWriting(institution, content) ? content.text : await forSystem(tables, institution, content))
    return texts
  }
  const persons = [...new Set(contents.flatMap((content) => (content.facts.person === '' ? [] : [content.facts.person])))]
  const rows = known ?? (await tables.identities.ofPersons(persons))
  const personOf = new Map(rows.map(({ record, person }) => [record, person]))
  return contents.map((content) => {
    const text = asPersons(content.peopleText, personOf)
    return isAtHome(spelling.house, content) ? text : withoutNarrative(text)
  })
}

/** What people decide (Consent) is governance, read by those it is addressed to, not told from one house to another. */
function isAtHome(house: string, { facts }: HeldContent): boolean {
  return house === everyHouse || facts.custodian === house || facts.type === 'Consent'
}

/** `Patient/<record>` → `Patient/<person>`: both are opaque ids of one length class, unique in the text. */
function asPersons({ chars }: Octets, personOf: ReadonlyMap<string, string>): Octets {
  const spelled = chars.replaceAll(/"Patient\/([^"/]+)"/g, (whole, record: string) => {
    const person = personOf.get(record)
    return person === undefined ? whole : `"Patient/${person}"`
  })
  return new Octets(spelled)
}

/** What a system wrote it reads back as it is. */
function isOwnWriting(institution: string, { facts, isNetworkForm }: HeldContent): boolean {
  return facts.custodian === institution && !isNetworkForm
}

/** What the network wrote is spelled in the system's own ids where it has them. */
async function forSystem(tables: Tables, institution: string, content: HeldContent): Promise<Octets> {
  const told = withoutNarrative(content.peopleText)
  const value = valueOf(told)
  if (!isResource(value)) return told
  const ids = references(value).flatMap((reference) => (reference.kind === 'relative' ? [reference.id] : []))
  const own = new Map(
    (await tables.records.keysOf(ids)).flatMap((key) => (key.institution === institution ? [[key.id, key.localId] as const] : [])),
  )
  const patients = new Map(
    (await tables.identities.ofPersons(ids)).flatMap((row) =>
      row.institution === institution ? [[row.person, row.localId] as const] : [],
    ),
  )
  const rewritten = rewriteReferences(value, (reference) => {
    const [type, id] = reference.split('/')
    if (type === undefined || id === undefined) return undefined
    const local = type === 'Patient' ? (patients.get(id) ?? own.get(id)) : own.get(id)
    return local === undefined ? undefined : `${type}/${local}`
  })
  return octetsOf(stringifyExact(rewritten))
}
