/** Rows back into trees: many exceptions, any order of rows, and rows that are lost, doubled or at odds. */
import { expect, test } from '@jest/globals'
import { compile } from '../../consent/compile.ts'
import { treesOf, versionsOf, type Node } from '../../consent/tree.ts'
import { consent, input, rowsOf } from './support/builders.ts'

const pathsOf = (node: Node | undefined): readonly string[] =>
  node === undefined ? [] : [node.row.path, ...node.children.flatMap(pathsOf)]
const many = Array.from({ length: 12 }, () => ({ type: 'deny', provision: [{ type: 'permit' }] }) as const).map(({ type, provision }) => ({
  type,
  provision: [...provision],
}))
const rows = rowsOf(consent({ provision: many }))
const rootsOf = (...asked: Parameters<typeof treesOf>) => treesOf(...asked).map(({ root }) => pathsOf(root).length)

test('a consent with many exceptions is whole, in whatever order its rows come', () => {
  const [tree] = treesOf(rows)
  expect(pathsOf(tree?.root)).toEqual(['', ...many.flatMap((_, at) => [`${at}`, `${at}.0`])])
  expect(tree?.root?.children.map(({ children }) => children.length)).toEqual(Array(12).fill(1))
  expect(rootsOf(rows.toReversed())).toEqual([25])
  expect(rootsOf([])).toEqual([])
})

test('a consent of which a row is lost, doubled or under nobody has no root', () => {
  for (const left of [rows.slice(1), rows.filter(({ path }) => path !== '3'), [...rows, ...rows.slice(-1)], [...rows, ...rows.slice(0, 1)]])
    expect(rootsOf(left)).toEqual([0])
})

test('rows that do not agree on a controller are the network`s', () => {
  const controllers = (...names: readonly string[]) =>
    treesOf(rows.slice(0, names.length).map((row, at) => ({ ...row, controller: names[at] ?? '' }))).map(({ controller }) => controller)
  expect([controllers('clinic', 'clinic'), controllers('clinic', 'hospital'), controllers('clinic', 'network')]).toEqual([
    ['clinic'],
    ['network'],
    ['network'],
  ])
})

test('what was consulted is told once each, in a fixed order', () => {
  const three = ['c', 'a', 'b', 'a'].flatMap((id) => rowsOf(consent({}, { id })))
  const versions = [
    { id: 'a', version: '1' },
    { id: 'b', version: '1' },
    { id: 'c', version: '1' },
  ]
  expect([versionsOf(treesOf(three)), versionsOf(treesOf(three.toReversed()))]).toEqual([versions, versions])
})

test('a guardian`s permit with a birth date that is none does not count', () => {
  const compiled = compile(consent(), input({ signedByGuardian: true, birthDate: 'soon' }))
  expect(compiled.rows.map(({ blind }) => blind)).toEqual([['performer']])
})
