/**
 * Who could see what and why, as consents stand and as an edited one would leave them. A dry run: it reads consents and the directory,
 * never a clinical record, and judges with the same functions as a live request (docs/decisions/060).
 */
import { describe, type Bilingual, type Names } from '../consent/describe.ts'
import { enforcementOf, type Enforcement } from '../consent/enforcement.ts'
import { covers, emergencyPurposes } from '../consent/rules/purpose.ts'
import type { Unreadable } from '../consent/rules/rule.ts'
import { gridOf, simulate, type CellAnswer, type Scene } from '../consent/simulate.ts'
import type { AccessRequest, ProvisionRow } from '../consent/types.ts'
import { wordFor } from '../consent/words.ts'
import type { Consent } from '../fhir-profiles/r4.ts'
import type { Role } from './config.ts'
import type { Context } from './context.ts'
import { networkId } from './directory.ts'
import { compiledOf, consentsAbout, isSignedByProxy, refusalInPlaceOf, requireLawful, type StoredConsent } from './intake-consent.ts'
import { replacedBy } from './intake-supersede.ts'
import { accessRequest, deliveryRequest } from './judge.ts'
import { knownTypes, mayTouch } from './logic/access.ts'
import { grounds } from './logic/purpose.ts'
import { Problem } from './problem.ts'
import type { Tables } from './store/store.ts'

/** Whom the answer is about: somebody who could ask, not the one who asks now. */
export interface Asking {
  readonly role: Role
  /** directory id; the network's for patients and proxies */
  readonly institution: string
  /** national department codes, none or one */
  readonly departments: readonly string[]
  /** Practitioner id; '' = nobody in particular */
  readonly practitioner: string
  /** v3-ActReason codes; with BTG or ETREAT a declared emergency */
  readonly purposes: readonly string[]
  /** milliseconds since the epoch */
  readonly atMs: number
}

export interface ExplainedConsent extends Enforcement {
  readonly id: string
  /** `edited` for the one of the dry run */
  readonly version: string
  readonly told: Bilingual
  readonly unreadable: readonly Unreadable[]
}

export interface Explained {
  readonly consents: readonly ExplainedConsent[]
  readonly now: readonly CellAnswer[]
  /** the same cells after the edited consent; undefined when none was sent */
  readonly after: readonly CellAnswer[] | undefined
}

const edited = 'edited'

export function isKnownPurpose(code: string): boolean {
  return emergencyPurposes.includes(code) || covers('PurposeOfUse', code)
}

/** Throws 422 where a write of the edited consent would. */
export async function explained(
  tables: Tables,
  context: Context,
  ask: { readonly person: string; readonly asking: Asking; readonly consent: Consent | undefined; readonly isProxy: boolean },
): Promise<Explained> {
  const { person, asking } = ask
  const rows = await tables.consents.provisionsOf([person])
  const stored = await consentsAbout(tables, person)
  const changed = ask.consent === undefined ? undefined : await afterEdit(tables, context, { ...ask, consent: ask.consent, rows, stored })
  const about = { person, nowMs: asking.atMs }
  const cells = gridOf(sourcesOf(context), [...rows, ...(changed?.rows ?? [])], about)
  const scene = {
    request: requestOf(context, person, asking),
    environment: { implicit: context.config.implicitPolicy },
    nowMs: asking.atMs,
  }
  const answers = (of: readonly ProvisionRow[]): readonly CellAnswer[] =>
    simulate({ ...scene, rows: of } satisfies Scene, cells).map((answer) => underTable(asking.role, answer))
  return {
    consents: await toldOf(tables, context, { rows: changed?.rows ?? rows, stored: changed?.stored ?? stored, atMs: asking.atMs }),
    now: answers(rows),
    after: changed === undefined ? undefined : answers(changed.rows),
  }
}

export function sourcesOf(context: Context) {
  return context.directory.institutions.map(({ id, departments }) => ({
    id,
    keys: context.directory.keysOf(id),
    departments: departments.map(({ code }) => code),
  }))
}

/** The request that a token of this role would make; a system asks for nothing, it is delivered to. */
export function requestOf(context: Context, person: string, asking: Asking): AccessRequest {
  if (asking.role === 'system') return deliveryRequest(context, asking.institution)
  const isOwn = asking.role === 'patient' || asking.role === 'proxy'
  const isEmergency = asking.purposes.some((purpose) => purpose === 'BTG' || purpose === 'ETREAT')
  const caller = {
    subject: '',
    name: '',
    scopes: [],
    jti: '',
    clientId: '',
    role: asking.role,
    institution: isOwn ? networkId : asking.institution,
    departments: asking.departments,
    practitioner: asking.practitioner,
    person: isOwn ? person : '',
    purposes: asking.purposes,
    breakGlass: isEmergency
      ? ({ kind: 'declared', patient: person, reason: grounds[0], note: '', untilMs: asking.atMs } as const)
      : ({ kind: 'none' } as const),
  }
  return accessRequest(context, caller, 'access')
}

