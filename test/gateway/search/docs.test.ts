/** docs/search.md says what is searched, made of the tables the program itself reads. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { searchParametersOf } from '../../../fhir-profiles/search-parameters.ts'
import { knownTypes } from '../../../gateway/logic/access.ts'
import { isSearchable, modifiersOf } from '../../../gateway/search-clause.ts'

const file = new URL('../../../docs/search.md', import.meta.url)
const mark = '<!-- made by test/gateway/search/docs.test.ts -->\n'

test('the tables of docs/search.md are those of the program', () => {
  const [head = ''] = readFileSync(file, 'utf8').split(mark)
  const page = `${head}${mark}${tables()}`
  if (process.env['WRITE_TABLES'] === '1') writeFileSync(file, page)
  expect(readFileSync(file, 'utf8')).toBe(page)
})

function tables(): string {
  const modifiers = Object.entries(modifiersOf).map(([type, names]) => `| ${type} | ${names.map((name) => `\`:${name}\``).join(' ')} |`)
  const common = [...searchParametersOf('').keys()]
  const types = knownTypes.map((type) => {
    const own = [...searchParametersOf(type).values()].filter(
      (parameter) => isSearchable(type, parameter) && !common.includes(parameter.name),
    )
    return `| ${type} | ${own.map(({ name, type: kind }) => `${name} (${kind})`).join(', ')} |`
  })
  return `
## Modifiers

| type of parameter | modifiers |
|---|---|
${modifiers.join('\n')}

## Parameters of every type

${common.map((name) => `\`${name}\``).join(', ')}, and computed: \`_has\`, \`_list\`.

## Parameters by type

| type | parameters |
|---|---|
${types.join('\n')}
`
}
