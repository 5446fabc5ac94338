/**
 * What the operator put into the data folder (FHIR packages, terminology releases) as lines of a backup, and back. After the rows, a line for each
 * part of a file: `{"file":"terminology/kcd.terms","part":0,"data":"…base64…"}`. No patient data is in them; what is judged and read by hangs on them.
 */
import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** bytes of one line, a multiple of three: base64 without filling in between */
const partBytes = 768 * 1024
const folders = { profiles: '.package', terminology: '.terms' } as const
/** nothing else is ever written, whatever a backup says */
const safe = /^(?:profiles\/[\w.-]{1,200}\.package|terminology\/[\w.-]{1,60}\.terms)$/

/** The files of a data folder, as lines. */
export async function* fileLines(dataDir: string): AsyncGenerator<string> {
  for (const [folder, ending] of Object.entries(folders)) {
    const path = join(dataDir, folder)
    const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(ending)) : []
    for (const name of names.sort().filter((each) => safe.test(`${folder}/${each}`))) {
      let part = 0
      for await (const bytes of createReadStream(join(path, name), { highWaterMark: partBytes })) {
        if (!Buffer.isBuffer(bytes)) throw new TypeError('a file is read as bytes')
        yield `${JSON.stringify({ file: `${folder}/${name}`, part, data: bytes.toString('base64') })}\n`
        part += 1
      }
    }
  }
}

export function isFileLine(line: string): boolean {
  return line.startsWith('{"file":')
}

/** Files of a backup that is being restored: they stand beside until all of it is proven, and are in place or gone after that. */
export interface RestoredFiles {
  /** Throws for a line that is none, or that names another place. */
  take(line: string): Promise<void>
  /** puts them in the place of those of the same name; how many */
  keep(): Promise<number>
  drop(): Promise<void>
}

export function restoredFiles(dataDir: string): RestoredFiles {
  const drafts = new Map<string, string>()
  return {
    async take(line) {
      const { file, part, data } = partOf(line)
      const draft = join(dataDir, `${file}.restored`)
      if (part === 0) {
        await mkdir(dirname(draft), { recursive: true })
        drafts.set(file, draft)
        await writeFile(draft, data)
      } else if (drafts.has(file)) await appendFile(draft, data)
      else throw new Error('a part of a file in the backup has no beginning')
    },
    async keep() {
      for (const [file, draft] of drafts) await rename(draft, join(dataDir, file))
      return drafts.size
    },
    async drop() {
      for (const draft of drafts.values()) await rm(draft, { force: true })
    },
  }
}

/** For a restore that is to bring the database alone. */
export const noFiles: RestoredFiles = { take: () => Promise.resolve(), keep: () => Promise.resolve(0), drop: () => Promise.resolve() }

function partOf(line: string): { readonly file: string; readonly part: number; readonly data: Buffer } {
  const value: unknown = JSON.parse(line)
  if (typeof value === 'object' && value !== null && 'file' in value && 'part' in value && 'data' in value) {
    const { file, part, data } = value
    if (typeof file === 'string' && safe.test(file) && typeof part === 'number' && typeof data === 'string')
      return { file, part, data: Buffer.from(data, 'base64') }
  }
  throw new Error('the backup holds a file that has no place here')
}
