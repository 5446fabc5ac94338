/** Decisions per second of the three: our decision with reasons, our view, and Cedar on the same consents written as flat policies. */
import { decide } from '../consent/decide.ts'
import { matches, view } from '../consent/view.ts'
import { cedarCall, cedarPermits, prepareCedar } from './cedar.ts'
import { consents, environment, nowMs, records, requests, rows } from './corpus.ts'
import { medianMicroseconds } from './measure.ts'
import type { Measured } from './report.ts'

const byPerson = new Map([['person-1', rows]])

export async function benchDecisions(): Promise<readonly Measured[]> {
  const policies = prepareCedar(rows)
  const pairs = requests.flatMap((request, i) => {
    const { condition } = view(request, byPerson, environment, nowMs)
    return records
      .filter((_, j) => (i * 7 + j) % 13 === 0)
      .map((facts) => ({ request, facts, condition, call: cedarCall(request, facts, nowMs) }))
  })
  const differing = pairs.filter(({ request, facts, condition, call }) => {
    const answers = [cedarPermits(call), decide(request, rows, facts, environment, nowMs).permit, matches(condition, facts)]
    return new Set(answers).size > 1
  })
  if (differing.length > 0) throw new Error(`the three differ on ${differing.length} of ${pairs.length} questions`)
  const pick = <T>(all: readonly T[], at: number): T => {
    const found = all[at % all.length]
    if (found === undefined) throw new Error('the corpus is empty')
    return found
  }
  const micros = await medianMicroseconds(
    [
      { name: 'cedar', perRound: 10, run: (at) => cedarPermits(pick(pairs, at).call) },
      { name: 'decide', perRound: 300, run: (at) => decide(pick(pairs, at).request, rows, pick(pairs, at).facts, environment, nowMs) },
      { name: 'first', perRound: 60, run: (at) => decide({ ...pick(pairs, at).request }, rows, pick(pairs, at).facts, environment, nowMs) },
      { name: 'matches', perRound: 10_000, run: (at) => matches(pick(pairs, at).condition, pick(pairs, at).facts) },
      // rows as just read from the database: nothing is remembered of them
      { name: 'view', perRound: 20, run: (at) => view({ ...pick(requests, at) }, freshRows(), environment, nowMs) },
    ],
    200,
    'processor',
  )
  const of = (name: string): number => micros.get(name) ?? Number.NaN
  const corpus = `${consents.length} consents, ${policies} policies, ${pairs.length} questions on which all three agree`
  const ratio = (name: string) => of('cedar') / of(name)
  return [
    { what: `Cedar (stateful), one decision; ${corpus}`, micros: of('cedar') },
    { what: '`view.matches`, one decision', micros: of('matches'), figure: ratio('matches'), unit: '× Cedar', atLeast: 100 },
    { what: '`decide` with reasons, one of many records', micros: of('decide'), figure: ratio('decide'), unit: '× Cedar', atLeast: 20 },
    { what: '`decide` with reasons, the first record of a new request', micros: of('first'), figure: ratio('first'), unit: '× Cedar' },
    { what: '`view` of 20 consents just read', micros: of('view'), figure: of('view') / 1000, unit: 'ms', atMost: 1 },
  ]
}

function freshRows(): ReadonlyMap<string, typeof rows> {
  return new Map([['person-1', rows.map((row) => ({ ...row }))]])
}
