/** The folder to copy: an EMR that exchanges JSON-lines files through a shared folder. Small, and complete enough to run. */
import { access, constants, link, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdapterKind, AdapterPorts, EmrAdapter, Parcel, Receipt } from '../contract.ts'
import { type DropConfig, readConfig } from './config.ts'
import { toInboxRow, toParcel } from './map.ts'

export const dropFolder: AdapterKind = {
  kind: 'drop-folder',
  faults(config) {
    const reading = readConfig(config)
    return reading.ok ? [] : reading.faults
  },
  create(config, ports) {
    const reading = readConfig(config)
    if (!reading.ok) throw new Error(`drop-folder: ${reading.faults.join('; ')}`)
    return open(reading.config, ports)
  },
}

type Take = (parcel: Parcel) => Promise<Receipt>

function open(config: DropConfig, ports: AdapterPorts): EmrAdapter {
  const closing = new AbortController()
  return {
    description: { kind: 'drop-folder', product: 'JSON lines in a shared folder', mode: 'stored', capabilities: ['deliver', 'listen'] },
    async check() {
      try {
        await access(join(config.folder, 'inbox'), constants.W_OK)
        return { ok: true }
      } catch (cause) {
        return { ok: false, reason: `the inbox cannot be written (${codeOf(cause)})` }
      }
    },
    // A stored institution is not asked: what it has to say comes through `listen`.
    async *fetch() {},
    deliver: (parcel, signal) => deliver(config, parcel, AbortSignal.any([signal, closing.signal])),
    listen: (take, signal) => listen(config, ports, take, AbortSignal.any([signal, closing.signal])),
    async close() {
      closing.abort()
    },
  }
}

/** Invariant: the row appears whole or not at all, and a second try with the same id finds the first. */
async function deliver({ folder }: DropConfig, parcel: Parcel, signal: AbortSignal): Promise<Receipt> {
  if (signal.aborted) return { outcome: 'transient', reason: 'the caller gave up' }
  if (parcel.kind === 'feed') return { outcome: 'fatal', reason: 'a feed is never sent to an EMR', where: 'Bundle' }
  if (!isFileName(parcel.id)) return { outcome: 'fatal', reason: 'the parcel id cannot be a file name', where: 'Bundle' }
  const target = join(folder, 'inbox', `${parcel.id}.json`)
  const draft = `${target}.part`
  try {
    await writeFile(draft, JSON.stringify(toInboxRow(parcel)), { flush: true })
    await link(draft, target)
    await rm(draft)
    return { outcome: 'ok', reference: parcel.id }
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      await rm(draft, { force: true })
      return { outcome: 'ok', reference: parcel.id }
    }
    return { outcome: 'transient', reason: `the inbox cannot be written (${codeOf(cause)})` }
  }
}

async function listen(config: DropConfig, ports: AdapterPorts, take: Take, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await empty(config, ports, take, signal)
    } catch (cause) {
      ports.log('listen.failed', { reason: codeOf(cause) })
    }
    await pause(config.pollMs, undefined, { signal, ref: false }).catch(onlyAbort)
  }
}

/** Files in order of name. A file is moved away only after `take` has it, so a crash in between brings it again, with the same id. */
async function empty({ folder }: DropConfig, { institution, log }: AdapterPorts, take: Take, signal: AbortSignal): Promise<void> {
  const outbox = join(folder, 'outbox')
  const files = (await readdir(outbox)).filter((file) => file.endsWith('.jsonl') && isFileName(file)).sort()
  for (const file of files) {
    if (signal.aborted) return
    const mapped = toParcel(file, await readFile(join(outbox, file), 'utf8'), institution.number)
    const receipt = mapped.ok ? await take(mapped.parcel) : ({ outcome: 'fatal', reason: mapped.reason, where: 'file' } as const)
    if (receipt.outcome === 'transient') continue
    if (receipt.outcome === 'fatal') log('listen.refused', { where: receipt.where })
    await moveTo(folder, file, receipt.outcome === 'ok' ? 'done' : 'refused')
  }
}

async function moveTo(folder: string, file: string, place: 'done' | 'refused'): Promise<void> {
  await mkdir(join(folder, place), { recursive: true })
  await rename(join(folder, 'outbox', file), join(folder, place, file))
}

/** no separators and no leading dot: a name can never leave its folder */
function isFileName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/.test(text)
}

/** the system's word for what failed, e.g. `ENOENT`; paths stay out of messages */
function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown'
}

function onlyAbort(cause: unknown): void {
  if (codeOf(cause) !== 'ABORT_ERR') throw cause
}
