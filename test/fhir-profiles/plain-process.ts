/** Runs pure code in a process of its own: in another time zone, or at the speed it has outside a test runner. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const folder = new URL('../../fhir-profiles/', import.meta.url)

/**
 * @param file of fhir-profiles; its exports are `it` in the expression
 * @returns what the expression is, as JSON
 */
export function inProcess(file: string, expression: string, zone = 'UTC'): string {
  const code = `import * as it from ${JSON.stringify(new URL(file, folder).href)}\nconsole.log(JSON.stringify(${expression}))`
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: fileURLToPath(folder),
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  })
}

/** The answers of two processes in different zones: they must be the same, whatever the zone of a machine. */
export function inTwoZones(file: string, expression: string): readonly string[] {
  return ['Asia/Seoul', 'America/Los_Angeles'].map((zone) => inProcess(file, expression, zone))
}
