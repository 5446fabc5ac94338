/** REF^I14 → the sender takes its own referral back: a Task that names it by its number (RF1-6). Pure. HL7 v2.5.1 §11.4.3 */
import type { Task } from '../../fhir-profiles/r4.ts'
import { freeText, type Draft } from './draft.ts'
import type { PatientGroup } from './groups.ts'
import { idOf } from './local-id.ts'
import { placerNumber } from './map-referral-in.ts'
import { noteText } from './map-result.ts'
import type { Segment } from './message.ts'

/** The reason is what NTE or RF1-14 say, else that it was cancelled; the Task's other content is the network's. */
export function cancellationFrom(input: { rf1: Segment; number: string; group: PatientGroup }, draft: Draft): Task {
  const notes = input.group.notes.flatMap((nte) => noteText(nte, draft) ?? [])
  const words = [...notes, ...input.rf1.all(14).flatMap((item) => freeText(draft, item.text, 'RF1-14') ?? [])]
  return {
    resourceType: 'Task',
    id: idOf(input.number),
    identifier: [placerNumber(input.number, draft)],
    status: 'cancelled',
    statusReason: { text: words.length === 0 ? '의뢰 취소 (REF^I14)' : words.join('\n') },
    intent: 'order',
  }
}
