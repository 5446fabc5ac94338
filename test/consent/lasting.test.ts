/** A view is kept with the rules it was made of, and never longer than nothing begins and nothing ends: of the rules, and of the law. */
import { expect, test } from '@jest/globals'
import { breakGlassRows, ceilingRows, statuteRows } from '../../consent/law/kr.ts'
import { lasting } from '../../consent/lasting.ts'
import type { AccessRequest, ProvisionRow, View } from '../../consent/types.ts'
import { view } from '../../consent/view.ts'
import { at, breakGlass, consent, now, organization, receiver, request, rowsOf, sandbox, types } from './support/builders.ts'

const rows = rowsOf(
  consent({ period: { start: '2004', end: '2026-06-30' } }),
  consent({ type: 'deny', class: types('Condition'), period: { start: '2026-01-01', end: '2026-03-31' } }),
  consent({ actor: [receiver(organization('tertiary'))], period: { start: '2016', end: '2027' } }),
)
/** nothing of these is in force when the rows of the law begin */
const young = rowsOf(consent({ period: { start: '2026-01-01' } }))
const statute: AccessRequest = {
  ...request('tertiary'),
  basis: {
    ...request('tertiary').basis,
    statute: { kind: 'person', person: 'person-1', article: statuteRows[0]?.article ?? '' },
  },
}
const asked: readonly AccessRequest[] = [request('tertiary'), breakGlass('tertiary', 'person-1'), statute]

/** The last millisecond before and the first after every begin and end there is. */
const edges = [...breakGlassRows, ...ceilingRows, ...statuteRows, ...rows, ...young]
  .flatMap((row) => [row.fromMs, 'untilMs' in row ? row.untilMs + 1 : row.fromMs])
  .flatMap((edgeMs) => [edgeMs - 1, edgeMs])
  .filter((atMs) => Math.abs(atMs) < 8.64e15)

/** As somebody sees it for whom nothing is kept yet. */
const fresh = (request: AccessRequest, atMs: number, of = rows): View => view(request, new Map([['person-1', [...of]]]), sandbox, atMs)

test.each([
  ['forwards', edges.toSorted((a, b) => a - b)],
  ['backwards', edges.toSorted((a, b) => b - a)],
  ['between now and then', edges.flatMap((atMs) => [now, atMs])],
])('what is kept is what would be made anew, at every edge, %s', (_, instants) => {
  for (const rules of [rows, young])
    for (const request of asked) {
      const kept: ReadonlyMap<string, readonly ProvisionRow[]> = new Map([['person-1', rules]])
      for (const atMs of instants) expect(view(request, kept, sandbox, atMs)).toEqual(fresh(request, atMs, rules))
    }
})

test('the edges are seen: two views of one request differ across one of them', () => {
  const seen = new Set(asked.flatMap((request) => edges.map((atMs) => JSON.stringify(fresh(request, atMs)))))
  expect(seen.size).toBeGreaterThan(asked.length)
})

test('lasts from the last edge to the millisecond before the next, both inclusive', () => {
  const refusal = { fromMs: at('2026-01-01T00:00:00+09:00'), untilMs: at('2026-04-01T00:00:00+09:00') - 1 }
  expect(lasting(rows, now)).toEqual(refusal)
  expect(lasting(rows, refusal.fromMs)).toEqual(refusal)
  expect(lasting(rows, refusal.untilMs)).toEqual(refusal)
  expect(lasting(rows, refusal.untilMs + 1).fromMs).toBe(refusal.untilMs + 1)
  expect(lasting(rows, refusal.fromMs - 1).untilMs).toBe(refusal.fromMs - 1)
})

test('is made anew for another person, another request and another implicit policy', () => {
  const [asker] = asked
  if (asker === undefined) throw new Error('nobody asks')
  const none: readonly ProvisionRow[] = []
  const of = (person: string, implicit = sandbox.implicit): View => view(asker, new Map([[person, none]]), { implicit }, now)
  expect(of('person-1')).toBe(of('person-1'))
  expect(of('person-1', 'all-normal')).not.toEqual(of('person-1'))
  expect(view(statute, new Map([['person-2', rows]]), sandbox, now)).not.toEqual(view(statute, new Map([['person-1', rows]]), sandbox, now))
})
