/**
 * The snapshot files of a SNOMED CT release in RF2: concepts, descriptions (any languages), relationships, and if given the language reference
 * set that says which term is preferred. Told apart by their header. Spec: https://confluence.ihtsdotools.org/display/DOCRELFMT
 */
import { system } from '../../codes.ts'
import type { CompiledConcept, Release } from '../compiled.ts'
import type { Lines } from './records.ts'

const isA = '116680003'
const fullName = '900000000000003001'
const preferred = '900000000000548007'

interface Description {
  readonly id: string
  readonly language: string
  readonly term: string
  readonly isFull: boolean
}

/** The columns we read of each kind of file, by a column that only it has. */
const kinds: readonly { readonly kind: 'concept' | 'relationship' | 'description' | 'language'; readonly sign: string }[] = [
  { kind: 'description', sign: 'term' },
  { kind: 'relationship', sign: 'destinationId' },
  { kind: 'language', sign: 'acceptabilityId' },
  { kind: 'concept', sign: 'definitionStatusId' },
]

/** Throws RangeError where the three files are not all there. */
export async function readSnomed(files: readonly Lines[], version: string): Promise<Release> {
  const concepts = new Map<string, boolean>()
  const parents = new Map<string, string[]>()
  const terms = new Map<string, Description[]>()
  const chosen = new Set<string>()
  const seen = new Set<string>()
  for (const lines of files) {
    for await (const { kind, row } of rowsOf(lines)) {
      seen.add(kind)
      if (kind === 'concept') concepts.set(row('id'), row('active') === '1')
      else if (row('active') !== '1') continue
      else if (kind === 'relationship' && row('typeId') === isA) put(parents, row('sourceId'), row('destinationId'))
      else if (kind === 'description')
        put(terms, row('conceptId'), {
          id: row('id'),
          language: row('languageCode'),
          term: row('term'),
          isFull: row('typeId') === fullName,
        })
      else if (kind === 'language' && row('acceptabilityId') === preferred) chosen.add(row('referencedComponentId'))
    }
  }
  const missing = ['concept', 'description', 'relationship'].filter((kind) => !seen.has(kind))
  if (missing.length > 0) throw new RangeError(`the release has no ${missing.join(', no ')} file; give all three snapshot files`)
  return {
    head: [system.snomed, 'snomed-ct', version, 'SNOMED_CT', 'SNOMED CT', 'active'],
    isCaseSensitive: true,
    concepts: [...concepts].map(([code, isActive]) =>
      conceptOf(code, isActive, { terms: terms.get(code) ?? [], parents: parents.get(code) ?? [], chosen }),
    ),
  }
}

function put<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function conceptOf(
  code: string,
  isActive: boolean,
  {
    terms,
    parents,
    chosen,
  }: { readonly terms: readonly Description[]; readonly parents: readonly string[]; readonly chosen: ReadonlySet<string> },
): CompiledConcept {
  const full = terms.find(({ isFull }) => isFull)?.term
  const synonyms = terms.filter(({ isFull }) => !isFull)
  const display = synonyms.find(({ id }) => chosen.has(id))?.term ?? full?.replace(/ \([^()]+\)$/, '') ?? synonyms[0]?.term ?? code
  return {
    code,
    display,
    designations: terms.flatMap(({ language, term }) => (term === display ? [] : [[language, term] as const])),
    properties: isActive ? [] : [['inactive', true] as const],
    parents,
  }
}

async function* rowsOf(lines: Lines): AsyncGenerator<{ kind: string; row: (column: string) => string }> {
  let kind = ''
  let places = new Map<string, number>()
  for await (const line of lines) {
    const fields = line.replace(/\r$/, '').split('\t')
    if (kind === '') {
      places = new Map(fields.map((name, at) => [name.replace(/^\uFEFF/, ''), at]))
      kind = kinds.find(({ sign }) => places.has(sign))?.kind ?? ''
      if (kind === '')
        throw new RangeError('a file is no RF2 snapshot of concepts, descriptions, relationships or a language reference set')
      continue
    }
    if (fields.length > 1) yield { kind, row: (column) => fields[places.get(column) ?? -1] ?? '' }
  }
}
