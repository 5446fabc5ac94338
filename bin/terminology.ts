/**
 * `carenet terminology add|list|remove`: code systems under licence, from the files the user was given. They are read here, compiled into the
 * data folder, and never leave it; a gateway that runs sees them after its next start.
 */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { compileRelease } from '../fhir-profiles/terminology/compiled.ts'
import { readRelease, releaseKinds } from '../fhir-profiles/terminology/release/read-release.ts'
import { dropRelease, keepRelease, listReleases } from '../gateway/store/terminology-releases.ts'
import { operatorConfig, type OperatorOptions } from './operator.ts'

export interface AddOptions extends OperatorOptions {
  readonly kind: string
  readonly files: readonly string[]
  /** as the publisher names it; '' = not said */
  readonly release: string
}

/** Throws with the file's fault in words; then nothing is changed. */
export async function terminologyAdd(options: AddOptions): Promise<void> {
  const { kind, files, release, print } = options
  const { dataDir } = await operatorConfig(options)
  if (!releaseKinds.includes(kind)) throw new Error(`no kind \`${kind}\`; there are ${releaseKinds.join(', ')}`)
  const startedMs = performance.now()
  const made = await readRelease(kind, await Promise.all(files.map(linesOf)), release)
  const bytes = compileRelease(made)
  keepRelease(dataDir, kind, bytes)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  print(`${kind}: ${made.concepts.length} codes of ${made.head[0]}, ${Math.ceil(bytes.length / 1024)} KiB, in ${seconds} s`)
  print('a gateway that runs sees them after its next start')
}

/** One line per release that is put in. */
export async function terminologyList(options: OperatorOptions): Promise<void> {
  const { dataDir } = await operatorConfig(options)
  const releases = listReleases(dataDir)
  for (const { kind, head, size } of releases)
    options.print(`${kind}\t${head[0]}\t${head[2] === '' ? 'release not said' : head[2]}\t${size} codes`)
  if (releases.length === 0) options.print(`none; \`carenet terminology add --kind KIND FILE\`, kinds: ${releaseKinds.join(', ')}`)
}

/** False where there was nothing to remove. */
export async function terminologyRemove(options: OperatorOptions & { readonly kind: string }): Promise<boolean> {
  const { dataDir } = await operatorConfig(options)
  const was = dropRelease(dataDir, options.kind)
  options.print(was ? `${options.kind}: removed; a gateway that runs forgets it at its next start` : `${options.kind}: not there`)
  return was
}

/** Lines of a file in UTF-8, or else in the Korean code page that national lists still come in. */
async function linesOf(file: string): Promise<AsyncIterable<string>> {
  const encoding = (await isWrittenInUtf8(file)) ? 'utf-8' : 'euc-kr'
  return decodedLines(file, encoding)
}

/** By the first megabyte; a character cut at its end does not count. */
async function isWrittenInUtf8(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(1024 * 1024), 0, 1024 * 1024, 0)
    return [0, 1, 2, 3].some((cut) => isUtf8(buffer.subarray(0, Math.max(0, bytesRead - cut))))
  } finally {
    await handle.close()
  }
}

async function* decodedLines(file: string, encoding: 'utf-8' | 'euc-kr'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let rest = ''
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const lines = (rest + decoder.decode(Buffer.from(chunk), { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
