// The control: what the forbidden programs do wrong, done right. It must compile, or the others fail for a reason of no interest.
import type { Response } from 'express'
import { Held, type HeldContent } from '../../gateway/held.ts'
import { isReleased, type Released } from '../../gateway/released.ts'
import { publish } from '../../gateway/release-public.ts'
import { asProblem } from '../../gateway/problem.ts'
import { reply } from '../../gateway/reply.ts'
import { textOf } from '../../fhir-profiles/octets.ts'
import type { AccessRequest } from '../../consent/types.ts'

export function status(released: Released): number {
  return released.status
}

export function isOurs(value: unknown): boolean {
  return Held.is(value) || isReleased(value)
}

export function outcome(thrown: unknown): Released {
  return publish(asProblem(thrown).toOutcome('r1'))
}

export function opened(content: HeldContent): string {
  return textOf(content.text)
}

export const request: AccessRequest = {
  action: 'access',
  purposes: ['TREAT'],
  institution: 'clinic',
  receiver: ['org:clinic'],
  insideReceiver: [],
  basis: { inHouse: true, patientRequest: { kind: 'none' }, emergency: { kind: 'none' }, statute: { kind: 'none' } },
}

export function answer(response: Response, released: Released): void {
  reply(response, released, { method: 'GET', ifNoneMatch: '', ifModifiedSince: '' })
}
