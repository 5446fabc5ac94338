/** A folder as EMR: what a vendor's harness looks like. */
import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dropFolder } from '../../../adapters/template/adapter.ts'
import type { AdapterHarness } from '../../support/adapter-suite.ts'

export const dropHarness: AdapterHarness = {
  kind: dropFolder,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'drop-'))
    await mkdir(join(folder, 'inbox'))
    await mkdir(join(folder, 'outbox'))
    let said = 0
    const remove = () => rm(folder, { recursive: true, force: true })
    return {
      config: { kind: 'drop-folder', folder, pollMs: 20 },
      institution: { id: 'clinic', number: '31100001', name: '해맑은의원' },
      origins: [],
      deadlineMs: 1_000,
      secrets: ['견본하나', 'X-0001'],
      countRows: async (parcelId) => (await readdir(join(folder, 'inbox'))).filter((file) => file.startsWith(parcelId)).length,
      async say() {
        const line = JSON.stringify({ table: 'answer', parcel: `p-${++said}`, state: 'Y' })
        await writeFile(join(folder, 'outbox', `message-${said}.jsonl`), line)
      },
      die: remove,
      close: remove,
    }
  },
}
