import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stopPostgres } from './postgres.ts'
import { runFolder } from './run-folder.ts'

// oxlint-disable-next-line import/no-default-export -- jest asks for it
export default async function globalTeardown(): Promise<void> {
  const folder = runFolder()
  const server = join(folder, 'postgres.json')
  if (existsSync(server)) await stopPostgres(JSON.parse(readFileSync(server, 'utf8')))
  rmSync(folder, { recursive: true, force: true })
}
