/**
 * R4, R5: every row of the route table × every type it takes × every role. Without the right: 403 from the token alone. With it: what is
 * hidden and what nobody has are one answer, byte for byte. `npm test` asks a part of the second for the rarer types, `npm run prove` all.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { farFutureMs, farPastMs } from '../../consent/instant.ts'
import type { Call } from '../../gateway/context.ts'
import { knownTypes, mayRun, mayTouch, roles, type Role } from '../../gateway/logic/access.ts'
import { scopesForRole } from '../../gateway/logic/scope.ts'
import { Problem } from '../../gateway/problem.ts'
import { createApp, type AppParts } from '../../gateway/app.ts'
import { enter } from '../../gateway/enter.ts'
import { hooks, requireClassified, routes, type Route } from '../../gateway/routes.ts'
import type { Caller } from '../../gateway/security/caller.ts'
import type { RecordRow } from '../../gateway/store/records.ts'
import { hasPostgres } from '../support/databases.ts'
import type { TestGateway } from '../support/gateway-client.ts'
import { startTestGateway } from '../support/gateway.ts'
import { cases } from '../support/proof.ts'
import { feed, patient, personId } from './records.ts'

const canary = 'Zq7canary'
/** what clients ask for most, and each row of the role table that stands alone: always whole */
const always = new Set(['Binary', 'Condition', 'Consent', 'DocumentReference', 'Patient', 'RelatedPerson', 'Task'])
const everyNth = Math.max(1, Math.round(40 / cases(1)))
/** what a role sees by office, whoever it is about; of Consents and AuditEvents there is nothing hidden from it */
const openByOffice: ReadonlySet<string> = new Set(['privacy-officer Consent', 'privacy-officer AuditEvent', 'auditor AuditEvent'])

const hiddenId = (type: string): string => `0b5cde00-0000-4000-8000-${String(knownTypes.indexOf(type)).padStart(12, '0')}`
const unknownId = '0b5cde01-0000-4000-8000-000000000000'

let gateway: TestGateway
const persons = { own: '', child: '', hidden: '' }

beforeAll(async () => {
  gateway = await startTestGateway(hasPostgres ? 'PostgreSQL' : 'PGlite', {
    // here somebody asks about whoever there is, and nobody looks at the clock
    limits: { missingMs: 0 },
    rateLimits: { personsPerHour: { doctor: 0, nurse: 0, coordinator: 0, patient: 0, proxy: 0 } },
  })
  await feed(gateway, 'clinic', [patient('clinic', 1), patient('clinic', 5)])
  await feed(gateway, 'hospital', [patient('hospital', 2)])
  persons.own = await personId(gateway, 1)
  persons.child = await personId(gateway, 5)
  persons.hidden = (await gateway.context.store.identities.byLocal('hospital', ['H-0002']))[0]?.person ?? ''
  await gateway.context.store.transaction(async (tables) => {
    const keys = knownTypes.map((type) => ({ institution: 'hospital', type, localId: `hidden-${type}`, given: hiddenId(type) }))
    await tables.records.networkIds(keys, () => unknownId)
    await tables.records.write(knownTypes.map(hiddenRow), [])
  })
})
afterAll(async () => gateway.close())

/** A record of this type that the hospital holds of somebody who consented to nothing. */
function hiddenRow(type: string): RecordRow {
  const text = JSON.stringify({
    resourceType: type,
    id: `hidden-${type}`,
    meta: { versionId: '3' },
    text: { status: 'generated', div: canary },
  })
  return {
    id: hiddenId(type),
    institution: 'hospital',
    type,
    localId: `hidden-${type}`,
    version: 3,
    person: persons.hidden,
    deleted: false,
    text,
    peopleText: text.replaceAll(`hidden-${type}`, hiddenId(type)),
    isNetworkForm: false,
    updatedMs: Date.parse('2026-03-02T10:00:00+09:00'),
    sources: ['org:hospital', 'org:network'],
    classes: [type],
    codes: [],
    confidentiality: 3,
    sensitivities: [],
    relations: [],
    fromMs: farPastMs,
    untilMs: farFutureMs,
    parties: [],
    encounter: null,
    isNarrated: false,
    elements: null,
    labelBasis: [],
  }
}

