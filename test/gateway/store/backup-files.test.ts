import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { fileLines, isFileLine, restoredFiles } from '../../../gateway/store/backup-files.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function linesOf(dataDir: string): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of fileLines(dataDir)) lines.push(line)
  return lines
}

test('what the operator put in goes along in parts, and stands in its place only when all of the backup is proven', async () => {
  const from = join(folder, 'from')
  mkdirSync(join(from, 'profiles'), { recursive: true })
  const bytes = Buffer.alloc(1_700_000, 'package ')
  writeFileSync(join(from, 'profiles', 'hl7.fhir.uv.ips.package'), bytes)
  writeFileSync(join(from, 'profiles', 'half.package.new'), 'x')
  const lines = await linesOf(from)
  expect(lines.map((line) => [isFileLine(line), line.slice(0, 60)])).toEqual(
    [0, 1, 2].map((part) => [true, `{"file":"profiles/hl7.fhir.uv.ips.package","part":${part},"data":"cGF`.slice(0, 60)]),
  )
  const to = join(folder, 'to')
  const [kept, dropped] = [restoredFiles(to), restoredFiles(join(folder, 'other'))]
  for (const line of lines) await kept.take(line)
  await dropped.take(lines[0] ?? '')
  expect(readdirSync(join(to, 'profiles'))).toEqual(['hl7.fhir.uv.ips.package.restored'])
  expect(await kept.keep()).toBe(1)
  await kept.drop()
  await dropped.drop()
  expect(readFileSync(join(to, 'profiles', 'hl7.fhir.uv.ips.package')).equals(bytes)).toBe(true)
  expect(readdirSync(join(folder, 'other', 'profiles'))).toEqual([])
  expect(await linesOf(join(folder, 'nowhere'))).toEqual([])
})

test.each(['../carenet.json', 'profiles/../../x.package', 'profiles/x.ts', '/etc/x.package', 'database/x', 'profiles/.package.terms'])(
  'a backup that names %s writes nothing',
  async (file) => {
    const files = restoredFiles(folder)
    await expect(files.take(JSON.stringify({ file, part: 0, data: '' }))).rejects.toThrow('no place here')
    await expect(files.take(JSON.stringify({ file: 'profiles/x.package', part: 1, data: '' }))).rejects.toThrow('no beginning')
    expect(readdirSync(folder)).toEqual([])
  },
)