/** What a role never reads, it does not read with any consent. A delivery does not go by this table. */
function underTable(role: Role, answer: CellAnswer): CellAnswer {
  const { type } = answer.cell.facts
  if (role === 'system' || !knownTypes.includes(type) || mayTouch(role, type, 'read')) return answer
  const reason = { rule: 'role-table', consent: '', version: '', path: '' }
  return { ...answer, verdict: 'deny', decision: { permit: false, obligations: [], basis: [], because: [reason], consulted: [] } }
}

interface Edit {
  readonly person: string
  readonly consent: Consent
  readonly isProxy: boolean
  readonly rows: readonly ProvisionRow[]
  readonly stored: readonly StoredConsent[]
}

/** The rules as they would stand: the edited consent's in place of its own, without those it replaces, with what a withdrawal leaves. */
async function afterEdit(
  tables: Tables,
  context: Context,
  edit: Edit,
): Promise<{ readonly rows: readonly ProvisionRow[]; readonly stored: readonly StoredConsent[] }> {
  const { person, isProxy } = edit
  const consent: Consent = { ...edit.consent, patient: { reference: `Patient/${person}` } }
  const before = edit.stored.find(({ id }) => id === consent.id)
  if (consent.id !== undefined && before === undefined)
    throw new Problem('unprocessable', 'the edited consent is not one of this patient; leave its id out for a new one', {
      id: 'unknown-consent',
      expression: 'Consent.id',
    })
  const id = consent.id ?? edited
  const from = before?.consent.status
  requireLawful(context, { consent, from })
  const replaced = (await replacedBy(tables, context, { consent, id, person, before: before?.consent })).map((older) => older.id)
  const written = [{ id, consent, signedByProxy: isSignedByProxy(consent, isProxy) }]
  const refusal = refusalInPlaceOf(context, { consent, from })
  if (refusal !== undefined) written.push({ id: `${edited}-refusal`, consent: refusal, signedByProxy: false })
  const rows = edit.rows.filter((row) => row.consent !== id && !replaced.includes(row.consent))
  for (const each of written) rows.push(...(await compiledOf(tables, context, { ...each, person, version: edited })).rows)
  const others = edit.stored.filter((each) => each.id !== id)
  const ended = others.map((each): StoredConsent =>
    replaced.includes(each.id) ? { ...each, consent: { ...each.consent, status: 'inactive' } } : each,
  )
  return { rows, stored: [...written.map((each) => ({ ...each, version: edited, person, parties: [] })), ...ended] }
}

async function toldOf(
  tables: Tables,
  context: Context,
  of: { readonly rows: readonly ProvisionRow[]; readonly stored: readonly StoredConsent[]; readonly atMs: number },
): Promise<readonly ExplainedConsent[]> {
  const names = namesIn(context)
  const told: ExplainedConsent[] = []
  for (const { id, version, consent, person } of of.stored) {
    const rows = of.rows.filter((row) => row.consent === id)
    const compiled = await compiledOf(tables, context, { consent, id, person, version, signedByProxy: isSignedByProxy(consent, false) })
    const { unreadable } = compiled
    const enforcement = enforcementOf({ id, consent, rows, unreadable }, of.stored, of.atMs)
    // one that does not speak is told as it would, so that an officer can read a draft
    told.push({
      id,
      version,
      ...enforcement,
      unreadable,
      told: describe(rows.length > 0 ? rows : await asActive(tables, context, { id, version, consent, person }), names),
    })
  }
  return told
}

async function asActive(
  tables: Tables,
  context: Context,
  { id, version, consent, person }: Pick<StoredConsent, 'id' | 'version' | 'consent' | 'person'>,
): Promise<readonly ProvisionRow[]> {
  const active: Consent = { ...consent, status: 'active' }
  return (await compiledOf(tables, context, { consent: active, id, person, version, signedByProxy: isSignedByProxy(consent, false) })).rows
}

/** Names of institutions and departments from the directory; people by their id, which the consent names anyway. */
export function namesIn(context: Context): Names {
  const { directory, config } = context
  return {
    timeZone: config.timeZone,
    actor(key) {
      const [kind = '', id = '', code] = key.split(':')
      const institution = directory.institution(id)
      const departmentsOf = institution === undefined ? directory.institutions : [institution]
      const departmentName = (wanted: string): Bilingual => {
        const named = departmentsOf.flatMap((each) => each.departments).find((each) => each.code === wanted)?.name
        const word = wordFor('departments', wanted)
        return { ko: named ?? word.ko, en: word.en === wanted ? (named ?? wanted) : word.en }
      }
      if (kind === 'org' && id === networkId) return { ko: '네트워크의 모든 기관', en: 'every institution of the network' }
      if (kind === 'org') return { ko: institution?.name ?? id, en: institution?.name ?? id }
      if (kind === 'dept' && code !== undefined) {
        const name = departmentName(code)
        return { ko: `${institution?.name ?? id} ${name.ko}`, en: `${name.en} at ${institution?.name ?? id}` }
      }
      if (kind === 'dept') return departmentName(id)
      if (kind === 'role') return wordFor('roles', id)
      return { ko: `의료인 ${id}`, en: `practitioner ${id}` }
    },
  }
}
