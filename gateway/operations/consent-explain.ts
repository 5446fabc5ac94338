/**
 * Consent/$explain: who could see what and why, for a person, role, institution, purpose and date, now and after an edited consent; and what
 * became of each consent. A dry run for the privacy officer, and for patients and proxies about themselves (docs/decisions/060).
 */
import { isResource } from '../../fhir-profiles/validate/validate.ts'
import { parseTime } from '../../fhir-profiles/time.ts'
import type { Consent, Parameters } from '../../fhir-profiles/r4.ts'
import type { Call, Context } from '../context.ts'
import { networkId } from '../directory.ts'
import { explained, isKnownPurpose, namesIn, type Asking } from '../explained.ts'
import { parametersOf } from '../explained-parameters.ts'
import { currentConsent } from '../intake-consent.ts'
import { requireValid } from '../intake.ts'
import { roles } from '../logic/access.ts'
import { judgePurposes } from '../logic/purpose.ts'
import { Problem } from '../problem.ts'
import { releaseNothing } from '../release.ts'
import { releaseExplanation } from '../release-consent.ts'
import type { Released } from '../released.ts'
import { personsOf } from '../search-request.ts'

const names = ['person', 'role', 'institution', 'department', 'practitioner', 'purpose', 'date'] as const
type Name = (typeof names)[number]

interface Asked {
  readonly words: ReadonlyMap<Name, string>
  readonly consent: Consent | undefined
}

export async function explainConsent(call: Call, context: Context): Promise<Released> {
  const { words, consent } = asked(call)
  const { caller } = call
  const isOwn = caller.role === 'patient' || caller.role === 'proxy'
  const focus = call.params['id']
  const focused = focus === undefined ? undefined : await currentConsent(context.store, focus)
  if (focus !== undefined && focused === undefined) return releaseNothing(context, call, 'consent-explain')
  const wanted = focused?.person ?? words.get('person') ?? (isOwn ? caller.person : undefined)
  if (wanted === undefined) throw missing('person')
  const [person] = await personsOf(context, call, [wanted.replace(/^Patient\//, '')])
  // Somebody else's and nobody's are one answer.
  if (person === undefined || (isOwn && person !== (await context.store.identities.person(caller.person))))
    return releaseNothing(context, call, 'consent-explain')
  if (focused !== undefined && words.has('person') && !(await isSame(context, call, words.get('person') ?? '', person)))
    throw bad('person', 'the consent of the address is about somebody else')
  if (consent?.id !== undefined && focus !== undefined && consent.id !== focus) throw bad('consent', 'it is not the consent of the address')
  const asking = askingOf(context, words, person)
  const edited = consent === undefined || focus === undefined ? consent : { ...consent, id: focus }
  const answer = await explained(context.store, context, { person, asking, consent: edited, isProxy: caller.role === 'proxy' })
  const consents = answer.consents.filter(({ id }) => focus === undefined || id === focus)
  return releaseExplanation(context, call, {
    person,
    consents: answer.consents.filter(({ version }) => version !== 'edited').map(({ id, version }) => ({ id, version })),
    parameter: parametersOf({ ...answer, consents }, asking, namesIn(context)),
  })
}

async function isSame(context: Context, call: Call, id: string, person: string): Promise<boolean> {
  return (await personsOf(context, call, [id.replace(/^Patient\//, '')]))[0] === person
}

/** From the query of a GET or the Parameters of a POST. What is not known is refused, never left aside. */
function asked(call: Call): Asked {
  const words = new Map<Name, string>()
  const take = (name: string, value: string | undefined): void => {
    const known = names.find((each) => each === name)
    if (known === undefined || value === undefined || value === '' || words.has(known))
      throw new Problem('invalid', `$explain takes each of ${names.join(', ')} once, and one \`consent\` by POST`, {
        id: 'unsupported-parameter',
        expression: 'Parameters.parameter',
      })
    words.set(known, value)
  }
  for (const [name, value] of call.query) if (name !== '_format' && name !== '_pretty') take(name, value)
  if (call.method !== 'POST') return { words, consent: undefined }
  const body = call.body.kind === 'json' ? call.body.value : undefined
  requireValid([{ value: body, at: '' }])
  if (!isResource(body) || body.resourceType !== 'Parameters')
    throw new Problem('invalid', '$explain needs Parameters', { id: 'explain-input', expression: 'Parameters' })
  let consent: Consent | undefined
  for (const item of body.parameter ?? []) {
    if (item.name === 'consent' && item.resource?.resourceType === 'Consent' && consent === undefined) consent = item.resource
    else take(item.name, textOf(item))
  }
  return { words, consent }
}

function textOf(item: NonNullable<Parameters['parameter']>[number]): string | undefined {
  const { valueString, valueCode, valueId, valueDate, valueDateTime, valueInstant, valueReference, valueCoding, valueIdentifier } = item
  return (
    valueString ??
    valueCode ??
    valueId ??
    valueDate ??
    valueDateTime ??
    valueInstant ??
    valueReference?.reference ??
    valueCoding?.code ??
    valueIdentifier?.value
  )
}

function askingOf(context: Context, words: ReadonlyMap<Name, string>, person: string): Asking {
  const role = roles.find((each) => each === (words.get('role') ?? 'doctor'))
  if (role === undefined) throw bad('role', `one of ${roles.join(', ')}`)
  const isOwn = role === 'patient' || role === 'proxy'
  const named = words.get('institution')?.replace(/^Organization\//, '')
  if (named === undefined && !isOwn) throw missing('institution')
  const institution = isOwn ? networkId : (context.directory.institution(named ?? '') ?? context.directory.byNumber(named ?? ''))?.id
  if (institution === undefined) throw bad('institution', 'not an institution of the directory')
  const department = words.get('department')
  if (department !== undefined && !/^\d{2}$/.test(department)) throw bad('department', 'a national department code has two digits')
  const date = words.get('date')
  const atMs = date === undefined ? context.now().getTime() : parseTime(date, context.config.timeZone)?.fromMs
  if (atMs === undefined) throw bad('date', 'a FHIR date or dateTime is needed')
  return {
    role,
    institution,
    departments: department === undefined ? [] : [department],
    practitioner: words.get('practitioner')?.replace(/^Practitioner\//, '') ?? '',
    purposes: purposesOf(words.get('purpose') ?? (isOwn ? 'PATRQT' : 'TREAT'), role, person),
    atMs,
  }
}

/** An emergency comes on top of treatment, for those who may declare one; every other purpose stands alone. */
function purposesOf(purpose: string, role: Asking['role'], person: string): readonly string[] {
  if (!isKnownPurpose(purpose)) throw bad('purpose', 'not a purpose of use of v3-ActReason')
  if (purpose !== 'BTG' && purpose !== 'ETREAT') return [purpose]
  const verdict = judgePurposes({ role, purposes: ['TREAT', purpose], ground: 'emergency', person })
  if (verdict.kind === 'refused') throw bad('purpose', verdict.reason)
  return verdict.purposes
}

function missing(name: Name): Problem {
  return new Problem('invalid', `\`${name}\` is needed`, { id: 'required-parameter', expression: `Parameters.parameter('${name}')` })
}

function bad(name: Name | 'consent', reason: string): Problem {
  return new Problem('unprocessable', reason, { id: 'explain-input', expression: `Parameters.parameter('${name}')` })
}
