/** The two READMEs say the same to run: same blocks, same commands, same patient numbers, and each leads to the other. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const [english, korean] = [read('README.md'), read('README.ko.md')]

const blocks = (text: string): readonly string[] => text.match(/```sh\n[\s\S]*?```/g) ?? []
const prose = (text: string): string => text.replaceAll(/```[\s\S]*?```/g, '')
const commands = (text: string): readonly string[] => [...new Set(prose(text).match(/`(?:npx|npm|curl|GET|localhost:)[^`]*`/g))].toSorted()
const numbers = (text: string): readonly string[] => prose(text).match(/\b(?:[CHT]-\d{4}|\d{8})\b/g) ?? []
const rows = (text: string): number => text.split('\n').filter((line) => line.startsWith('| ')).length

test('the commands to copy are the same, byte for byte', () => {
  expect(blocks(korean)).toEqual(blocks(english))
  expect(blocks(english).length).toBeGreaterThan(3)
})

test('the commands in the text are the same', () => {
  expect(commands(korean)).toEqual(commands(english))
})

test('the seeded people have the same numbers, in the same order, and no table lost a row', () => {
  expect(numbers(korean)).toEqual(numbers(english))
  expect(rows(korean)).toBe(rows(english))
})

test('each is found from the other, and neither is longer than a reader bears', () => {
  expect(english.split('\n').slice(0, 5).join('\n')).toContain('(README.ko.md)')
  expect(korean.split('\n').slice(0, 5).join('\n')).toContain('(README.md)')
  for (const text of [english, korean]) expect(text.split('\n').length).toBeLessThanOrEqual(200)
})
