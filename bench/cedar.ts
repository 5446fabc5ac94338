/**
 * The same consents as a flat Cedar policy set: each rule one policy, a forbid stronger than every permit. Parsed once (`stateful`), the
 * entities are made before the clock starts.
 */
import { preparsePolicySet, statefulIsAuthorized, type StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs'
import { ceilingRows } from '../consent/law/kr.ts'
import { withNarrower } from '../consent/label-order.ts'
import type { AccessRequest, Facts, ProvisionRow } from '../consent/types.ts'

const policySet = 'bench'
const words = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`

/** Parses the policies; throws when Cedar does not take one. */
export function prepareCedar(rows: readonly ProvisionRow[]): number {
  const elsewhere = 'resource.custodian != context.institution'
  const genetic = withNarrower(ceilingRows.flatMap((row) => row.sensitivities))
  const staticPolicies = [
    'permit(principal, action, resource) when { resource.custodian == context.institution };',
    `forbid(principal, action, resource) when { ${elsewhere} && resource.sensitivities.containsAny(${words(genetic)}) };`,
    ...rows.map(
      (row) => `${row.type === 'permit' ? 'permit' : 'forbid'}${scopeOf(row)} when { ${[elsewhere, ...termsOf(row)].join(' && ')} };`,
    ),
  ]
  const answer = preparsePolicySet(policySet, { staticPolicies: staticPolicies.join('\n') })
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
  return staticPolicies.length
}

/** One receiver goes into the policy's scope, where Cedar is quickest. */
function scopeOf({ receivers, sources }: ProvisionRow): string {
  const [only, ...others] = receivers ?? []
  const isInScope = only !== undefined && others.length === 0 && (sources ?? []).length === 0
  return isInScope
    ? `(principal in Actor::${JSON.stringify(only)}, action == Action::"access", resource)`
    : '(principal, action == Action::"access", resource)'
}

function termsOf(row: ProvisionRow): readonly string[] {
  const { sources, purposes, classes, labels, codes, dates } = row
  return [
    `context.now >= ${row.fromMs} && context.now <= ${row.untilMs}`,
    ...(sources === null || sources.length === 0 ? [] : [`resource.sources.containsAny(${words(sources)})`]),
    ...(purposes === null ? [] : [`${words(purposes)}.contains(context.purpose)`]),
    ...(classes === null ? [] : [`resource.classes.containsAny(${words(classes)})`]),
    ...(codes === null ? [] : [`resource.codes.containsAny(${words(codes)})`]),
    ...(labels === null ? [] : [`resource.sensitivities.containsAny(${words(labels.sensitivities)})`]),
    ...(dates === null ? [] : [datesOf(row.type, dates)]),
  ]
}

/** A permit needs the whole of the record's date inside, a deny any of it. */
function datesOf(type: ProvisionRow['type'], { fromMs, untilMs }: NonNullable<ProvisionRow['dates']>): string {
  return type === 'permit'
    ? `resource.fromMs >= ${fromMs} && resource.untilMs <= ${untilMs}`
    : `resource.fromMs <= ${untilMs} && resource.untilMs >= ${fromMs}`
}

export function cedarCall(request: AccessRequest, facts: Facts, nowMs: number): StatefulAuthorizationCall {
  const principal = { type: 'Actor', id: request.receiver[0] ?? '' }
  const resource = { type: 'Record', id: facts.id }
  const { custodian, sources, classes, codes, sensitivities, fromMs, untilMs } = facts
  return {
    principal,
    action: { type: 'Action', id: request.action },
    resource,
    context: { now: nowMs, purpose: request.purposes[0] ?? '', institution: request.institution },
    preparsedPolicySetId: policySet,
    validateRequest: false,
    entities: [
      { uid: principal, attrs: {}, parents: request.receiver.slice(1).map((id) => ({ type: 'Actor', id })) },
      {
        uid: resource,
        attrs: {
          custodian,
          sources: [...sources],
          classes: [...classes],
          codes: [...codes],
          sensitivities: [...sensitivities],
          fromMs,
          untilMs,
        },
        parents: [],
      },
    ],
  }
}

export function cedarPermits(call: StatefulAuthorizationCall): boolean {
  const answer = statefulIsAuthorized(call)
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '))
  const [fault] = answer.response.diagnostics.errors
  if (fault !== undefined) throw new Error(fault.error.message)
  return answer.response.decision === 'allow'
}
