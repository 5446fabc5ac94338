/**
 * A person, composed for one caller from the Patient records that caller may see. The newest record speaks for names and address;
 * identifiers are those of every visible record. The version token is a function of the visible content only.
 */
import { hash } from 'node:crypto'
import { compact, type Identifier, type Patient } from '../../fhir-profiles/r4.ts'

export interface VisibleRecord {
  readonly patient: Patient
  readonly custodian: string
  readonly updatedMs: number
}

export interface ComposedPerson {
  readonly id: string
  readonly patient: Patient
  /** the same as JSON */
  readonly text: string
  /** opaque, changes exactly when what this caller sees changes */
  readonly version: string
  readonly updatedMs: number
}

export function composePerson(person: string, records: readonly VisibleRecord[]): ComposedPerson {
  const newestFirst = records.toSorted((a, b) => b.updatedMs - a.updatedMs || (a.custodian < b.custodian ? -1 : 1))
  // A record its institution gave up for another number still belongs to the person and no longer speaks for them.
  const living = newestFirst.filter(({ patient }) => !(patient.link ?? []).some(({ type }) => type === 'replaced-by'))
  const speaking = living.length === 0 ? newestFirst : living
  const first = <K extends keyof Patient>(element: K): Patient[K] | undefined =>
    speaking.find(({ patient }) => patient[element] !== undefined)?.patient[element]
  const updatedMs = newestFirst[0]?.updatedMs ?? 0
  const visible = compact<Patient>({
    resourceType: 'Patient',
    id: person,
    identifier: identifiersOf(newestFirst),
    active: first('active'),
    name: first('name'),
    telecom: first('telecom'),
    gender: first('gender'),
    birthDate: first('birthDate'),
    deceasedBoolean: first('deceasedBoolean'),
    deceasedDateTime: first('deceasedDateTime'),
    address: first('address'),
    contact: first('contact'),
  })
  const shown = JSON.stringify(visible)
  const version = hash('sha256', shown, 'base64url').slice(0, 22)
  const meta = { versionId: version, lastUpdated: new Date(updatedMs).toISOString() }
  const head = JSON.stringify({ resourceType: 'Patient', id: person }).slice(0, -1)
  return {
    id: person,
    // most are told as text
    get patient() {
      const { resourceType, id = person, ...rest } = visible
      return { resourceType, id, meta, ...rest }
    },
    text: `${head},"meta":${JSON.stringify(meta)}${shown.slice(head.length)}`,
    version,
    updatedMs,
  }
}

/** What a person is usually known by comes first, what no longer holds last: http://hl7.org/fhir/R4/valueset-identifier-use.html */
const uses: readonly (string | undefined)[] = ['usual', 'official', undefined, 'temp', 'secondary', 'old']

/** undefined for none: FHIR JSON has no empty arrays. In an order that tells nothing of when which record came. */
function identifiersOf(records: readonly VisibleRecord[]): Identifier[] | undefined {
  const seen = new Map<string, Identifier>()
  for (const { patient } of records) {
    for (const identifier of patient.identifier ?? []) {
      const key = `${identifier.system ?? ''}|${identifier.value ?? ''}`
      if (!seen.has(key)) seen.set(key, identifier)
    }
  }
  const inOrder = [...seen].sort(([a, x], [b, y]) => uses.indexOf(x.use) - uses.indexOf(y.use) || (a < b ? -1 : 1))
  return seen.size === 0 ? undefined : inOrder.map(([, identifier]) => identifier)
}
