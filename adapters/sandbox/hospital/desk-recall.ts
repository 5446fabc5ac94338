/** What staff do with a recall: set the copies aside and say so, or say why the law makes them keep using them. Nothing is deleted. */
import type { Chart } from './chart.ts'
import { textOf } from './chart.ts'
import type { DeskInput, DeskReply } from './desk-work.ts'
import { recallAnswerMessage } from './messages.ts'
import { queue } from './outbox.ts'

export function recalls(chart: Chart): DeskReply {
  return { status: 200, body: chart.rows('select id, recalled, text, state, updated_at from recall order by rowid') }
}

const statusOf = { acknowledge: 'completed', refuse: 'rejected' } as const
const stateAfter = { acknowledge: 'acknowledged', refuse: 'refused' } as const

export function answerRecall(chart: Chart, id: string, verb: 'acknowledge' | 'refuse', input: DeskInput, now: Date): DeskReply {
  const recall = chart.first('select * from recall where id = ?', id)
  if (recall === undefined) return { status: 404, body: { error: 'no such recall' } }
  if (textOf(recall, 'state') !== 'received') return { status: 409, body: { error: `the recall is ${textOf(recall, 'state')}` } }
  const pid3 = textOf(recall, 'pid3')
  // A message of ours names a patient; a recall of what never came names none, and there is nothing to answer.
  if (pid3 === '') return { status: 409, body: { error: 'the recall names nobody: nothing of it is here' } }
  const reason = verb === 'refuse' ? input['reason'] : ''
  if (typeof reason !== 'string' || (verb === 'refuse' && reason.trim() === ''))
    return { status: 400, body: { error: 'reason is required' } }
  return chart.together(() => {
    const controlId = queue(chart, 'HIS', 'RRI^I12', (own) =>
      recallAnswerMessage({ id: own, now, answers: id, status: statusOf[verb], pid3, reason }),
    )
    chart.change('update recall set state = ?, updated_at = ? where id = ?', stateAfter[verb], now.toISOString(), id)
    return { status: 200, body: { id, state: stateAfter[verb], controlIds: [controlId] } }
  })
}
