/**
 * Sending again: a referral that was rejected, failed or was cancelled is sent again by its sender as a new Task that names the former in
 * `Task.basedOn`, to the same institution or another one. A Bundle with that Task alone sends the former's papers again; consent is
 * judged anew. What was never there, what is somebody else's and what is still open are told apart only to the sender.
 */
import type { Resource, ServiceRequest, Task } from '../fhir-profiles/r4.ts'
import { isResource } from '../fhir-profiles/validate/validate.ts'
import { open } from './held.ts'
import { isReferralTask } from './logic/referral.ts'
import { valueOf } from '../fhir-profiles/octets.ts'
import { Problem } from './problem.ts'
import { loadTask } from './referral-step.ts'
import type { Tables } from './store/store.ts'

export interface Former {
  readonly task: Task
  readonly person: string
  readonly request: ServiceRequest
  /** the ServiceRequest and what it refers to, of the sender's own about this patient */
  readonly papers: readonly Resource[]
  readonly paperIds: readonly string[]
}

const over: readonly Task['status'][] = ['rejected', 'failed', 'cancelled']

/** The referral that `task` names as its former; undefined when it names none. Throws Problem unprocessable (422). */
export async function formerOf(tables: Tables, sender: string, task: Task): Promise<Former | undefined> {
  const named = (task.basedOn ?? []).flatMap(({ reference }) => /^Task\/([^/]+)$/.exec(reference ?? '')?.[1] ?? [])
  const [id, ...more] = named
  if (id === undefined) return undefined
  const loaded = more.length > 0 ? undefined : await loadTask(tables, id)
  if (loaded === undefined || !isReferralTask(loaded.task) || loaded.task.requester?.reference !== `Organization/${sender}`) throw unknown()
  if (!over.includes(loaded.task.status)) {
    throw new Problem('unprocessable', 'the former referral is still open: cancel it, or wait for its end', {
      id: 'former-referral-open',
      expression: 'Task.basedOn',
    })
  }
  const focus = loaded.task.focus?.reference?.split('/')[1] ?? ''
  const others = [...(await tables.consents.outgoing([focus])).values()].flat()
  const inputs = (loaded.task.input ?? []).flatMap((input) => input.valueReference?.reference?.split('/')[1] ?? [])
  const held = (await tables.records.byIds([...new Set([focus, ...inputs, ...others])]))
    .map(open)
    .filter(({ facts }) => facts.custodian === sender && facts.person === loaded.person && facts.type !== 'Patient')
  const papers = held.flatMap((item): Resource[] => {
    const value = valueOf(item.peopleText)
    return isResource(value) ? [value] : []
  })
  const request = papers.find((paper) => paper.id === focus)
  if (request?.resourceType !== 'ServiceRequest') throw unknown()
  return { task: loaded.task, person: loaded.person, request, papers, paperIds: held.map(({ facts }) => facts.id) }
}

function unknown(): Problem {
  return new Problem('unprocessable', '`basedOn` names no referral that this institution sent', {
    id: 'former-referral',
    expression: 'Task.basedOn',
  })
}