function callerOf(role: Role, scopes = scopesForRole(role)): Caller {
  const isStaff = ['system', 'doctor', 'nurse', 'coordinator'].includes(role)
  const person = role === 'patient' ? persons.own : role === 'proxy' ? persons.child : ''
  return {
    subject: `asker-${role}`,
    name: role,
    role,
    institution: isStaff ? 'clinic' : 'network',
    departments: [],
    practitioner: role === 'doctor' || role === 'nurse' ? `clinic-${role}` : '',
    person,
    purposes: [isStaff ? 'TREAT' : person === '' ? 'HOPERAT' : 'PATRQT'],
    scopes,
    jti: 'enumerated',
    clientId: 'enumerated',
    breakGlass: { kind: 'none' },
  }
}

interface Answer {
  readonly status: number
  readonly problem: string
  readonly text: string
  readonly headers: string
}

/** As the door would hand it on, without the wire. `id` is not in the answer, so that two answers can be held side by side. */
async function ask(route: Route, caller: Caller, id: string, type: string): Promise<Answer> {
  const isSearch = route.access.by === 'type' && route.access.interaction === 'search-type'
  const call: Call = {
    requestId: 'enumerated',
    method: route.method,
    path: route.path.replace(':type', type).replace(':id', id).replace(':version', '3'),
    params: {},
    query: isSearch && type !== 'AuditEvent' ? [['_id', id]] : [],
    body: route.method === 'PATCH' ? { kind: 'patch', value: [] } : route.method === 'GET' ? { kind: 'none' } : { kind: 'json', value: {} },
    ifMatch: '',
    ifNoneMatch: '',
    ifModifiedSince: '',
    ifNoneExist: '',
    prefer: '',
    address: '',
    admission: { jti: () => undefined, seen: () => {}, required: () => Promise.resolve() },
    caller,
  }
  const masked = (text: string): string =>
    text
      .replaceAll(id, 'ID')
      .replaceAll(/_page=[\w.-]+/g, '_page=P')
      .replaceAll(/"\d{4}-\d\d-\d\dT[^"]+"/g, '"AT"')
  try {
    const { status, text, headers } = await enter(call, gateway.context)
    const { 'last-modified': _, ...rest } = headers
    return { status, problem: '', text: masked(text), headers: masked(JSON.stringify(rest)) }
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    return {
      status: thrown.status,
      problem: thrown.issues.map(({ id: name }) => name).join(' '),
      text: masked(JSON.stringify(thrown.toOutcome('enumerated'))),
      headers: JSON.stringify(thrown.headers),
    }
  }
}

/** What is hidden from this caller under this type, by the name each would use for it. */
function hiddenFor(role: Role, type: string): readonly string[] {
  if (type === 'Patient' && role !== 'system') return [persons.hidden, hiddenId('Patient')]
  return role === 'system' ? [hiddenId(type), `hidden-${type}`] : [hiddenId(type)]
}

