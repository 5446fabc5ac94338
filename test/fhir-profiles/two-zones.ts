/** Runs a piece of pure code in processes of different time zones, so that the zone of a machine can never change an answer. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../fhir-profiles/', import.meta.url)

/**
 * @param file of fhir-profiles; its exports are `it` in the expression
 * @returns what the expression is, as JSON, once per zone
 */
export function inTwoZones(file: string, expression: string): readonly string[] {
  const code = `import * as it from ${JSON.stringify(new URL(file, folder).href)}\nconsole.log(JSON.stringify(${expression}))`
  return ['Asia/Seoul', 'America/Los_Angeles'].map((zone) =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: fileURLToPath(folder),
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
    }),
  )
}
