import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { koreanDefinitions } from '../support/guide.ts'
import type { ElementDefinition } from '../support/plain-profile.ts'
import { readCsv } from '../support/csv.ts'

const shared = new URL('../../../shared/kr-core/', import.meta.url)
const present = existsSync(new URL('elements.csv', shared))
const ours = new Map(koreanDefinitions().map((definition) => [definition.id, definition.snapshot.element]))

type Row = Readonly<Record<string, string>>

/** The columns of the list that judge a record, as the element says them. */
const columns: Readonly<Record<string, (element: ElementDefinition) => string>> = {
  min: ({ min }) => String(min),
  max: ({ max }) => max,
  types: ({ path, type = [] }) =>
    path.includes('.') ? [...new Set(type.map(({ code }) => code.replace('http://hl7.org/fhirpath/', '')))].join('|') : '',
  targetProfiles: ({ type = [] }) =>
    type.flatMap(({ targetProfile = [], profile = [] }) => [...targetProfile, ...profile].map(nameOf)).join('|'),
  fixed_or_pattern: (element) =>
    Object.entries(element)
      .filter(([key]) => /^(fixed|pattern)[A-Z]/.test(key))
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join(' '),
  binding_valueset: ({ binding }) => binding?.valueSet ?? '',
  binding_strength: ({ binding }) => binding?.strength ?? '',
  mustSupport: ({ mustSupport }) => (mustSupport === true ? 'Y' : ''),
  isModifier: ({ isModifier }) => (isModifier === true ? 'Y' : ''),
  slicing: ({ slicing }) =>
    slicing === undefined ? '' : `${slicing.discriminator.map(({ type, path }) => `${type}:${path}`).join(' ')}/open`,
  obligations: ({ extension }) => obligationsOf(extension),
}

interface Obligation {
  readonly extension: readonly { readonly url: string; readonly valueCode?: string; readonly valueCanonical?: string }[]
}

/** `server:SHALL:populate | client:SHOULD:populate+SHALL:no-error` */
function obligationsOf(extension: unknown): string {
  // our own file, in the form FHIR gives extensions; simple ones are none of ours
  const extensions = (extension ?? []) as readonly Partial<Obligation>[]
  return extensions
    .flatMap((each) => (each.extension === undefined ? [] : [{ extension: each.extension }]))
    .map(({ extension: parts }) => {
      const actor = parts.find(({ url }) => url === 'actor')?.valueCanonical?.replace(/^.*-/, '')
      return `${actor}:${parts.flatMap(({ valueCode }) => valueCode ?? []).join('+')}`
    })
    .join(' | ')
}

function nameOf(canonical: string): string {
  return canonical.replace(/^.*\//, '')
}

describe(`KR Core's facts${present ? '' : ' (skipped: ../shared absent)'}`, () => {
  const check = present ? test : test.skip

  check('agree with the list of every element that KR Core constrains, row by row', () => {
    const rows: readonly Row[] = readCsv(readFileSync(new URL('elements.csv', shared), 'utf8'))
    expect(rows.length).toBeGreaterThan(500)
    const differing = rows.flatMap((row) => {
      const element = ours.get(row['profile'] ?? '')?.find(({ id }) => id === row['path'])
      if (element === undefined) return [`${row['profile']} ${row['path']}: absent`]
      return Object.entries(columns)
        .filter(([column, of]) => of(element) !== row[column])
        .map(([column, of]) => `${row['profile']} ${row['path']} ${column}: ${of(element)} is ${row[column]}`)
    })
    expect(differing).toEqual([])
  })

  check('agree with the published snapshots, element by element', () => {
    const folder = new URL('package/', shared)
    const published = readdirSync(folder).filter((name) => name.startsWith('StructureDefinition-'))
    expect(published.map((name) => name.slice('StructureDefinition-'.length, -'.json'.length)).sort()).toEqual([...ours.keys()].sort())
    const differing = published.flatMap((name) => {
      // a StructureDefinition as KR Core publishes it
      const { id, snapshot } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
        id: string
        snapshot: { element: ElementDefinition[] }
      }
      const own = (ours.get(id) ?? []).map(judging)
      return snapshot.element.map(judging).filter((element, at) => own[at] !== element)
    })
    expect(differing).toEqual([])
  })
})

/** What of an element judges a record, in one text. */
function judging(element: ElementDefinition): string {
  const { id, path, sliceName, min, max, type, binding, slicing, constraint = [], mustSupport, isModifier = false } = element
  const values = Object.entries(element).filter(([key]) => /^(fixed|pattern|minValue|maxValue)[A-Z]/.test(key))
  const bound = binding === undefined ? undefined : [binding.strength, binding.valueSet]
  const keys = constraint.map(({ key, expression }) => [key, expression]).filter(([key]) => key !== 'ele-1' && key !== 'ext-1')
  const discriminators = slicing?.discriminator.map(({ type, path }) => [type, path])
  return JSON.stringify([id, path, sliceName, min, max, type, bound, discriminators, keys, mustSupport, isModifier, values])
}

test('the facts hold no sentence of KR Core', () => {
  const texts = koreanDefinitions().flatMap(({ snapshot }) =>
    snapshot.element.flatMap((element) => ['short', 'definition', 'comment', 'requirements', 'alias'].filter((key) => key in element)),
  )
  expect(texts).toEqual([])
})
