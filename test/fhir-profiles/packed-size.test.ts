/** What the guide and the facts add to an install. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../../fhir-profiles/', import.meta.url))

test('the guide, the facts of R4 and KR Core and the lists take at most 5 MB on disk, unpacked', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.endsWith('.ts') && statSync(join(root, name)).isFile(),
  )
  const bytes = files.reduce((sum, name) => sum + statSync(join(root, name)).size, 0)
  expect(files.length).toBeGreaterThan(300)
  expect(bytes).toBeLessThanOrEqual(5_000_000)
})