describe('every row of the table, every type, every role', () => {
  const rows = routes.flatMap((route) => (route.access.by === 'entry' ? [] : [{ route, access: route.access }]))
  test.each(rows)('$route.method $route.path', async ({ route, access }) => {
    const types = access.by === 'type' ? knownTypes : [(route.path.split('/')[0] ?? '').replace(':type', 'Observation')]
    let asked = 0
    for (const role of roles) {
      for (const [at, type] of types.entries()) {
        const isAllowed = access.by === 'type' ? mayTouch(role, type, access.interaction) : mayRun(role, access.operation)
        const names = type.startsWith('$') ? [unknownId] : hiddenFor(role, type)
        const where = { role, type }
        if (!isAllowed) {
          const refused = await ask(route, callerOf(role), names[0] ?? '', type)
          expect({ where, status: refused.status, problem: refused.problem }).toEqual({ where, status: 403, problem: 'role' })
          continue
        }
        // Of no type, so no scope covers it: the role decides alone. Whatever is answered, what is hidden is as what is not there.
        if (access.by === 'operation' && access.type === '') {
          const told = await ask(route, callerOf(role), unknownId, type)
          expect({ where, isRefused: told.status === 403, leaks: told.text.includes(canary) }).toEqual({
            where,
            isRefused: false,
            leaks: false,
          })
          for (const name of names) expect({ where, ...(await ask(route, callerOf(role), name, type)) }).toEqual({ where, ...told })
          continue
        }
        const unscoped = await ask(route, callerOf(role, []), names[0] ?? '', type)
        expect({ where, status: unscoped.status, problem: unscoped.problem }).toEqual({ where, status: 403, problem: 'scope' })
        if (openByOffice.has(`${role} ${type}`) || (!always.has(type) && types.length > 1 && at % everyNth !== asked % everyNth)) continue
        asked += 1
        const unknown = await ask(route, callerOf(role), unknownId, type)
        for (const name of names) {
          const hidden = await ask(route, callerOf(role), name, type)
          expect({ where, ...hidden }).toEqual({ where, ...unknown })
        }
        // of a search the answer for nobody is an empty list
        const isSearch = route.path === 'Patient/:id/:type' || route.path === 'Patient/:id/*'
        const isRead = route.method === 'GET' && route.path.includes(':id') && !isSearch
        expect({ where, status: unknown.status, leaks: unknown.text.includes(canary) }).toEqual({
          where,
          status: isRead ? 404 : unknown.status,
          leaks: false,
        })
        expect(unknown.status).not.toBe(403)
      }
    }
  })
})

describe('a row nobody classified', () => {
  const [row] = routes
  if (row === undefined) throw new Error('the table is empty')
  test('stops the start: without a gate, with a gate nobody knows, without a guard, without a handler', () => {
    requireClassified(routes)
    const without = (key: keyof Route): Route =>
      Object.fromEntries(Object.entries(row).filter(([name]) => name !== key)) as unknown as Route
    const unnamed = { ...row, path: 'new/way-out', gate: 'somehow' } as unknown as Route
    for (const broken of [without('gate'), without('access'), without('handler'), unnamed])
      expect(() => requireClassified([...routes, broken])).toThrow('nobody classified')
  })

  test('stops the start among the hooks as well', () => {
    const rows = hooks as Route[] // the table itself, as a version of it that no compiler read would be
    rows.push({ method: 'POST', path: 'unclassified' } as Route)
    try {
      // refused before any part is looked at
      expect(() => createApp({} as AppParts)).toThrow('POST unclassified')
    } finally {
      rows.pop()
    }
  })

  test('does not compile either: the gate is no optional element', () => {
    // @ts-expect-error a row without its gate
    const unclassified: Route = { method: 'GET', path: 'new', access: { by: 'entry' }, handler: row.handler }
    expect(() => requireClassified([unclassified])).toThrow('GET new')
  })
})

describe('what is not offered is refused by name', () => {
  const names = [
    '_include',
    '_include:iterate',
    '_revinclude',
    '_has:Observation:patient:code',
    'subject:Patient.name',
    'subject.name',
    '_summary',
    '_contained',
    '_containedType',
    '_filter',
    '_text',
    '_content',
    '_list',
    '_query',
    '_graph',
    '_since',
    '_at',
  ]
  const onSearches = new Set(['subject:Patient.name', 'subject.name', '_list'])
  const paths = [
    'Condition',
    'Condition/x',
    'Condition/x/_history',
    'Condition/x/_history/1',
    'Patient/x/$summary',
    'Patient/x/$everything',
  ]
  test.each(names)('%s, on searches, reads, histories and operations', async (name) => {
    for (const path of paths.filter((each) => each !== 'Condition' || !onSearches.has(name))) {
      const reply = await gateway.as('clinic-doctor').get(`${path}?${encodeURIComponent(name)}=x`)
      expect({ path, status: reply.status, named: reply.text.includes(`\`${name}\``) || path.endsWith('$everything') }).toEqual({
        path,
        status: 400,
        named: true,
      })
    }
  })

  test('parameters in the body of an operation that takes none there', async () => {
    const parameters = { resourceType: 'Parameters', parameter: [{ name: '_elements', valueString: 'id' }] }
    for (const operation of ['$summary', '$everything'])
      expect((await gateway.as('clinic-doctor').post(`Patient/x/${operation}`, parameters)).status).toBe(400)
  })
})
