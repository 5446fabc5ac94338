import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { scale } from '../support/proof.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const compiles = scale > 1

function filesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of [...paths].sort()) hash.update(`${path}\n${readFileSync(join(root, path), 'utf8')}\n`)
  return hash.digest('hex')
}

test('the guide was compiled from the FSH that stands beside it, and nobody edited what came of it (else: npm run ig)', () => {
  const sources = digestOf([...filesIn('fhir-profiles/kr-core', '.fsh'), ...filesIn('fhir-profiles/ig/fsh', '.fsh')])
  const made = digestOf(['fhir-profiles/kr-core/definitions.json', ...filesIn('fhir-profiles/ig/package', '.json')])
  const told: unknown = JSON.parse(readFileSync(join(root, 'fhir-profiles/ig/digests.json'), 'utf8'))
  expect({ sources, made }).toEqual(told)
})

const check = compiles ? test : test.skip
check(`the FSH compiles to the committed bytes${compiles ? '' : ' (skipped: takes 20 s, npm run prove)'}`, () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/ig/build.mjs', '--check'], { cwd: root, encoding: 'utf8' })
  expect(`${status} ${stderr}`).toBe('0 ')
})
