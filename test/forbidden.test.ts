import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { hold } from '../gateway/held.ts'
import type { HeldContent } from '../gateway/held.ts'
import { octetsOf } from '../fhir-profiles/octets.ts'
import { publish } from '../gateway/release-public.ts'
import type { Released } from '../gateway/released.ts'
import { reply } from '../gateway/reply.ts'
import { plainContent } from './support/plain-facts.ts'

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

describe('at run time, where a cast or untyped code could get past the compiler', () => {
  const request = { method: 'GET', ifNoneMatch: '', ifModifiedSince: '' }

  /** Records what a handler would send. */
  function fakeResponse() {
    const sent: unknown[] = []
    const response = { writeHead: () => response, end: (body: unknown) => sent.push(body) }
    // only the two methods that reply() calls
    return { response: response as unknown as Parameters<typeof reply>[0], sent }
  }

  test('a reply is refused unless release.ts made it, and nothing is sent', () => {
    const released = publish({ resourceType: 'OperationOutcome', issue: [] })
    const copies: readonly unknown[] = [
      { status: 200, headers: {}, text: '{"resourceType":"Patient"}' },
      Object.assign({}, released),
      Object.create(released),
      Object.setPrototypeOf({ status: 200, headers: {}, text: '{}' }, Object.getPrototypeOf(released)),
      hold(content),
      undefined,
    ]
    for (const copy of copies) {
      const { response, sent } = fakeResponse()
      // this is the cast that the lint forbids in the gateway
      expect(() => reply(response, copy as Released, request)).toThrow('a reply must have been released')
      expect(sent).toEqual([])
    }
    const { response, sent } = fakeResponse()
    reply(response, released, request)
    expect(sent).toHaveLength(1)
  })

  test('a record that was not judged shows nothing when it is logged, spread, copied or sent by accident', () => {
    const held = hold(content)
    const shown = [
      JSON.stringify(held),
      JSON.stringify([held]),
      JSON.stringify(Object.assign({}, held)),
      inspect(held),
      inspect({ held }),
      JSON.stringify(Object.entries(held)),
    ]
    for (const text of shown) expect(text).not.toMatch(/감기|p-1|Observation/)
    expect(() => structuredClone(held)).not.toThrow()
    expect(JSON.stringify(structuredClone(held))).toBe('{}')
  })
})

const content: HeldContent = {
  facts: { id: 'n-1', type: 'Observation', person: 'p-1', custodian: 'clinic', sources: [], classes: [], ...plainContent },
  localId: 'l-1',
  version: '1',
  updatedMs: 0,
  text: octetsOf('{"resourceType":"Observation","note":[{"text":"감기"}]}'),
  peopleText: octetsOf('{"resourceType":"Observation","note":[{"text":"감기"}]}'),
  parties: [],
  deleted: false,
  isNetworkForm: false,
  elements: [],
}

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
