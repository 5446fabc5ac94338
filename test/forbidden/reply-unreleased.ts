// What is sent has been released. Neither a record as it came, nor a plain resource, nor text, nor something of the same shape will do.
import type { Response } from 'express'
import type { Patient } from '../../fhir-profiles/r4.ts'
import type { Held, HeldContent } from '../../gateway/held.ts'
import { reply } from '../../gateway/reply.ts'

const request = { method: 'GET', ifNoneMatch: '', ifModifiedSince: '' }

export function leak(response: Response, held: Held, content: HeldContent, patient: Patient): void {
  reply(response, held, request) // forbidden: TS2345|TS2739|TS2741
  reply(response, content, request) // forbidden: TS2345|TS2739|TS2741
  reply(response, patient, request) // forbidden: TS2345|TS2739|TS2741
  reply(response, content.text, request) // forbidden: TS2345|TS2739|TS2741
  reply(response, { status: 200, headers: {}, body: content.text, text: '' }, request) // forbidden: TS2345|TS2739|TS2741
}
