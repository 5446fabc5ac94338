import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from '@jest/globals'

/** Each program marks the lines at which the compiler must stop: `// forbidden: TS2339`, or several codes with `|`. */
const folder = fileURLToPath(new URL('./forbidden/', import.meta.url))
const compiler = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
const programs = readdirSync(folder).filter((name) => name.endsWith('.ts'))

let found: ReadonlyMap<string, readonly string[]> = new Map()
beforeAll(async () => {
  found = await compile()
})

test('the control program, which does the same things rightly, compiles', () => {
  expect(found.get('allowed.ts') ?? []).toEqual([])
})

describe('the compiler refuses a program that would', () => {
  test.each(programs.filter((name) => name !== 'allowed.ts'))('%s', (name) => {
    const marked = marks(name)
    const stops = found.get(name) ?? []
    expect(marked.length).toBeGreaterThan(0)
    expect(stops.map((stop) => stop.split(' ')[0])).toEqual(marked.map(({ line }) => String(line)))
    for (const [index, { codes }] of marked.entries()) expect(codes).toContain(stops[index]?.split(' ')[1])
  })
})

function marks(name: string): readonly { readonly line: number; readonly codes: readonly string[] }[] {
  return readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const codes = /\/\/ forbidden: (\S+)/.exec(text)?.[1]
      return codes === undefined ? [] : [{ line: index + 1, codes: codes.split('|') }]
    })
}

/** `line code` of every error, by program; errors elsewhere in the tree are `npm test`'s own first step. */
async function compile(): Promise<ReadonlyMap<string, readonly string[]>> {
  const output = await new Promise<string>((resolve) => {
    execFile(compiler, ['--noEmit', '--pretty', 'false', '-p', folder], (_failure, stdout) => resolve(stdout))
  })
  const errors = [...output.matchAll(/^(\S+)\((\d+),\d+\): error (TS\d+):/gm)]
    .map(([, file = '', line = '', code = '']) => ({ file, line, code }))
    .filter(({ file }) => file.includes('forbidden/') || !file.includes('/'))
  return new Map(
    programs.map(
      (name) => [name, errors.filter(({ file }) => basename(file) === name).map(({ line, code }) => `${line} ${code}`)] as const,
    ),
  )
}
