/**
 * $process-message: a referral or an answer as a FHIR message; the same functions as the transaction Bundle. The reply is a response
 * message; a repeat of the same Bundle or message id is answered as before. Spec: http://hl7.org/fhir/R4/messaging.html
 */
import type { Bundle, MessageHeader, Resource } from '../../fhir-profiles/r4.ts'
import { system } from '../../fhir-profiles/codes.ts'
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import type { Call, Context } from '../context.ts'
import { answerOnto } from '../answer-onto.ts'
import { answerReferral } from '../intake-answer.ts'
import { submitReferral } from '../intake-referral.ts'
import { requireValid } from '../intake.ts'
import { maskedQuery, whoOf } from '../ledger-entry.ts'
import { bodyHash, type Once } from '../once.ts'
import { Problem } from '../problem.ts'
import { publishMessage } from '../release-public.ts'
import type { Released } from '../released.ts'
import { taskOfParcel } from '../parcel-task.ts'
import type { WrittenEntry } from '../written.ts'

interface Message {
  readonly header: MessageHeader
  readonly entries: readonly { readonly resource: Resource; readonly fullUrl: string; readonly method: 'PUT' | 'POST' }[]
  readonly once: Once
}

export async function processMessage(call: Call, context: Context): Promise<Released> {
  const message = messageOf(call)
  const { caller } = call
  const event = message.header.eventCoding
  const common = {
    who: whoOf(caller, call.address),
    request: { requestId: call.requestId, query: maskedQuery(call) },
    space: caller.role === 'system' ? ('local' as const) : ('network' as const),
    once: message.once,
  }
  if (event?.system !== system.event)
    throw new Problem('not-supported', 'this message event is not supported', { id: 'message-event', expression: 'MessageHeader.event' })
  let warnings: readonly Warning[] = []
  switch (event.code) {
    case 'referral-request':
      warnings = warningsIn(await submitReferral(context, { ...common, sender: caller.institution, entries: message.entries }))
      break
    case 'referral-response':
      await respond(call, context, message, common)
      break
    default:
      throw new Problem('not-supported', 'this message event is not supported', { id: 'message-event', expression: 'MessageHeader.event' })
  }
  return publishMessage(responseTo(context, message.header, warnings))
}

function messageOf(call: Call): Message {
  const value = call.body.kind === 'json' ? call.body.value : undefined
  requireValid([{ value, at: '' }])
  if (!isResource(value) || value.resourceType !== 'Bundle' || value.type !== 'message') {
    throw new Problem('invalid', 'the body must be a Bundle of type `message`', { id: 'bundle-type', expression: 'Bundle.type' })
  }
  const [first, ...rest] = value.entry ?? []
  if (first?.resource?.resourceType !== 'MessageHeader') {
    throw new Problem('invalid', 'the first entry of a message is its MessageHeader', {
      id: 'message-header',
      expression: 'Bundle.entry[0]',
    })
  }
  return {
    header: first.resource,
    entries: rest.flatMap(({ resource, fullUrl }) => {
      if (resource === undefined) return []
      const isNamed = resource.id !== undefined && (fullUrl === undefined || !fullUrl.startsWith('urn:'))
      return [
        { resource, fullUrl: fullUrl ?? '', method: isNamed && resource.resourceType !== 'Task' ? ('PUT' as const) : ('POST' as const) },
      ]
    }),
    once: { id: `message ${idOf(value)}`, sha256: bodyHash(value) },
  }
}

function idOf(message: Bundle): string {
  const id = message.identifier?.value ?? message.id
  if (id === undefined) throw new Problem('invalid', 'a message needs an identifier', { id: 'message-id', expression: 'Bundle.identifier' })
  return `${message.identifier?.system ?? ''}|${id}`
}

async function respond(
  call: Call,
  context: Context,
  message: Message,
  common: Pick<Parameters<typeof answerReferral>[1], 'who' | 'request' | 'space' | 'once'>,
): Promise<void> {
  const wanted = message.entries.flatMap(({ resource }) => (resource.resourceType === 'Task' ? [resource] : []))[0]
  if (wanted === undefined)
    throw new Problem('unprocessable', 'a referral response holds its Task', { id: 'referral-task', expression: 'Bundle.entry' })
  const task = await taskOfParcel(context, call.caller.institution, wanted)
  await answerReferral(context, {
    ...common,
    institution: call.caller.institution,
    task,
    change: (current, names) => answerOnto(current, names(wanted)),
    ifMatch: '',
    entries: message.entries.filter(({ resource }) => resource.resourceType !== 'Task'),
  })
}

type Warning = NonNullable<WrittenEntry['warnings']>[number]

function warningsIn({ entries }: { readonly entries: readonly WrittenEntry[] }): readonly Warning[] {
  return entries.flatMap((entry) => entry.warnings ?? [])
}

function responseTo(context: Context, header: MessageHeader, warnings: readonly Warning[]) {
  return {
    id: context.newId(),
    at: context.now().toISOString(),
    header: {
      resourceType: 'MessageHeader',
      id: context.newId(),
      eventCoding: header.eventCoding,
      source: { name: 'care-network', endpoint: `${context.config.publicUrl}/fhir/R4/$process-message` },
      response: { identifier: header.id ?? '', code: 'ok' },
    },
    outcome: {
      resourceType: 'OperationOutcome' as const,
      issue: [
        { severity: 'information' as const, code: 'informational' as const, diagnostics: 'taken' },
        ...warnings.map(({ id, diagnostics }) => ({
          severity: 'warning' as const,
          code: 'business-rule' as const,
          details: { coding: [{ system: system.problem, code: id }] },
          diagnostics,
        })),
      ],
    },
  }
}
