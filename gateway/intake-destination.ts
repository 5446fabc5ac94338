/** Where a referral goes: tier, payer and specialty decide, the sender may name the receiver, and the reason is kept. */
import { facts } from '../fhir-profiles/facts.ts'
import { system } from '../fhir-profiles/codes.ts'
import type { Reference, Resource, ServiceRequest, Task } from '../fhir-profiles/r4.ts'
import type { Context } from './context.ts'
import { groundsOf, payerOf } from './logic/payer.ts'
import { route, type Because, type Payer } from './logic/route.ts'
import { Problem } from './problem.ts'

export interface Destination {
  readonly owner: string
  readonly because: readonly Because[]
  readonly payer: Payer | undefined
}

export function destination(
  context: Context,
  from: string,
  parts: { readonly task: Task; readonly request: ServiceRequest; readonly enclosed: readonly Resource[] },
): Destination {
  const sender = context.directory.institution(from)
  if (sender === undefined) throw new Problem('forbidden', 'only an institution refers', { id: 'not-an-institution' })
  const named = parts.task.requester === undefined ? from : institutionOf(context, parts.task.requester)
  if (named !== from) {
    throw new Problem('unprocessable', 'the requester is not the institution that sends', {
      id: 'referral-requester',
      expression: 'Task.requester',
    })
  }
  const wanted = parts.task.owner === undefined ? undefined : institutionOf(context, parts.task.owner)
  if (parts.task.owner !== undefined && wanted === undefined) {
    throw new Problem('unprocessable', 'the owner is not an institution of this network', {
      id: 'referral-owner',
      expression: 'Task.owner',
    })
  }
  const { departments } = facts(parts.request)
  const payer = payerOf(parts.request, parts.enclosed)
  const shape = (institution: typeof sender) => ({
    id: institution.id,
    type: institution.type,
    departments: institution.departments.map(({ code }) => code),
  })
  const verdict = route(
    {
      requester: shape(sender),
      wanted: { institution: wanted, specialties: departments },
      payer,
      at: context.now().toISOString(),
      grounds: groundsOf(parts.request, parts.enclosed, departments),
    },
    context.directory.institutions.map(shape),
  )
  if (verdict.kind === 'to') return { owner: verdict.institution, because: verdict.because, payer }
  throw new Problem('unprocessable', verdict.because.map((reason) => reason.en).join('; ') || 'no destination could be found', {
    id: verdict.kind === 'refused' ? 'referral-route-refused' : 'referral-route-undecided',
    expression: 'Task.owner',
  })
}

/** `Organization/<id>` or a 요양기관기호. */
export function institutionOf(context: Context, reference: Reference): string | undefined {
  const [type, id] = reference.reference?.split('/') ?? []
  if (type === 'Organization' && id !== undefined) return context.directory.institution(id)?.id
  const { identifier } = reference
  return identifier?.system === system.institutionNumber && identifier.value !== undefined
    ? context.directory.byNumber(identifier.value)?.id
    : undefined
}
