/**
 * How far a view was read. A change number is given out when a transaction begins and seen when it commits, so 41 may appear after 42 was
 * read. The cursor therefore keeps, besides the highest number taken, every row version of the last `overlap` numbers: they are read
 * again each time, and what is not among them is new.
 */
import type { AdapterPorts } from '../contract.ts'

export interface Cursor {
  /** highest change number taken; undefined before the first row */
  readonly high: number | undefined
  /** `<change>:<hash>` of the row versions taken or refused in the window */
  readonly seen: ReadonlySet<string>
  /** row versions the gateway refused for good, since the first start */
  readonly refused: number
}

export const beginning: Cursor = { high: undefined, seen: new Set(), refused: 0 }

/** Read everything above this number: the window starts `overlap` numbers below the highest one taken. */
export function floorOf(cursor: Cursor, overlap: number): number {
  return cursor.high === undefined ? Number.MIN_SAFE_INTEGER : cursor.high - overlap - 1
}

export function advanced(cursor: Cursor, change: number, hash: string, outcome: 'taken' | 'refused'): Cursor {
  return {
    high: Math.max(cursor.high ?? change, change),
    seen: new Set([...cursor.seen, seenKey(change, hash)]),
    refused: cursor.refused + (outcome === 'refused' ? 1 : 0),
  }
}

export function seenKey(change: number, hash: string): string {
  return `${change}:${hash}`
}

/** Forgets what lies below the window and can never be read again. */
export function trimmed(cursor: Cursor, overlap: number): Cursor {
  const floor = floorOf(cursor, overlap)
  return { ...cursor, seen: new Set([...cursor.seen].filter((key) => Number(key.slice(0, key.indexOf(':'))) > floor)) }
}

type Memory = AdapterPorts['memory']

/** `name` is the memory key of one view. Throws when what is remembered is no cursor: starting over unasked would send old letters again. */
export async function loadCursor(memory: Memory, name: string): Promise<Cursor> {
  const text = await memory.get(name)
  if (text === undefined) return beginning
  const stored: unknown = JSON.parse(text)
  if (!isStored(stored)) throw new Error(`the remembered cursor \`${name}\` is not one`)
  return { high: stored.high ?? undefined, seen: new Set(stored.seen), refused: stored.refused }
}

export async function saveCursor(memory: Memory, name: string, cursor: Cursor): Promise<void> {
  await memory.set(name, JSON.stringify({ high: cursor.high ?? null, seen: [...cursor.seen], refused: cursor.refused }))
}

function isStored(value: unknown): value is { high: number | null; seen: string[]; refused: number } {
  if (typeof value !== 'object' || value === null || !('high' in value) || !('seen' in value) || !('refused' in value)) return false
  const isHigh = value.high === null || Number.isSafeInteger(value.high)
  return isHigh && Array.isArray(value.seen) && value.seen.every((key) => typeof key === 'string') && typeof value.refused === 'number'
}
