/**
 * CDS Hooks `patient-consent-consult`: the hook of the LEAP consent decision service on our decisions. The officer asks about any actor; a
 * system about its own institution for its own purpose, and nothing finer: finer questions would spell out the consent.
 * Spec: https://cds-hooks.hl7.org/ · https://github.com/sdhealthconnect/leap-cds
 */
import { system } from '../../fhir-profiles/codes.ts'
import type { Bundle } from '../../fhir-profiles/r4.ts'
import { isRecord, isResourceOf } from '../../fhir-profiles/validate/guards.ts'
import { consulted, type Consulting } from '../consulted.ts'
import type { Call, Context } from '../context.ts'
import { isKnownPurpose } from '../explained.ts'
import { requireValid } from '../intake.ts'
import { Problem } from '../problem.ts'
import { releaseCard } from '../release-consent.ts'
import type { Released } from '../released.ts'

export async function consultConsent(call: Call, context: Context): Promise<Released> {
  const ask = asked(call, context)
  const { caller } = call
  if (caller.role === 'system') {
    const isOwn = ask.institution === caller.institution && ask.departments.length === 0
    const isPlain = ask.classes.length === 0 && ask.content === undefined && caller.purposes.includes(ask.purpose)
    if (!isOwn || !isPlain)
      throw new Problem(
        'forbidden',
        'a system asks about its own institution as actor, for the purpose of its token, without class or content',
        {
          id: 'role',
        },
      )
  }
  return releaseCard(context, call, await consulted(context, call, ask))
}

function asked(call: Call, context: Context): Consulting {
  const body = call.body.kind === 'json' ? call.body.value : undefined
  const hook = isRecord(body) ? body : {}
  const given = hook['context']
  if (hook['hook'] !== 'patient-consent-consult' || typeof hook['hookInstance'] !== 'string' || !isRecord(given))
    throw bad('hook', 'a request names `hook`, `hookInstance` and `context`')
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) throw bad('context', `the context holds ${known.join(', ')}`)
  const { institution, departments } = actorOf(context, pairsOf(given['actor'], 'actor'))
  const purpose = given['purposeOfUse'] ?? 'TREAT'
  if (typeof purpose !== 'string' || !isKnownPurpose(purpose) || purpose === 'BTG' || purpose === 'ETREAT')
    throw bad('purposeOfUse', 'one purpose of use of v3-ActReason; an emergency is declared in a token')
  return {
    patients: pairsOf(given['patientId'], 'patientId'),
    institution,
    departments,
    purpose,
    classes: codesOf(given['class'], 'class'),
    isPrivacy: given['category'] === undefined || codesOf(given['category'], 'category').includes('patient-privacy'),
    content: contentOf(given['content']),
  }
}

const known = ['patientId', 'actor', 'purposeOfUse', 'category', 'class', 'content']

/** Nobody has more numbers, and no actor more names, than this: a longer list would be a way to go through a directory. */
const longest = 10

function pairsOf(value: unknown, name: string): readonly { readonly system: string; readonly value: string }[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  requireShort(list, name)
  const pairs = list.flatMap((each) => {
    const { system: of, value: said } = isRecord(each) ? each : {}
    return typeof of === 'string' && typeof said === 'string' && said !== '' ? [{ system: of, value: said }] : []
  })
  if (pairs.length === 0 || pairs.length !== list.length) throw bad(name, 'a list of `system` and `value`')
  return pairs
}

/** Words, or codings whose code is the word. */
function codesOf(value: unknown, name: string): readonly string[] {
  if (value === undefined) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  requireShort(list, name)
  return list.map((each) => {
    const code = isRecord(each) ? each['code'] : each
    if (typeof code !== 'string') throw bad(name, 'a list of codes')
    return code
  })
}

function requireShort(list: readonly unknown[], name: string): void {
  if (list.length > longest) throw bad(name, `at most ${longest} are taken, ${list.length} came`)
}

function contentOf(value: unknown): Bundle | undefined {
  if (value === undefined) return undefined
  requireValid([{ value, at: 'context.content' }])
  if (!isResourceOf(value, 'Bundle')) throw bad('content', 'a Bundle')
  return value
}

/** Names that the directory reads as one institution, and departments of it. Who is not known may be somebody a refusal means. */
function actorOf(context: Context, actors: Consulting['patients']): Pick<Consulting, 'institution' | 'departments'> {
  const keys = actors.map(({ system: of, value }) => context.directory.resolve({ system: of, value }))
  const institutions = new Set(keys.flatMap((key) => (key?.startsWith('org:') === true ? [key.slice('org:'.length)] : [])))
  const departments = keys.flatMap((key) => (key?.startsWith('dept:') === true ? [key.slice('dept:'.length)] : []))
  const [institution, ...others] = [...institutions]
  if (institution === undefined || others.length > 0 || keys.includes(undefined))
    throw new Problem('unprocessable', `the actor is one institution, by \`${system.institutionNumber}\`, and departments of it`, {
      id: 'unknown-actor',
      expression: 'context.actor',
    })
  return { institution, departments }
}

function bad(name: string, reason: string): Problem {
  return new Problem('invalid', `\`${name}\`: ${reason}`, { id: 'consult-input', expression: name === 'hook' ? 'hook' : `context.${name}` })
}
