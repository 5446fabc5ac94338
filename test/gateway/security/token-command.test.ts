import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { exportJWK } from 'jose'
import { callerOf } from '../../../gateway/security/caller.ts'
import { type RunningServer, startServer } from './running-server.ts'

const carenet = fileURLToPath(new URL('../../../bin/carenet.mjs', import.meta.url))

let server: RunningServer
let dataDir = ''

beforeAll(async () => {
  server = await startServer({ sandbox: true })
  dataDir = await mkdtemp(join(tmpdir(), 'carenet-token-'))
  await mkdir(join(dataDir, 'sandbox'))
  const privateKey = await exportJWK(server.clientKeys.sandbox)
  await writeFile(join(dataDir, 'sandbox', 'cli.json'), JSON.stringify({ privateKey, tokenEndpoint: `${server.url}/oauth/token` }))
})
afterAll(async () => {
  await server.close()
  await rm(dataDir, { recursive: true })
})

interface Run {
  readonly code: number
  readonly out: string
  readonly said: string
}

function run(args: readonly string[], folder = dataDir): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [carenet, 'token', ...args],
      { env: { ...process.env, CARENET_DATA_DIR: folder } },
      (_e, out, said) => resolve({ code: child.exitCode ?? -1, out, said }),
    )
  })
}

test('prints an access token and nothing else', async () => {
  const { code, out, said } = await run(['--as', 'tertiary-doctor'])
  expect([code, said]).toEqual([0, ''])
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  expect(callerOf(await server.verify(`Bearer ${out.trim()}`))).toMatchObject({ subject: 'tertiary-doctor', purposes: ['TREAT'] })
})

test.each([
  ['patient-1', 'PATRQT'],
  ['guardian-5', 'PATRQT'],
  ['privacy-officer', 'HOPERAT'],
])('%s acts for %s unless another purpose is stated', async (name, purpose) => {
  const { out } = await run(['--as', name])
  expect(callerOf(await server.verify(`Bearer ${out.trim()}`)).purposes).toEqual([purpose])
})

test('break-glass is asked for in full', async () => {
  const paperwork = ['--patient', 'person-9', '--reason', 'unconscious', '--note', '의식 없음, 보호자 연락 안 됨']
  const { out } = await run(['--as', 'tertiary-doctor', '--purpose', 'TREAT', '--purpose', 'BTG', ...paperwork])
  const { breakGlass } = callerOf(await server.verify(`Bearer ${out.trim()}`))
  expect(breakGlass).toMatchObject({ kind: 'declared', patient: 'person-9', reason: 'unconscious', note: '의식 없음, 보호자 연락 안 됨' })
})

test.each([
  ['somebody who is not in the sandbox', ['--as', 'somebody'], 'no such identity'],
  ['a purpose beyond the role', ['--as', 'patient-1', '--purpose', 'TREAT'], 'may not ask for this purpose'],
  [
    'break-glass without a ground',
    ['--as', 'tertiary-doctor', '--purpose', 'TREAT', '--purpose', 'BTG', '--patient', 'p', '--note', 'x'],
    'ground',
  ],
  ['nobody', [], '--as'],
  ['a flag that does not exist', ['--as', 'auditor', '--admin'], '--admin'],
])('says on stderr why there is no token for %s', async (_case, args, why) => {
  const { code, out, said } = await run(args)
  expect([code, out]).toEqual([1, ''])
  expect(said).toContain(why)
})

test('without a sandbox it says what to do', async () => {
  const { code, out, said } = await run(['--as', 'tertiary-doctor'], join(dataDir, 'nowhere'))
  expect([code, out]).toEqual([1, ''])
  expect(said).toContain('start the sandbox')
})
