/**
 * `$validate` of a type and of one record: R4, the profiles claimed and named, KR Core and our guide, and with a mode whether the caller could do
 * it. A stored record is validated as the caller reads it, through the front door: what is hidden from somebody is missing here too. The answer is
 * 200 whatever is found. Spec: http://hl7.org/fhir/R4/resource-operation-validate.html
 */
import { parseTaken } from '../../fhir-profiles/json.ts'
import { isRecord } from '../../fhir-profiles/validate/guards.ts'
import { krCorePolicy } from '../../fhir-profiles/validate/validator.ts'
import type { Finding } from '../../fhir-profiles/validate/validator.ts'
import type { Call, Context } from '../context.ts'
import { profileErrors } from '../intake-profiles.ts'
import { mayTouch } from '../logic/access.ts'
import { outcomeOf, type Told } from '../logic/finding-issue.ts'
import { notFound, Problem } from '../problem.ts'
import { publish } from '../release-public.ts'
import type { Released } from '../released.ts'
import type { Enter } from '../routes.ts'
import { validateInput, type Mode, type ValidateInput } from './validate-input.ts'

const maxFindings = 200

export async function validateResource(call: Call, context: Context, enter: Enter): Promise<Released> {
  const input = validateInput(call)
  const told = forbidden(call, input.mode)
  if (input.mode === 'delete') {
    await stored(call, enter)
    return publish(outcomeOf([], told))
  }
  const isStored = input.resource === undefined
  if (isStored && (call.params['id'] === undefined || input.mode === 'create' || input.mode === 'update'))
    throw new Problem('invalid', 'send the resource as the body, or as the parameter `resource`', { id: 'body-required' })
  const resource = isStored ? await stored(call, enter) : input.resource
  const findings = findingsOf(context, input, resource, isStored)
  const agreed = input.mode === 'create' || input.mode === 'update' ? agreedOn(call, context, resource, findings) : []
  return publish(outcomeOf([...findings, ...agreed], [...told, ...misplaced(call, input, resource)]))
}

function findingsOf(context: Context, { profiles, positions }: ValidateInput, resource: unknown, isStored: boolean): readonly Finding[] {
  const { maxDepth } = context.config.limits
  const request = { profiles, maxFindings, maxDepth, ...(isStored ? {} : { positions }) }
  return context.profiles().validator(krCorePolicy).validate(resource, request)
}

/** The record as a read of this caller answers it; what a read refuses is refused here. */
async function stored(call: Call, enter: Enter): Promise<unknown> {
  const { type = '', id } = call.params
  if (id === undefined)
    throw new Problem('invalid', 'a deletion is asked about at the record: `[type]/[id]/$validate`', {
      id: 'validate-mode',
      expression: 'mode',
    })
  // who never reads this type is told what a reader of nothing is told
  if (!mayTouch(call.caller.role, type, 'read')) throw notFound()
  const none = { ifMatch: '', ifNoneMatch: '', ifModifiedSince: '', ifNoneExist: '' }
  const released = await enter({ ...call, ...none, method: 'GET', path: `${type}/${id}`, params: {}, query: [], body: { kind: 'none' } })
  return parseTaken(released.text)
}

/** What the caller's role says of the act, before any content. */
function forbidden(call: Call, mode: Mode | undefined): readonly Told[] {
  const type = call.params['type'] ?? ''
  if (mode === undefined || mode === 'profile' || mayTouch(call.caller.role, type, mode)) return []
  return [
    {
      severity: 'error',
      code: 'forbidden',
      id: 'role',
      diagnostics: `this role does not ${mode} this type`,
      korean: '이 역할은 이 유형의 리소스에 이 작업을 할 수 없습니다',
    },
  ]
}

/** What an institution has agreed on is part of whether its system could write; what was found before is not told twice. */
function agreedOn(call: Call, context: Context, resource: unknown, found: readonly Finding[]): readonly Finding[] {
  const { validation } = context.directory.institution(call.caller.institution) ?? {}
  if (call.caller.role !== 'system' || validation === undefined) return []
  const known = new Set(found.map(({ id, expression, diagnostics }) => `${id} ${expression} ${diagnostics}`))
  return profileErrors(context, validation, resource)
    .filter(({ id, expression, diagnostics }) => !known.has(`${id} ${expression} ${diagnostics}`))
    .map((finding) => (validation.policy === 'reject' ? finding : { ...finding, severity: 'warning' }))
}

function misplaced(call: Call, { mode }: ValidateInput, resource: unknown): readonly Told[] {
  const { type = '', id } = call.params
  if (!isRecord(resource)) return []
  const wrong = (name: string, expression: string, diagnostics: string, korean: string): Told => ({
    severity: 'error',
    code: 'invalid',
    id: name,
    diagnostics,
    korean,
    expression,
  })
  const isOther = typeof resource['resourceType'] === 'string' && resource['resourceType'] !== type
  const isMisnamed = mode === 'update' && (resource['id'] === undefined || (id !== undefined && resource['id'] !== id))
  return [
    ...(isOther ? [wrong('type-mismatch', 'resourceType', `the address names \`${type}\``, `주소는 \`${type}\`을(를) 가리킵니다`)] : []),
    ...(isMisnamed
      ? [wrong('id-mismatch', `${type}.id`, 'an update has the id of the address', '수정할 리소스의 id는 주소의 id와 같아야 합니다')]
      : []),
  ]
}
