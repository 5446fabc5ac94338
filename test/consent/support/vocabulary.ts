/** The few words in which generated consents are written, with what each means, spelled out by hand. */
import type { ActorKey } from '../../../consent/types.ts'

/** How an actor may be written, and whom the directory knows by it. */
export const actorKeys: ReadonlyMap<string, ActorKey> = new Map([
  ['Organization/network', 'org:network'],
  ['Organization/clinic', 'org:clinic'],
  ['Organization/hospital', 'org:hospital'],
  ['Organization/tertiary', 'org:tertiary'],
  ['01100003', 'org:tertiary'],
  ['Practitioner/tertiary-doctor', 'practitioner:tertiary-doctor'],
  ['Practitioner/clinic-doctor', 'practitioner:clinic-doctor'],
  ['03', 'dept:03'],
  ['01', 'dept:01'],
])

export const knownRoles: ReadonlyMap<string, 'receiver' | 'source'> = new Map([
  ['none', 'receiver'],
  ['IRCP', 'receiver'],
  ['PRCP', 'receiver'],
  ['GRANTEE', 'receiver'],
  ['CST', 'source'],
  ['AUT', 'source'],
])

const instant = (first: string, last: string) => ({ firstMs: Date.parse(first), lastMs: Date.parse(last) })

/** The dates of generated periods, as they are to be read in Seoul. */
export const moments: ReadonlyMap<string, { readonly firstMs: number; readonly lastMs: number }> = new Map([
  ['2025', instant('2025-01-01T00:00:00+09:00', '2025-12-31T23:59:59.999+09:00')],
  ['2026-03', instant('2026-03-01T00:00:00+09:00', '2026-03-31T23:59:59.999+09:00')],
  ['2026-03-02', instant('2026-03-02T00:00:00+09:00', '2026-03-02T23:59:59.999+09:00')],
  ['2026-03-02T01:00:00Z', instant('2026-03-02T10:00:00+09:00', '2026-03-02T10:00:00+09:00')],
  ['2040-12-31', instant('2040-12-31T00:00:00+09:00', '2040-12-31T23:59:59.999+09:00')],
])

/** Instants worth asking at: inside, on and just beyond the edges above, and around a fourteenth birthday. */
export const askedAt: readonly number[] = [
  '2025-12-31T23:59:59.999+09:00',
  '2026-01-01T00:00:00+09:00',
  '2026-03-01T00:00:00+09:00',
  '2026-03-02T10:00:00+09:00',
  '2026-03-02T09:59:59.999+09:00',
  '2026-03-20T12:00:00+09:00',
  '2026-03-02T10:00:00.001+09:00',
  '2026-03-31T23:59:59.999+09:00',
  '2026-04-01T00:00:00+09:00',
  '2032-06-08T23:59:59.999+09:00',
  '2032-06-09T00:00:00+09:00',
  '2041-01-01T00:00:00+09:00',
].map((text) => Date.parse(text))

export const guardedBirthDate = '2018-06-09'
export const guardianUntilMs = Date.parse('2032-06-09T00:00:00+09:00') - 1

/** Ranks of confidentialities; 6 = not labelled. */
export const ranks: Readonly<Record<string, number>> = { U: 0, L: 1, M: 2, N: 3, R: 4, V: 5 }

/** What naming a sensitivity means besides itself, spelled out. */
export const narrower: Readonly<Record<string, readonly string[]>> = {
  SPI: ['BH', 'COGN', 'DVD', 'EMOTDIS', 'MH', 'PSY', 'PSYTHPN', 'SUD', 'ETHUD', 'OPIOIDUD'],
  SUD: ['ETHUD', 'OPIOIDUD'],
}

/** Records that are known by id, but not what they refer to. */
export const closed: ReadonlyMap<string, string> = new Map([['r4', 'hospital']])

/** Records that consents may name, and what each refers to; a record that is not here is unknown. */
export const referredTo: ReadonlyMap<string, readonly string[]> = new Map([
  ['r1', ['r2', 'r3']],
  ['r2', []],
  ['r3', ['r1']],
])
