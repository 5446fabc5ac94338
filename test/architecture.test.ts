import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { importsOf, readSources, root, withoutComments } from './architecture/imports.ts'
import type { Import, Source } from './architecture/imports.ts'
import { dataTables, effects, emptyNames, guardedNames, maxLines, pureModules, rooms } from './architecture/rooms.ts'
import type { Room } from './architecture/rooms.ts'

const folders = ['fhir-profiles', 'consent', 'gateway', 'adapters', 'bin', 'bench']
const sources = readSources(folders)
const byFile = new Map(sources.map((source) => [source.file, source]))
const imports = sources.flatMap((source) => source.imports)

function matches(file: string, pattern: string): boolean {
  if (!pattern.includes('*')) return pattern.endsWith('/') ? file.startsWith(pattern) : file === pattern
  const parts = pattern.split('*').map((part) => part.replace(/[.\\/]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]*')}${pattern.endsWith('/') ? '' : '$'}`).test(file)
}

const roomOf = (file: string): Room | undefined => rooms.find((room) => room.holds.some((pattern) => matches(file, pattern)))
const where = ({ file, line }: Import): string => `${file}:${line}`
const selfOf = (file: string): string => file.split('/').slice(0, 2).join('/') + '/'
const isListed = (file: string, patterns: readonly string[], target: string): boolean =>
  patterns.some((pattern) => matches(target, pattern === '{self}' ? selfOf(file) : pattern))

/** Why an import is not allowed; undefined when it is. */
function faultOf(each: Import): string | undefined {
  const room = roomOf(each.file)
  if (room === undefined) return undefined
  if (!each.isOwn) return packageFault(each, room)
  if (isListed(each.file, room.uses, each.target) && !isListed(each.file, room.never ?? [], each.target)) return undefined
  if (!isListed(each.file, room.types, each.target)) return `${room.name} may not import \`${each.target}\``
  return each.isType ? undefined : `${room.name} may import \`${each.target}\` as types only`
}

function packageFault(each: Import, room: Room): string | undefined {
  // a type costs nothing and does nothing
  if (each.isType) return undefined
  const isAllowed = room.packages.some((name) => name === each.target || (name === 'node:' && each.target.startsWith('node:')))
  return isAllowed ? undefined : `${room.name} may not import the package \`${each.target}\``
}

/** Files a file pulls in at run time, itself included. */
function closureOf(source: Source): readonly Source[] {
  const seen = new Set<Source>()
  const visit = (each: Source): void => {
    if (seen.has(each)) return
    seen.add(each)
    for (const { isOwn, isType, target } of each.imports) {
      const next = isOwn && !isType ? byFile.get(target) : undefined
      if (next !== undefined) visit(next)
    }
  }
  visit(source)
  return [...seen]
}

test('every source file belongs to a room, so that something says what it may import', () => {
  expect(sources.map((source) => source.file).filter((file) => roomOf(file) === undefined)).toEqual([])
})

test('every import stays within the table of rooms', () => {
  const faults = imports.flatMap((each) => {
    const fault = faultOf(each)
    return fault === undefined ? [] : [`${where(each)} ${fault}`]
  })
  expect(faults).toEqual([])
})

test('every import of our own names an existing file with its ending, and none is computed', () => {
  const faults = imports.filter(({ isOwn, target }) => (isOwn ? !existsSync(join(root, target)) : !/^[@a-z]/.test(target)))
  expect(faults.map((each) => `${where(each)} ${each.target}`)).toEqual([])
})

test('every package imported at run time is a dependency of ours, not of somebody else’s', () => {
  const {
    dependencies,
    devDependencies,
  }: Record<'dependencies' | 'devDependencies', Record<string, string>> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // measuring is no part of what is installed
  const known = (file: string) => (file.startsWith('bench/') ? { ...dependencies, ...devDependencies } : dependencies)
  const nameOf = (target: string): string =>
    target
      .split('/')
      .slice(0, target.startsWith('@') ? 2 : 1)
      .join('/')
  const faults = imports.filter(
    (each) => !each.isOwn && !each.isType && !each.target.startsWith('node:') && !(nameOf(each.target) in known(each.file)),
  )
  expect(faults.map((each) => `${where(each)} ${each.target}`)).toEqual([])
})

test('what decides and what maps reads no clock, network, file, chance or process, nor does anything it uses', () => {
  const reached = new Map<Source, Source>()
  for (const source of sources.filter((each) => roomOf(each.file)?.isPure)) {
    for (const each of closureOf(source)) if (!reached.has(each) || each === source) reached.set(each, source)
  }
  const faults = [...reached].flatMap(([each, by]) => {
    const user = each === by ? '' : ` (used by ${by.file})`
    const modules = each.imports.filter(({ target, isType }) => !isType && target.startsWith('node:') && !pureModules.includes(target))
    const lines = withoutComments(each.text)
      .split('\n')
      .map((line, index) => ({ line: index + 1, text: line.trim() }))
    return [
      ...modules.map(({ line, target }) => `${each.file}:${line} ${target}${user}`),
      ...lines
        .filter(({ text }) => effects.some((effect) => effect.test(text)))
        .map(({ line, text }) => `${each.file}:${line} ${text}${user}`),
    ]
  })
  expect(faults).toEqual([])
})

test('unjudged content is opened, and adapters are made, only where the table says', () => {
  const faults = guardedNames.flatMap(({ from, name, by }) =>
    imports
      .filter((each) => each.target === from && !each.isType && (name === '*' || each.names.includes(name) || each.names.includes('*')))
      .filter((each) => !by.some((pattern) => matches(each.file, pattern)))
      .map((each) => `${where(each)} may not import \`${name}\` of \`${from}\``),
  )
  expect(faults).toEqual([])
})

test('only released.ts makes what may be sent', () => {
  const faults = sources.filter(
    (source) => source.file !== 'gateway/released.ts' && /\bnew Released\w*\(/.test(withoutComments(source.text)),
  )
  expect(faults.map((source) => source.file)).toEqual([])
  const release = byFile.get('gateway/released.ts')
  // a class that is exported as a value could be constructed, or subclassed, elsewhere
  expect(release?.text).not.toMatch(/export (abstract )?class Released|export \{[^}]*\bReleased\w*\b/)
})

test('SQL text is written in the store and in the rules that compile to it, nowhere else', () => {
  const isSql = /[`'"]\s*(select\s[^;]*\sfrom\s|insert into\s|update\s+\w+\s+set\s|delete from\s)/i
  const allowed = ['gateway/store/', 'consent/', 'adapters/sql-view/', 'adapters/sandbox/', 'bench/store.ts', 'bench/load/database.ts']
  const faults = sources.filter(
    (source) => isSql.test(withoutComments(source.text)) && !allowed.some((folder) => source.file.startsWith(folder)),
  )
  expect(faults.map((source) => source.file)).toEqual([])
})

test('no file is called by a name that says nothing', () => {
  const all = [...sources.map((source) => source.file), ...readSources(['test']).map((source) => source.file)]
  expect(all.filter((file) => emptyNames.test(basename(file)))).toEqual([])
})

test('no file is longer than a reader keeps in mind', () => {
  const long = sources
    .filter((source) => !dataTables.some((pattern) => matches(source.file, pattern)))
    .map((source) => ({
      file: source.file,
      lines: withoutComments(source.text)
        .split('\n')
        .filter((line) => line.trim() !== '').length,
    }))
    .filter(({ lines }) => lines > maxLines)
  expect(long).toEqual([])
})

test('an adapter folder has the five names', () => {
  const kinds = readdirSync(join(root, 'adapters'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'sandbox')
    .map((entry) => entry.name)
  const missing = kinds.flatMap((kind) =>
    ['adapter.ts', 'map.ts', 'config.ts', 'README.md', 'samples']
      .filter((name) => !existsSync(join(root, 'adapters', kind, name)))
      .map((name) => `${kind}/${name}`),
  )
  expect(missing).toEqual([])
})

describe('the reader of imports', () => {
  const read = (text: string): readonly Pick<Import, 'line' | 'target' | 'isType' | 'names'>[] =>
    importsOf('gateway/a/b.ts', text).map(({ line, target, isType, names }) => ({ line, target, isType, names }))

  test('sees every way to import', () => {
    const text = [
      "import { a, type B, c as d } from '../c.ts'",
      "import type { E } from './e.ts'",
      "import { type F } from './f.ts'",
      "import g, { h } from 'g'",
      "import * as i from 'node:i'",
      "import './j.ts'",
      "export { k } from './k.ts'",
      "export * from './l.ts'",
      "const m = await import('./m.ts')",
      'const n = await import(name)',
      'import {',
      '  o,',
      "} from './o.ts'",
    ].join('\n')
    expect(read(text)).toEqual([
      { line: 1, target: 'gateway/c.ts', isType: false, names: ['a', 'c'] },
      { line: 2, target: 'gateway/a/e.ts', isType: true, names: [] },
      { line: 3, target: 'gateway/a/f.ts', isType: true, names: [] },
      { line: 4, target: 'g', isType: false, names: ['*', 'h'] },
      { line: 5, target: 'node:i', isType: false, names: ['*'] },
      { line: 6, target: 'gateway/a/j.ts', isType: false, names: [] },
      { line: 7, target: 'gateway/a/k.ts', isType: false, names: ['k'] },
      { line: 8, target: 'gateway/a/l.ts', isType: false, names: ['*'] },
      { line: 9, target: 'gateway/a/m.ts', isType: false, names: ['*'] },
      { line: 10, target: 'name', isType: false, names: ['*'] },
      { line: 11, target: 'gateway/a/o.ts', isType: false, names: ['o'] },
    ])
  })

  test('is not misled by comments and strings', () => {
    expect(
      read("// import { a } from './a.ts'\n/* import './b.ts' */\nconst url = 'http://x' // from './c.ts'\nimport { d } from './d.ts'"),
    ).toEqual([{ line: 4, target: 'gateway/a/d.ts', isType: false, names: ['d'] }])
  })

  test('would catch a forbidden import', () => {
    const bad = (file: string, text: string): readonly (string | undefined)[] => importsOf(file, text).map(faultOf)
    expect(bad('consent/decide.ts', "import { x } from '../gateway/store/pool.ts'")).toEqual([
      'consent may not import `gateway/store/pool.ts`',
    ])
    expect(bad('gateway/operations/summary.ts', "import express from 'express'")).toEqual([
      'interactions and operations may not import the package `express`',
    ])
    expect(bad('adapters/fhir-rest/adapter.ts', "import { x } from '../hl7v2-mllp/map.ts'")).toEqual([
      'adapter may not import `adapters/hl7v2-mllp/map.ts`',
    ])
    expect(bad('gateway/release.ts', "import { records } from './store/records.ts'")).toEqual([
      'way in, way out, delivery may import `gateway/store/records.ts` as types only',
    ])
  })
})
