import type { Task } from '../fhir-profiles/r4.ts'

/** An answer says its status, reason and report; everything else of the Task is the network's. */
export function answerOnto(current: Task, wanted: Task): Task {
  const { statusReason: _reason, businessStatus: _business, ...kept } = current
  return {
    ...kept,
    status: wanted.status,
    ...(wanted.statusReason === undefined ? {} : { statusReason: wanted.statusReason }),
    ...(wanted.businessStatus === undefined ? {} : { businessStatus: wanted.businessStatus }),
    ...(wanted.output === undefined ? {} : { output: [...(current.output ?? []), ...wanted.output] }),
    ...(wanted.note === undefined ? {} : { note: [...(current.note ?? []), ...wanted.note] }),
  }
}
